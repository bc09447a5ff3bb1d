// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which tests run.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conformance/script/test.h"

namespace lunway::conformance {

/// What the operator wants. Nothing in it: everything.
struct Selection {
  /// "6.3" takes 6.3 and 6.3.1, not 6.30.
  std::vector<std::string> sections;
  /// Whole ids, or beginnings of ids that end with '*'.
  std::vector<std::string> only;
  bool without_slow = false;
};

/// `tests` that are chosen, in their order. An error names what chooses nothing: a misspelt id is no success.
Result<std::vector<const Test*>> select(std::span<const Test* const> tests, const Selection& selection);

/// Whether `section` is `of` or within it.
bool is_within(std::string_view section, std::string_view of);

}  // namespace lunway::conformance
