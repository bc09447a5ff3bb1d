// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A rule that the invariant checker watches over in every exchange, and a place where it was broken.

#pragma once

#include <span>
#include <string_view>

#include "conformance/ledger/requirement.h"
#include "conformance/ledger/rows.h"
#include "conformance/script/outcome.h"
#include "wire/opcode.h"

namespace lunway::conformance {

/// All text is static.
struct CheckerRule {
  /// The family, a slash, a slug: unique.
  std::string_view id;
  /// One sentence without a full stop: the behaviour that is right.
  std::string_view title;
  /// Rows that the rule watches for everybody whom they bind; none where the ledger has no row.
  Rows proves{};
  /// Whose PDUs it judges.
  Side judges = Side::both;
  /// Of the RFC: "11.3.4", or "rfc7144 5.1.1".
  std::string_view section;
  Finding::Weight weight = Finding::Weight::failure;
};

/// A rule that was broken, by whom and where.
struct Violation {
  const CheckerRule* rule;  // static
  wire::Role by;
  unsigned connection;
  Finding finding;
};

/// All rules, family by family.
std::span<const CheckerRule* const> checker_rules();

}  // namespace lunway::conformance
