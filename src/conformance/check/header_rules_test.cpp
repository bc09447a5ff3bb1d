// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <gtest/gtest.h>

#include "conformance/check/testing/talk.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

//= rfc7143#11.2.1.2
TEST(Rfc7143_11_2_1_2_Header, AnOpcodeOfTheOtherSideIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.answer(talk.nop_out(2));
  EXPECT_TRUE(talk.blames("header/opcode-of-sender"));
}

//= rfc7143#11
TEST(Rfc7143_11_Header, EachReservedBitIsFoundAndNoOther) {
  for (const Layout& layout : layouts()) {
    for (std::size_t bit = 2; bit < wire::kHeaderSize * 8; ++bit) {
      const bool covered = std::ranges::any_of(layout.fields, [bit](const Field& field) {
        return bit >= field.first_bit && bit < std::size_t{field.first_bit} + field.bits;
      });
      const Role sender = *wire::sender_of(layout.opcode);
      Talk talk(sender);
      Pdu pdu(layout.opcode);
      pdu.header[1] |= std::byte{layout.ones};
      pdu.header[bit / 8] |= std::byte(0x80U >> (bit % 8));
      if (pdu.opcode() != layout.opcode) continue;
      talk.say(sender, pdu);
      const bool one = bit / 8 == 1 && (layout.ones & (0x80U >> (bit % 8))) != 0;
      EXPECT_EQ(talk.blames("header/reserved-bits"), !covered && !one) << layout.name << " bit " << bit;
    }
  }
}

//= rfc7143#11.18
TEST(Rfc7143_11_18_Header, AMissingOneIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.answer(talk.nop_in(kNoTag).set(field::kFinal, 0));
  EXPECT_TRUE(talk.blames("header/constant-bits"));
}

//= rfc7143#11.12.3
TEST(Rfc7143_11_12_3_Header, NextStageWithoutTransitIsFound) {
  Talk talk(Role::initiator);
  talk.ask(talk.login_request().set(field::kTransit, 0));
  EXPECT_TRUE(talk.blames("header/next-stage-without-transit"));
}

//= rfc7143#11.7.3
TEST(Rfc7143_11_7_3_Header, AStatusWithoutItsFlagIsAWarning) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.command(2, cdb::read(0, 1), 512));
  talk.answer(talk.unnumbered(Opcode::data_in, 2).set(field::kStatus, 8).with_data(std::vector<std::byte>(512)));
  ASSERT_TRUE(talk.blames("header/data-in-without-status"));
  EXPECT_EQ(talk.violations()[0].finding.weight, Finding::Weight::warning);
}

//= rfc7143#11.2.1.5
TEST(Rfc7143_11_2_1_5_Header, AnAdditionalHeaderOfAnswersIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  Pdu pdu = talk.nop_in(kNoTag);
  pdu.ahs.resize(4);
  talk.answer(pdu);
  EXPECT_TRUE(talk.blames("header/additional-headers"));
}

//= rfc7143#11.2.1.8
TEST(Rfc7143_11_2_1_8_Header, TheReservedTagForATaskIsFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.request(Opcode::nop_out, kNoTag, true).set(field::kTtt, 5));
  EXPECT_FALSE(talk.blames("header/reserved-tag"));
  talk.ask(talk.command(kNoTag, cdb::test_unit_ready()));
  EXPECT_TRUE(talk.blames("header/reserved-tag"));
}

//= rfc7143#11.2.1.6
TEST(Rfc7143_11_2_1_6_Segment, DataWhereNoneBelongsIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.command(2, cdb::write(0, 1), 0, 512));
  talk.answer(talk.r2t(2, 1, 0, 512).with_data(bytes_of("data")));
  EXPECT_TRUE(talk.blames("segment/none-where-none-belongs"));
}

//= rfc7143#13.12
TEST(Rfc7143_13_12_Segment, MoreThanTheReceiverTakesIsFound) {
  Talk talk;
  talk.log_in({{"MaxRecvDataSegmentLength", "512"}}, {{"MaxRecvDataSegmentLength", "1024"}});
  talk.ask(talk.nop_out(2).with_data(std::vector<std::byte>(1024)));
  talk.answer(talk.nop_in(2).with_data(std::vector<std::byte>(512)));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
  talk.ask(talk.nop_out(3));
  talk.answer(talk.nop_in(3).with_data(std::vector<std::byte>(513)));
  EXPECT_TRUE(talk.blames("segment/within-what-the-receiver-takes"));
}

//= rfc7143#11.2.3
TEST(Rfc7143_11_2_3_Segment, WrongDigestsAreFoundAndEndTheReading) {
  Talk talk(Role::target);
  talk.log_in({{"HeaderDigest", "CRC32C"}}, {{"HeaderDigest", "CRC32C"}});
  talk.digests = {.header = true};
  Pdu broken = talk.nop_in(kNoTag);
  broken.header_digest_ok = false;
  talk.answer(broken);
  ASSERT_EQ(talk.violations().size(), 1U) << talk.findings();
  EXPECT_TRUE(talk.blames("segment/header-digest"));
  talk.answer(talk.nop_in(kNoTag).set(field::kStatSn, 1));
  EXPECT_EQ(talk.violations().size(), 1U) << talk.findings();
}

}  // namespace
}  // namespace lunway::conformance
