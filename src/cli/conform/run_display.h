// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run of the suite while it goes on: a line that moves on a terminal, and what happens to the implementation.

#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/stopwatch.h"
#include "conformance/report/run_result.h"
#include "conformance/run/options.h"

namespace lunway::cli {

class RunDisplay final : public conformance::RunObserver {
 public:
  /// Draws on `stream` if that is a terminal; remarks are printed on it in any case.
  RunDisplay(std::size_t total, std::FILE* stream);
  /// Wipes the line away: the report follows.
  ~RunDisplay();
  RunDisplay(const RunDisplay&) = delete;
  RunDisplay& operator=(const RunDisplay&) = delete;

  void on_started(const conformance::Test& test) override;
  void on_finished(const conformance::Outcome& outcome) override;
  void on_remark(std::string_view remark) override;

  const std::vector<std::string>& remarks() const { return remarks_; }
  Duration elapsed() const { return watch_.elapsed(); }

 private:
  void draw();
  void wipe();

  std::size_t total_;
  std::FILE* stream_;
  bool is_terminal_;
  std::size_t done_ = 0;
  std::size_t remarkable_ = 0;
  std::vector<std::string_view> running_;
  std::vector<std::string> remarks_;
  Stopwatch watch_;
  Duration drawn_{};  // when the line was last drawn
};

using RunTests = std::function<std::vector<conformance::Outcome>(conformance::RunObserver&)>;

/// Runs `total` tests with a display on standard error. What names the implementation and the suite is left to fill in.
conformance::RunResult watch_run(conformance::Judged judged, std::string subject, std::size_t total,
                                 const RunTests& run_tests);

}  // namespace lunway::cli
