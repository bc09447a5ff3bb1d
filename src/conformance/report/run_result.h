// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One run of the suite against one implementation: what all reports are made of.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"
#include "conformance/script/outcome.h"
#include "conformance/script/test.h"

namespace lunway::conformance {

struct RunResult {
  Judged judged = Judged::target;
  /// The URL of a target, or the command that drives an initiator.
  std::string subject{};
  /// What the implementation is called, with its version: "tgt 1.0.85".
  std::string label{};
  /// As the caller writes dates. Reports read no clock.
  std::string date{};
  /// The version of the suite.
  std::string suite{};
  std::uint64_t seed = 0;
  Duration took{};
  /// What happened to the implementation in between: it went away, it was started again.
  std::vector<std::string> remarks{};
  /// In the order of the catalogue.
  std::vector<Outcome> outcomes{};
};

constexpr std::string_view to_string(Judged judged) { return judged == Judged::target ? "target" : "initiator"; }

}  // namespace lunway::conformance
