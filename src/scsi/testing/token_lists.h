// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Parameter lists of POPULATE TOKEN and WRITE USING TOKEN, built byte by byte as SBC-4, 5.12 and 5.59, draws them: for
// tests.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/big_endian.h"
#include "base/bytes.h"

namespace lunway::scsi {

class TokenListBuilder {
 public:
  /// Of POPULATE TOKEN.
  TokenListBuilder() : TokenListBuilder(16) {}
  /// Of WRITE USING TOKEN.
  explicit TokenListBuilder(Bytes token, std::uint64_t offset_blocks = 0) : TokenListBuilder(536) {
    store_be64(&list[8], offset_blocks);
    copy_bytes(MutableBytes(list).subspan(16), token);
  }

  TokenListBuilder& range(std::uint64_t lba, std::uint32_t blocks) {
    const std::size_t at = list.size();
    list.resize(at + 16);
    store_be64(&list[at], lba);
    store_be32(&list[at + 8], blocks);
    store_be16(&list[0], static_cast<std::uint16_t>(list.size() - 2));
    store_be16(&list[header_ - 2], static_cast<std::uint16_t>(list.size() - header_));
    return *this;
  }

  /// Changes one byte.
  TokenListBuilder& set(std::size_t at, unsigned value) {
    list.at(at) = static_cast<std::byte>(value);
    return *this;
  }

  std::vector<std::byte> list;

 private:
  explicit TokenListBuilder(std::size_t header) : list(header), header_(header) {
    store_be16(&list[0], static_cast<std::uint16_t>(header - 2));
  }

  std::size_t header_;
};

/// The block device zero ROD token.
inline std::vector<std::byte> zero_token() {
  std::vector<std::byte> token(512);
  store_be32(token.data(), 0xffff0001);
  store_be16(&token[6], 0x01f8);
  return token;
}

}  // namespace lunway::scsi
