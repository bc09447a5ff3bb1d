// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/scsi_command.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

// A bidirectional command with every field set.
constexpr std::string_view kGolden =
    "41 e3 50 00"              // I, SCSI Command; F R W, Head of queue; priority 5
    "02 00 00 00"              // two words of AHS
    "00 03 00 00 00 00 00 00"  // LUN 3
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Expected Data Transfer Length
    "30 31 32 33"              // CmdSN
    "40 41 42 43"              // ExpStatSN
    "53 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f";

Header plain_read() { return ScsiCommand::build({.read = true, .itt = Itt(1), .expected_data_transfer_length = 512}); }

TEST(Rfc7143_11_3_ScsiCommand, GoldenBytes) {
  ScsiCommand::Fields fields{.immediate = true,
                             .final = true,
                             .read = true,
                             .write = true,
                             .attribute = TaskAttribute::head_of_queue,
                             .priority = 5,
                             .lun = Lun::from_flat(3),
                             .itt = Itt(0x10111213),
                             .expected_data_transfer_length = 0x20212223,
                             .cmd_sn = CmdSN(0x30313233),
                             .exp_stat_sn = StatSN(0x40414243)};
  copy_bytes(fields.cdb, bytes_from_hex("53 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"));

  Header header = ScsiCommand::build(fields);
  set_total_ahs_length_words(header, 2);

  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(ScsiCommand::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_3_ScsiCommand, FieldsSurviveTheWire, ()) {
  const bool write = any_bool();
  const bool read = any_bool();
  check_round_trip<ScsiCommand>({.immediate = any_bool(),
                                 .final = !write || any_bool(),
                                 .read = read,
                                 .write = write,
                                 .attribute = static_cast<TaskAttribute>(*rc::gen::inRange(0, 5)),
                                 .priority = static_cast<std::uint8_t>(*rc::gen::inRange(0, 16)),
                                 .lun = any<Lun>(),
                                 .itt = any_valid<Itt>(),
                                 .expected_data_transfer_length = read || write ? any_int<std::uint32_t>() : 0,
                                 .cmd_sn = any<CmdSN>(),
                                 .exp_stat_sn = any<StatSN>(),
                                 .cdb = any_array<16>()},
                                /*data_segment_length=*/*rc::gen::inRange(0U, kMaxDataSegmentLength),
                                /*ahs_words=*/static_cast<std::uint8_t>(*rc::gen::inRange(2, 256)));
}

TEST(Rfc7143_11_3_1_ScsiCommand, ReservedAttributesAreRefused) {
  for (std::uint8_t attribute = 5; attribute < 8; ++attribute) {
    const Header header = with_byte(plain_read(), 1, 0xc0 | attribute);
    const auto pdu = ScsiCommand::parse(header);
    ASSERT_FALSE(pdu);
    EXPECT_EQ(pdu.error().kind, FormatError::Kind::reserved_code);
  }
}

TEST(Rfc7143_11_3_1_ScsiCommand, OneOfWriteAndFinalIsSet) {
  EXPECT_EQ(broken_rule<ScsiCommand>(with_byte(plain_read(), 1, 0x41)), "11.3.1");
  EXPECT_EQ(broken_rule<ScsiCommand>(with_byte(plain_read(), 1, 0x21)), "");
}

TEST(Rfc7143_11_3_1_ScsiCommand, AnExpectedTransferHasADirection) {
  EXPECT_EQ(broken_rule<ScsiCommand>(with_byte(plain_read(), 1, 0x81)), "11.3.1");
  EXPECT_EQ(broken_rule<ScsiCommand>(with_word(with_byte(plain_read(), 1, 0x81), 20, 0)), "");
}

TEST(Rfc7143_11_3_1_ScsiCommand, ADirectionNeedsNoTransfer) {
  EXPECT_EQ(broken_rule<ScsiCommand>(with_word(plain_read(), 20, 0)), "");
}

TEST(Rfc7143_11_3_4_ScsiCommand, ABidirectionalCommandHasAnAhs) {
  Header header = with_byte(plain_read(), 1, 0xe1);
  EXPECT_EQ(broken_rule<ScsiCommand>(header), "11.3.4");
  set_total_ahs_length_words(header, 2);
  EXPECT_EQ(broken_rule<ScsiCommand>(header), "");
}

TEST(Rfc7143_11_2_1_8_ScsiCommand, TheReservedTaskTagIsRefused) {
  EXPECT_EQ(broken_rule<ScsiCommand>(with_word(plain_read(), 16, 0xffffffff)), "11.2.1.8");
}

TEST(Rfc7143_11_ScsiCommand, ReservedBitsAreIgnored) {
  Header header = with_byte(plain_read(), 0, 0x81);
  header = with_byte(header, 1, load_u8(&header[1]) | 0x18);
  header = with_byte(header, 2, 0x0f);
  header = with_byte(header, 3, 0xff);
  const Header clean = plain_read();
  EXPECT_EQ(ScsiCommand::parse(header)->fields(), ScsiCommand::parse(clean)->fields());
}

TEST(Rfc7143_11_2_1_2_ScsiCommand, AnotherOpcodeIsRefused) {
  const auto header = with_byte(plain_read(), 0, 0x02);
  EXPECT_EQ(ScsiCommand::parse(header).error().kind, FormatError::Kind::wrong_opcode);
}

}  // namespace
}  // namespace lunway::wire
