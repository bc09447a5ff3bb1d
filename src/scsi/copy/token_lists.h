// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The parameter lists of POPULATE TOKEN and WRITE USING TOKEN (SBC-4, 5.12.2 and 5.59.2), taken apart: pure data,
// nothing is looked up.

#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "base/bytes.h"
#include "scsi/copy/rod_tokens.h"
#include "scsi/sense.h"

namespace lunway::scsi {

/// Of the logical unit that has the command.
struct MediumGeometry {
  std::uint32_t block_size = 0;
  std::uint64_t capacity_blocks = 0;
};

struct PopulateTokenList {
  std::uint32_t timeout_s = 0;
  std::vector<ByteRange> ranges;
};

struct WriteUsingTokenList {
  bool deletes_token = false;
  /// In bytes.
  std::uint64_t offset = 0;
  RodTokenBytes token{};
  std::vector<ByteRange> ranges;
};

std::expected<PopulateTokenList, Sense> parse_populate_token_list(Bytes list, const MediumGeometry& medium);
std::expected<WriteUsingTokenList, Sense> parse_write_using_token_list(Bytes list, const MediumGeometry& medium);

/// Of all together.
std::uint64_t length_of(const std::vector<ByteRange>& ranges);

/// OFFSET INTO ROD, in the list of WRITE USING TOKEN.
inline constexpr std::uint16_t kOffsetIntoRodByte = 8;

}  // namespace lunway::scsi
