// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text that came from a peer, for readers: nothing in it can move a cursor, end an element or turn around what stands
// beside it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/instant.h"

namespace lunway::conformance {

/// UTF-8 without control characters: each byte that belongs to none, or to no well-formed character, becomes \xNN.
/// What is longer than `most` bytes ends with "..." there.
std::string visible(std::string_view text, std::size_t most = 4096);

/// visible(), as the content of an element or the value of an attribute of XML or HTML.
std::string escaped(std::string_view text, std::size_t most = 4096);

/// visible(), inside a cell of a Markdown table or in a sentence: what Markdown or HTML would take for markup is
/// escaped.
std::string markdown_escaped(std::string_view text, std::size_t most = 4096);

/// "12.3 ms", "4.2 s"
std::string duration_text(Duration duration);

/// Seconds with three digits: "4.200".
std::string seconds_text(Duration duration);

/// "00 01 02 ..." of at most `most` bytes.
std::string hex_bytes(Bytes bytes, std::size_t most);

/// RFC 4648, for data: URLs.
std::string base64(Bytes bytes);

}  // namespace lunway::conformance
