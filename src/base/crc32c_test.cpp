// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "base/crc32c.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace lunway {
namespace {

std::vector<std::byte> filled(std::size_t size, std::uint8_t first, int step) {
  std::vector<std::byte> data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = std::byte(first + step * static_cast<int>(i));
  return data;
}

// The examples of RFC 7143, appendix A.4 of RFC 3720: the CRC as the bytes on the wire.
std::array<std::byte, 4> wire(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {std::byte{a}, std::byte{b}, std::byte{c}, std::byte{d}};
}

std::array<std::byte, 4> wire_crc(Bytes data) {
  Crc32c crc;
  crc.update(data);
  return crc.wire_bytes();
}

//= ledger(both) R7143-13.1-04 R7143-AppA-01
TEST(Rfc7143_13_1_Crc32c, AgreesWithThePublishedExamples) {
  EXPECT_EQ(wire_crc(filled(32, 0, 0)), wire(0xaa, 0x36, 0x91, 0x8a));
  EXPECT_EQ(wire_crc(filled(32, 0xff, 0)), wire(0x43, 0xab, 0xa8, 0x62));
  EXPECT_EQ(wire_crc(filled(32, 0, 1)), wire(0x4e, 0x79, 0xdd, 0x46));
  EXPECT_EQ(wire_crc(filled(32, 31, -1)), wire(0x5c, 0xdb, 0x3f, 0x11));
}

RC_GTEST_PROP(Rfc7143_13_1_Crc32c, PiecesGiveTheSameAsTheWhole, (const std::vector<std::uint8_t>& bytes)) {
  // Grown past the size where another implementation takes over.
  std::vector<std::uint8_t> data;
  for (int i = 0; i < 8; ++i) data.insert(data.end(), bytes.begin(), bytes.end());
  const Bytes whole = std::as_bytes(std::span(data));
  const auto cut = *rc::gen::inRange<std::size_t>(0, whole.size() + 1);

  Crc32c pieces;
  pieces.update(whole.first(cut));
  pieces.update(whole.subspan(cut));

  RC_ASSERT(pieces.value() == crc32c(whole));
}

}  // namespace
}  // namespace lunway
