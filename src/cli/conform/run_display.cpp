// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/conform/run_display.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cli/terminal.h"
#include "conformance/report/progress.h"
#include "conformance/report/tally.h"
#include "conformance/report/visible_text.h"

namespace lunway::cli {
namespace {

constexpr Duration kRedrawInterval = std::chrono::milliseconds(100);

}  // namespace

RunDisplay::RunDisplay(std::size_t total, std::FILE* stream)
    : total_(total), stream_(stream), is_terminal_(isatty(fileno(stream)) != 0) {}

RunDisplay::~RunDisplay() { wipe(); }

void RunDisplay::on_started(const conformance::Test& test) {
  running_.push_back(test.id);
  draw();
}

void RunDisplay::on_finished(const conformance::Outcome& outcome) {
  ++done_;
  if (conformance::needs_a_look(outcome.verdict)) ++remarkable_;
  const auto place = std::ranges::find(running_, outcome.test->id);
  if (place != running_.end()) running_.erase(place);
  draw();
}

void RunDisplay::on_remark(std::string_view remark) {
  remarks_.emplace_back(remark);
  wipe();
  fmt::print(stream_, "lunway conform: {}\n", conformance::visible(remark));
}

void RunDisplay::draw() {
  if (!is_terminal_ || (done_ < total_ && done_ > 0 && elapsed() - drawn_ < kRedrawInterval)) return;
  drawn_ = elapsed();
  const conformance::Progress progress = {
      .done = done_, .total = total_, .remarkable = remarkable_, .running = running_};
  // The last column stays free: some terminals wrap when it is written.
  fmt::print(stream_, "\r\x1b[K{}", conformance::progress_line(progress, columns(stream_) - 1));
  std::fflush(stream_);
}

void RunDisplay::wipe() {
  if (!is_terminal_) return;
  fmt::print(stream_, "\r\x1b[K");
  std::fflush(stream_);
}

conformance::RunResult watch_run(conformance::Judged judged, std::string subject, std::size_t total,
                                 const RunTests& run_tests) {
  RunDisplay display(total, stderr);
  conformance::RunResult run;
  run.judged = judged;
  run.subject = std::move(subject);
  run.outcomes = run_tests(display);
  run.took = display.elapsed();
  run.remarks = display.remarks();
  return run;
}

}  // namespace lunway::cli
