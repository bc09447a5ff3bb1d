// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What came of a test: the verdict, the findings that made it, and everything that was said on the wire.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "conformance/peer/exchange.h"
#include "conformance/script/test.h"

namespace lunway::conformance {

enum class Verdict : std::uint8_t {
  pass,
  fail,             // a MUST or MUST NOT is broken
  warn,             // a SHOULD is not kept, or something legal that surprises; a failure with --strict
  inapplicable,     // a need is not met
  inconclusive,     // the test could not get as far as its question
  known_failure,    // it failed, and the expectation file says so
  unexpected_pass,  // it passed, although the expectation file says that it fails
};
inline constexpr unsigned kVerdictCount = static_cast<unsigned>(Verdict::unexpected_pass) + 1;

std::string_view to_string(Verdict verdict);

/// Something that is not as it should be.
struct Finding {
  enum class Weight : std::uint8_t { failure, warning };

  Weight weight = Weight::failure;
  /// What the implementation should have done, and what it did: both for a reader, without a full stop.
  std::string expected;
  std::string got;
  /// Of the RFC, or a ruling: "11.3.4", "ruling close-or-reject". Empty: the section of the test.
  std::string section{};
  /// The place in the exchange: as many events had happened.
  std::size_t at = 0;
};

struct Outcome {
  const Test* test = nullptr;  // of the catalogue: static
  Verdict verdict = Verdict::inconclusive;
  /// Why, when the verdict is no pass and there is no finding: the need that is not met, what went wrong on the way, or
  /// the reason in the expectation file.
  std::string reason{};
  std::vector<Finding> findings{};
  std::vector<Event> events{};
  Duration took{};
};

}  // namespace lunway::conformance
