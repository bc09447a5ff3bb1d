// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What is known of one implementation: the tests that it fails, and why. A line has the id of a test, blanks, and the
// reason; '#' begins a comment. Failing otherwise and passing unexpectedly are both news.

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "conformance/script/outcome.h"

namespace lunway::conformance {

class Expectations {
 public:
  Expectations() = default;
  /// The error names the line.
  static Result<Expectations> parse(std::string_view text);

  /// Turns a failure that is known into one, and a pass that should have failed into what it is.
  void apply(Outcome& outcome) const;

  /// The ids that are named, for a check against the catalogue.
  const std::map<std::string, std::string, std::less<>>& reasons() const { return reasons_; }

 private:
  std::map<std::string, std::string, std::less<>> reasons_;  // by id
};

/// The file that would make this run one without news.
std::string write_expectations(std::span<const Outcome> outcomes);

/// Whether the run shows something that it should not: the exit code of the command.
bool has_news(std::span<const Outcome> outcomes);

}  // namespace lunway::conformance
