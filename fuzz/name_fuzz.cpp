// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An iSCSI name in normal form is its own normal form, no longer than the limit, and matches itself as a pattern.
//= rfc7143#4.2.7

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/bytes.h"
#include "text/name.h"

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = lunway::text_of(std::as_bytes(std::span(data, size)));
  for (const auto rules : {lunway::text::NameRules::rfc, lunway::text::NameRules::lenient}) {
    const auto name = lunway::text::IscsiName::parse(input, rules);
    if (!name) continue;
    if (name->text().size() > lunway::text::kMaxNameLength) std::abort();
    if (lunway::text::IscsiName::parse(name->text(), rules) != *name) std::abort();
    const auto pattern = lunway::text::NamePattern::parse(name->text(), rules);
    if (pattern && !pattern->matches(*name)) std::abort();
  }
  return 0;
}
