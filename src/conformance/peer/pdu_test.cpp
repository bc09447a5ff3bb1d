// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/peer/pdu.h"

#include <gtest/gtest.h>

#include <bitset>

#include "wire/login_request.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

//= rfc7143#11
TEST(Rfc7143_11_Layout, FieldsOfAPduDoNotOverlap) {
  for (const Layout& layout : layouts()) {
    std::bitset<wire::kHeaderSize * 8> covered;
    for (const Field& field : layout.fields) {
      for (unsigned bit = field.first_bit; bit < unsigned{field.first_bit} + field.bits; ++bit) {
        EXPECT_FALSE(covered.test(bit)) << layout.name << ": " << field.name << " bit " << bit;
        covered.set(bit);
      }
    }
  }
}

//= rfc7143#11.12
TEST(Rfc7143_11_12_Layout, FieldsStandWhereTheViewOfTheWireFindsThem) {
  const Pdu pdu = Pdu(Opcode::login_request, true)
                      .set(field::kTransit, 1)
                      .set(field::kCsg, 1)
                      .set(field::kNsg, 3)
                      .set(field::kTsih, 0x1234)
                      .set(field::kCid, 0x5678)
                      .set(field::kItt, 0x9abcdef0)
                      .set(field::kCmdSn, 7);
  const wire::LoginRequest view{wire::HeaderView(pdu.header)};
  EXPECT_EQ(view.opcode(), Opcode::login_request);
  EXPECT_TRUE(view.immediate());
  EXPECT_TRUE(view.flags().transit);
  EXPECT_EQ(view.flags().nsg, wire::LoginStage::full_feature_phase);
  EXPECT_EQ(view.tsih(), wire::Tsih(0x1234));
  EXPECT_EQ(view.cid(), wire::Cid(0x5678));
  EXPECT_EQ(view.itt(), wire::Itt(0x9abcdef0));
  EXPECT_EQ(view.cmd_sn(), wire::CmdSN(7));
}

TEST(ConformancePdu, AFieldIsSetWithoutItsNeighbours) {
  Pdu pdu(Opcode::scsi_command);
  pdu.header.fill(std::byte{0xff});
  pdu.set(field::kAttribute, 2);
  EXPECT_EQ(pdu.header[1], std::byte{0xfa});
  EXPECT_EQ(pdu[field::kAttribute], 2U);
  EXPECT_EQ(pdu[field::kRead], 1U);
}

//= rfc7143#11.2.3
TEST(Rfc7143_11_2_3_Encoding, PadsAndDigestsUnlessItLies) {
  const Pdu pdu = Pdu(Opcode::nop_out).with_data(bytes_of("12345"));
  EXPECT_EQ(encode(pdu, {}).size(), wire::kHeaderSize + 8);
  EXPECT_EQ(encode(pdu, {.header = true, .data = true}).size(), wire::kHeaderSize + 4 + 8 + 4);

  const std::vector<std::byte> liar = encode(Pdu(pdu).lying({.data_segment_length = 9, .without_padding = true}), {});
  EXPECT_EQ(liar.size(), wire::kHeaderSize + 5);
  EXPECT_EQ(liar[7], std::byte{9});

  const auto right = encode(pdu, {.header = true});
  const auto wrong = encode(Pdu(pdu).lying({.wrong_header_digest = true}), {.header = true});
  EXPECT_NE(right, wrong);
  EXPECT_EQ(right.size(), wrong.size());
}

//= rfc7143#6.1
TEST(Rfc7143_6_1_Text, PairsComeBackAsTheyWere) {
  const Text text{{"InitiatorName", "iqn.a"}, {"X", ""}, {"Y", "a=b"}};
  EXPECT_EQ(decode_text(encode_text(text)), text);
  EXPECT_EQ(*find_value(text, "Y"), "a=b");
  EXPECT_EQ(find_value(text, "Z"), nullptr);
}

}  // namespace
}  // namespace lunway::conformance
