// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/outgoing.h"

#include <gtest/gtest.h>

#include "wire/nop_out.h"
#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"
#include "wire/testing/stream.h"

namespace lunway::wire {
namespace {

using namespace testing;

std::vector<std::byte> flatten(const EncodedPdu& pdu) {
  std::vector<std::byte> bytes;
  append(bytes, pdu);
  return bytes;
}

TEST(Rfc7143_11_2_EncodedPdu, ABareHeaderIsOnePiece) {
  const Header header = NopOut::build({.itt = Itt(1)});
  const EncodedPdu pdu(header, {}, {});
  EXPECT_EQ(pdu.pieces().size(), 1U);
  EXPECT_EQ(flatten(pdu), std::vector<std::byte>(header.begin(), header.end()));
}

TEST(Rfc7143_11_2_EncodedPdu, AHeaderAndItsDigestAreOnePiece) {
  const Header header = NopOut::build({.itt = Itt(1)});
  const EncodedPdu pdu(header, {}, {.header = true, .data = true});
  EXPECT_EQ(pdu.pieces().size(), 1U);
  EXPECT_EQ(pdu.size(), 52U);  // "A zero-length Data Segment also implies a zero-length Data-Digest."
}

TEST(Rfc7143_11_2_EncodedPdu, DataIsNotCopied) {
  const auto data = bytes_from_hex("01 02 03 04");
  const auto more = bytes_from_hex("05 06");
  const EncodedPdu pdu(NopOut::build({}), {}, data, more, {});
  const PieceList pieces = pdu.pieces();
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(pieces[1].data(), data.data());
  EXPECT_EQ(pieces[2].data(), more.data());
  EXPECT_EQ(pieces[3].size(), 2U);
  EXPECT_EQ(BasicHeader(pdu.header()).data_segment_length(), 6U);
}

//= ledger R7143-13.1-04 R7143-11.2.3-01
// The CRC of 32 zero bytes is one of the published examples; here it is the CRC of 29 zero bytes and their padding.
TEST(Rfc7143_11_2_3_EncodedPdu, TheDataDigestCoversThePadding) {
  const std::vector<std::byte> zeros(29);
  const auto bytes = flatten(EncodedPdu(NopOut::build({}), zeros, {.data = true}));
  ASSERT_EQ(bytes.size(), kHeaderSize + 32 + 4);
  EXPECT_EQ(std::vector<std::byte>(bytes.end() - 4, bytes.end()), bytes_from_hex("aa 36 91 8a"));
}

//= ledger R7143-13.1-03
TEST(Rfc7143_13_1_EncodedPdu, ThePaddingThatTheDigestCoversIsZero) {
  for (std::size_t size = 1; size <= 8; ++size) {
    const std::vector<std::byte> ones(size, std::byte(0xff));
    const auto bytes = flatten(EncodedPdu(NopOut::build({}), ones, {.data = true}));
    for (std::size_t at = kHeaderSize + size; at < bytes.size() - 4; ++at) EXPECT_EQ(bytes[at], std::byte(0));
  }
}

TEST(Rfc7143_11_2_3_EncodedPdu, TheHeaderDigestCoversTheAhs) {
  const auto ahs = bytes_from_hex("00 05 02 00 00 00 10 00");
  const auto bytes = flatten(EncodedPdu(NopOut::build({}), ahs, {}, {}, {.header = true}));
  ASSERT_EQ(bytes.size(), kHeaderSize + 8 + 4);
  EXPECT_EQ(load_u8(&bytes[4]), 2);
  Crc32c crc;
  crc.update(Bytes(bytes).first(kHeaderSize + 8));
  EXPECT_TRUE(matches(crc, Bytes(bytes).last(4)));
}

RC_GTEST_PROP(Rfc7143_11_2_EncodedPdu, APduIsWholeWords, ()) {
  const auto data = any_bytes(*rc::gen::inRange<std::size_t>(0, 40));
  const auto more = any_bytes(*rc::gen::inRange<std::size_t>(0, 40));
  const auto ahs = any_bytes(4 * *rc::gen::inRange<std::size_t>(0, 10));
  const Digests digests{.header = any_bool(), .data = any_bool()};
  const EncodedPdu pdu(NopOut::build({}), ahs, data, more, digests);
  const EncodedPdu copy = pdu;
  RC_ASSERT(flatten(pdu).size() == pdu.size());
  RC_ASSERT(flatten(copy) == flatten(pdu));
  RC_ASSERT(pdu.size() % 4 == 0U);
  RC_ASSERT(pdu.pieces().size() <= PieceList::kMaxPieces);
}

}  // namespace
}  // namespace lunway::wire
