// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// spec/aliases.tsv, compiled in: what other suites call the cases that our tests repeat.

#pragma once

#include <span>
#include <string_view>

namespace lunway::conformance {

/// All text is static.
struct Alias {
  std::string_view
      suite;  ///< Such as unh-ffp-target; it ends with the judged role, but for calsoft, which judges targets.
  std::string_view name;   ///< Such as 17.6.
  std::string_view tests;  ///< Ids with spaces between them; "-" when there is none.
};

std::span<const Alias> aliases();

}  // namespace lunway::conformance
