// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/requirement.h"

#include "conformance/ledger/rows.h"

namespace lunway::conformance {

const Requirement* find_requirement(std::string_view id) {
  const std::optional<std::uint16_t> place = place_of(id);
  return place ? &requirements()[*place] : nullptr;
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::must:
      return "MUST";
    case Level::must_not:
      return "MUST NOT";
    case Level::should:
      return "SHOULD";
    case Level::should_not:
      return "SHOULD NOT";
    case Level::may:
      return "MAY";
  }
  return "";
}

}  // namespace lunway::conformance
