// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The ledger of spec/ledger.tsv, compiled in: one Requirement for each row.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lunway::conformance {

//= rfc7143#2.4
enum class Level : std::uint8_t { must, must_not, should, should_not, may };

/// Whom a requirement binds. `doc` is about the document itself.
enum class Side : std::uint8_t { target, initiator, both, doc };

/// One row. All text is static.
struct Requirement {
  std::string_view id;       ///< Such as R7143-6.3.1-01; it never changes.
  std::string_view section;  ///< Of RFC 7143 or RFC 7144, as the id says; such as 6.3.1, or C for its appendix C.
  Level level;
  Side side;
  bool on_the_wire;  ///< Whether a peer can see it kept or broken, at least in part.
  std::string_view statement;
};

/// All rows, in the order of the ledger.
std::span<const Requirement> requirements();

/// The row of that id; null when there is none. The pointer is into requirements().
const Requirement* find_requirement(std::string_view id);

/// As the RFC writes it: "MUST NOT".
std::string_view to_string(Level level);

constexpr bool is_duty(Level level) { return level == Level::must || level == Level::must_not; }

}  // namespace lunway::conformance
