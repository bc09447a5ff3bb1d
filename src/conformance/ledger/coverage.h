// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How much of the ledger the suite proves. What is due is each MUST and MUST NOT that shows on the wire, once for each
// role that it binds: it needs a test, the passive checker, or an exception with its reason.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/ledger/exception.h"
#include "conformance/ledger/requirement.h"
#include "conformance/ledger/rows.h"
#include "wire/opcode.h"

namespace lunway::conformance {

/// What one test says of itself.
struct Proof {
  std::string_view test;  ///< Its id, for complaints.
  wire::Role role;        ///< Of the implementation under test.
  Rows rows;
};

/// Of one row, for one role. A row with both a test and the checker counts as tested.
enum class RowState : std::uint8_t { not_due, tested, checked, excepted, open };

/// Rows that are due, by their state.
struct RowCounts {
  std::size_t tested = 0;
  std::size_t checked = 0;
  std::size_t excepted = 0;
  std::size_t open = 0;

  std::size_t due() const { return tested + checked + excepted + open; }
};

/// Whether a row binds implementations of that role.
bool binds(const Requirement& row, wire::Role role);

/// Whether a row needs a proof for that role.
bool is_due(const Requirement& row, wire::Role role);

/// The chapter of a row as reports group them: rfc7143#6.3 for R7143-6.3.1-01.
std::string chapter_of(const Requirement& row);

/// Pure: the same arguments give the same coverage.
class Coverage {
 public:
  /// The checker sees every PDU, so its rows count for each role that they bind.
  Coverage(std::span<const Proof> tests, std::span<const Rows> rows_of_the_checker,
           std::span<const Exception> exceptions);

  /// `place` is that of the row in requirements().
  RowState state(std::size_t place, wire::Role role) const { return states_[index(role)][place]; }

  /// All rows of the role, or those of one chapter.
  RowCounts counts(wire::Role role, std::string_view chapter = {}) const;

  /// Tests and exceptions that contradict the ledger or each other, one sentence each.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  static std::size_t index(wire::Role role) { return role == wire::Role::target ? 1 : 0; }

  void take(const Proof& proof);
  void take_of_the_checker(const Rows& rows);
  void take(const Exception& exception);

  std::array<std::vector<RowState>, 2> states_;
  std::vector<std::string> complaints_;
};

}  // namespace lunway::conformance
