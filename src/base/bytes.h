// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Views over bytes that somebody else owns. Everything that crosses a room's border as raw data is one of these.

#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace lunway {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Copies as much of `from` as fits into `to`; returns how many bytes that was. The two must not overlap.
inline std::size_t copy_bytes(MutableBytes to, Bytes from) {
  const std::size_t count = from.size() < to.size() ? from.size() : to.size();
  if (count != 0) std::memcpy(to.data(), from.data(), count);
  return count;
}

}  // namespace lunway
