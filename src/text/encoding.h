// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Binary strings as text: hex-constants and base64-constants.
//= rfc7143#6.1

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace lunway::text {

/// Decodes a hex-constant or base64-constant into the start of `out`; the result is the number of bytes. Nothing when
/// the text is neither or needs more bytes than `out` has. An odd hex-constant has the byte-length (digits + 1) / 2,
/// its first byte is the first digit alone. Base64 is canonical: padded, and with no bits set beyond its last byte.
std::optional<std::size_t> decode_binary(std::string_view value, MutableBytes out);

/// Decodes a value of exactly out.size() bytes. Its content is unspecified after a failure.
bool decode_binary_exactly(std::string_view value, MutableBytes out);

std::string hex_constant(Bytes bytes);     // 0x...
std::string base64_constant(Bytes bytes);  // 0b...; at least one byte

}  // namespace lunway::text
