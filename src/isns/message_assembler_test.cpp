// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/message_assembler.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "isns/limits.h"
#include "isns/testing/hex.h"
#include "isns/testing/messages.h"

namespace lunway::isns {
namespace {

using testing::from_hex;
using testing::hex_of;

using Taken = std::expected<std::optional<ReceivedMessage>, Violation>;

Taken take_all(std::string_view hex) {
  const auto bytes = from_hex(hex);
  Bytes rest(bytes);
  MessageAssembler assembler;
  return assembler.take(rest);
}

TEST(Rfc4171_5_2_Message, InOnePduIsWhole) {
  const auto bytes = from_hex("00018004 000c4c00 00070000 00000000 00000000 00000000 00018001");
  Bytes rest(bytes);
  MessageAssembler assembler;
  const Taken taken = assembler.take(rest);
  ASSERT_TRUE(taken && *taken);
  EXPECT_EQ((*taken)->function, 0x8004);
  EXPECT_EQ((*taken)->transaction_id, 7);
  EXPECT_TRUE((*taken)->is_response());
  EXPECT_EQ(hex_of((*taken)->payload), "00000000 00000000 00000000");
  EXPECT_EQ(rest.size(), 4U) << "the next message stays";
}

TEST(Rfc4171_5_2_Message, InThreePdusIsJoined) {
  const Taken taken = take_all(
      "00018001 00044400 00070000 00000000 "
      "00018001 00084000 00070001 00000006 00000004 "
      "00018001 00044800 00070002 00000258");
  ASSERT_TRUE(taken && *taken);
  EXPECT_EQ(hex_of((*taken)->payload), "00000000 00000006 00000004 00000258");
}

TEST(Rfc4171_5_2_Message, WithoutPayloadIsWhole) {
  const Taken taken = take_all("00018001 00004c00 00070000");
  ASSERT_TRUE(taken && *taken);
  EXPECT_TRUE((*taken)->payload.empty());
}

TEST(Rfc4171_5_1_6_SequenceId, BrokenOrderIsAViolation) {
  for (const char* hex : {
           "00018001 00044800 00070000 00000000",                                      // begins without a first PDU
           "00018001 00044c00 00070001 00000000",                                      // begins with 1
           "00018001 00044400 00070000 00000000 00018001 00044800 00070002 00000000",  // 1 is missing
           "00018001 00044400 00070000 00000000 00018001 00044800 00080001 00000000",  // another transaction
           "00018001 00044400 00070000 00000000 00018002 00044800 00070001 00000000",  // another function
           "00018001 00044400 00070000 00000000 00018001 00044c00 00070001 00000000",  // first twice
       }) {
    const Taken taken = take_all(hex);
    ASSERT_FALSE(taken) << hex;
    EXPECT_EQ(taken.error(), Violation::sequence) << hex;
  }
}

TEST(Rfc4171_5_2_Message, MayNotGrowOverTheLimit) {
  MessageAssembler assembler;
  const std::vector<std::byte> payload(0x4000);
  for (std::uint16_t sequence = 0;; ++sequence) {
    const auto flags = static_cast<std::uint16_t>(flag::kFromServer | (sequence == 0 ? flag::kFirstPdu : 0));
    const auto bytes = testing::pdu(
        {.function = 0x8001, .length = 0x4000, .flags = flags, .transaction_id = 1, .sequence_id = sequence}, payload);
    Bytes rest(bytes);
    const Taken taken = assembler.take(rest);
    if (!taken) {
      EXPECT_EQ(taken.error(), Violation::too_long);
      EXPECT_EQ(sequence, kMaxReceivedPayload / payload.size());
      return;
    }
    ASSERT_LE((sequence + 1U) * payload.size(), kMaxReceivedPayload);
  }
}

TEST(Rfc4171_5_7_1_StatusCode, IsTheFirstWordOfAnAnswer) {
  const auto payload = from_hex("00000009 00000000 00000000");
  const auto response = Response::parse(payload);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, Status::no_such_entry);
  EXPECT_EQ(response->attributes.size(), 8U);
  EXPECT_EQ(Response::parse(Bytes(payload).first(3)).error(), Violation::no_status);
}

RC_GTEST_PROP(Rfc4171_5_2_Message, CutAnywhereGivesTheSame, ()) {
  AttributeWriter attributes;
  attributes.text(Tag::entity_identifier, "iqn.2026-11.io.example:one").delimiter().number(Tag::registration_period, 9);
  const auto bytes = testing::response(Function::dev_attr_reg, 3, Status::successful, attributes);
  const auto whole = bytes.size();
  MessageAssembler assembler;
  std::size_t at = 0;
  while (at < whole) {
    Bytes part = Bytes(bytes).subspan(at, *rc::gen::inRange<std::size_t>(1, whole - at + 1));
    at += part.size();
    const Taken taken = assembler.take(part);
    RC_ASSERT(taken.has_value());
    RC_ASSERT(part.empty());
    RC_ASSERT(taken->has_value() == (at == whole));
    if (at == whole) RC_ASSERT(hex_of((*taken)->payload) == hex_of(Bytes(bytes).subspan(kHeaderBytes)));
  }
}

}  // namespace
}  // namespace lunway::isns
