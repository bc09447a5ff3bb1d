// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "admin/size.h"
#include "cli/terminal.h"

namespace lunway::cli {
namespace {

constexpr Duration kRedrawInterval = std::chrono::milliseconds(100);

std::string time_left(std::uint64_t done, std::uint64_t total, Duration elapsed) {
  if (done == 0) return {};
  const double per_byte = seconds(elapsed) / static_cast<double>(done);
  const auto left = static_cast<std::uint64_t>(per_byte * static_cast<double>(total - done));
  return fmt::format("  {}:{:02} left", left / 60, left % 60);
}

}  // namespace

std::string format_rate(std::uint64_t bytes, Duration elapsed) {
  if (elapsed <= Duration::zero()) return "-";
  return admin::format_size(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds(elapsed))) + "/s";
}

std::string progress_line(std::string_view verb, std::uint64_t done, std::uint64_t total, Duration elapsed,
                          unsigned width) {
  const unsigned percent =
      total == 0 ? 100U : static_cast<unsigned>(static_cast<double>(done) * 100 / static_cast<double>(total));
  const std::string numbers =
      fmt::format(" {:3}%  {} of {}  {}{}", percent, admin::format_size(done), admin::format_size(total),
                  format_rate(done, elapsed), done < total ? time_left(done, total, elapsed) : std::string());
  const std::size_t used = verb.size() + numbers.size() + 3;
  if (used + 10 > width) return (std::string(verb) + numbers).substr(0, width);
  const auto cells = static_cast<unsigned>(std::min<std::size_t>(width - used, 40));
  const unsigned filled = cells * percent / 100;
  std::string bar(filled, '=');
  if (filled < cells) bar += '>';
  bar.resize(cells, ' ');
  return fmt::format("{} [{}]{}", verb, bar, numbers);
}

Progress::Progress(std::string_view verb, std::uint64_t total, std::FILE* stream)
    : verb_(verb), total_(total), stream_(isatty(fileno(stream)) != 0 ? stream : nullptr) {}

Progress::~Progress() {
  if (stream_ == nullptr) return;
  draw();
  std::fputc('\n', stream_);
}

void Progress::advance(std::uint64_t bytes) {
  done_ += bytes;
  if (stream_ != nullptr && elapsed() - drawn_ >= kRedrawInterval) draw();
}

void Progress::draw() {
  drawn_ = elapsed();
  // The last column stays free: some terminals wrap when it is written.
  fmt::print(stream_, "\r\x1b[K{}", progress_line(verb_, done_, total_, drawn_, columns(stream_) - 1));
  std::fflush(stream_);
}

}  // namespace lunway::cli
