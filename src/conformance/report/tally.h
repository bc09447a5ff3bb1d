// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Outcomes counted: by verdict, and by section of the RFC.

#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/script/outcome.h"

namespace lunway::conformance {

/// How many tests ended with each verdict.
class Tally {
 public:
  void add(Verdict verdict) { ++counts_[static_cast<std::size_t>(verdict)]; }
  std::size_t of(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }
  std::size_t all() const;

  /// "350 pass, 3 fail, 12 inapplicable"; verdicts that nobody got are left out.
  std::string text() const;

 private:
  std::array<std::size_t, kVerdictCount> counts_{};
};

inline constexpr std::array kVerdicts = {Verdict::pass,           Verdict::fail,         Verdict::warn,
                                         Verdict::inapplicable,   Verdict::inconclusive, Verdict::known_failure,
                                         Verdict::unexpected_pass};
static_assert(kVerdicts.size() == kVerdictCount);

Tally tally_of(std::span<const Outcome> outcomes);

/// The tests of one section as test ids name it.
struct SectionOutcomes {
  std::string_view section;
  std::vector<const Outcome*> outcomes{};
  Tally tally{};
};

/// In the order of the RFC; the tests of a section in the order in which they came. The pointers are into `outcomes`.
std::vector<SectionOutcomes> by_section(std::span<const Outcome> outcomes);

/// "6.3" of "6.3.1"; "C" of "C.2".
std::string_view chapter_of(std::string_view section);

/// 6.3 before 6.3.1 before 6.10; letters after numbers.
bool stands_before(std::string_view section, std::string_view other);

/// The verdict in one short word, for columns: "pass", "FAIL", "n/a".
std::string_view mark_of(Verdict verdict);

/// The verdict as part of a class name or a file format that allows no blanks: "known-failure".
std::string slug_of(Verdict verdict);

/// Whether a reader must look: a failure, one that is known, a warning, an open question, a surprise.
bool needs_a_look(Verdict verdict);

}  // namespace lunway::conformance
