// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What every page of HTML shares: one file without anything outside, light and dark, narrow and wide.

#pragma once

#include <string>
#include <string_view>

namespace lunway::conformance {

/// Up to and including <body>.
std::string page_begin(std::string_view title);
std::string page_end();

/// <name class="kind">text</name>; the text is escaped.
std::string element(std::string_view name, std::string_view kind, std::string_view text);

/// The address of a section of RFC 7143 or another one, to read.
std::string rfc_address(std::string_view rfc_number, std::string_view section);

/// The place of a test in its page.
std::string anchor_of(std::string_view test_id);

}  // namespace lunway::conformance
