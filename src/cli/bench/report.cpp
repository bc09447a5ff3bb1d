// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/bench/report.h"

#include <fmt/format.h>

#include <array>

#include "cli/stopwatch.h"

namespace lunway::cli {
namespace {

constexpr double kMegabyte = 1e6;

struct Percentile {
  const char* name;
  double share;
};

constexpr std::array<Percentile, 3> kPercentiles{{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}}};

double per_second(std::uint64_t count, Duration elapsed) {
  return elapsed <= Duration::zero() ? 0 : static_cast<double>(count) / seconds(elapsed);
}

double microseconds(Duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

std::string row(const char* name, const Measured& measured, Duration elapsed) {
  const Latencies& latencies = measured.latencies;
  std::string line = fmt::format("{:6}{:>10.0f}{:>10.1f}{:>10}", name, per_second(latencies.count(), elapsed),
                                 per_second(measured.bytes, elapsed) / kMegabyte, format_latency(latencies.mean()));
  for (const Percentile& percentile : kPercentiles)
    line += fmt::format("{:>10}", format_latency(latencies.within(percentile.share)));
  return line + fmt::format("{:>10}\n", format_latency(latencies.most()));
}

Json numbers(const Measured& measured, Duration elapsed) {
  const Latencies& latencies = measured.latencies;
  Json json{{"commands", latencies.count()},
            {"iops", per_second(latencies.count(), elapsed)},
            {"bytes_per_s", per_second(measured.bytes, elapsed)},
            {"mean_us", microseconds(latencies.mean())}};
  for (const Percentile& percentile : kPercentiles)
    json[std::string(percentile.name) + "_us"] = microseconds(latencies.within(percentile.share));
  json["max_us"] = microseconds(latencies.most());
  return json;
}

double processors(const Report& report) {
  return report.elapsed <= Duration::zero() ? 0 : seconds(report.processor) / seconds(report.elapsed);
}

}  // namespace

std::string format_latency(Duration latency) {
  const double us = microseconds(latency);
  if (us < 10) return fmt::format("{:.2f} us", us);
  if (us < 1000) return fmt::format("{:.0f} us", us);
  if (us < 10'000) return fmt::format("{:.2f} ms", us / 1e3);
  return us < 1e6 ? fmt::format("{:.0f} ms", us / 1e3) : fmt::format("{:.2f} s", us / 1e6);
}

std::string to_text(const Report& report) {
  const LoadResult& result = report.result;
  std::string text = fmt::format("{:6}{:>10}{:>10}{:>10}", "", "IOPS", "MB/s", "mean");
  for (const Percentile& percentile : kPercentiles) text += fmt::format("{:>10}", percentile.name);
  text += fmt::format("{:>10}\n", "max");
  if (result.reads.latencies.count() != 0) text += row("read", result.reads, report.elapsed);
  if (result.writes.latencies.count() != 0) text += row("write", result.writes, report.elapsed);
  text += fmt::format("{:.1f} s, {:.2f} processors busy here", seconds(report.elapsed), processors(report));
  if (result.aborted != 0 || result.resets != 0)
    text += fmt::format("; {} commands aborted, {} resets", result.aborted, result.resets);
  if (report.verified) text += fmt::format("; {} reads verified", result.judged);
  return text + "\n";
}

Json to_json(const Report& report) {
  const LoadResult& result = report.result;
  return {{"seconds", seconds(report.elapsed)},
          {"processors", processors(report)},
          {"read", numbers(result.reads, report.elapsed)},
          {"write", numbers(result.writes, report.elapsed)},
          {"aborted", result.aborted},
          {"resets", result.resets},
          {"verified", report.verified},
          {"reads_verified", result.judged}};
}

}  // namespace lunway::cli
