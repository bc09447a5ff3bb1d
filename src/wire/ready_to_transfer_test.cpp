// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/ready_to_transfer.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "31 80 00 00"              // Ready To Transfer
    "00 00 00 00"              // no AHS, no data
    "00 05 00 00 00 00 00 00"  // LUN 5
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Target Transfer Tag
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "60 61 62 63"              // R2TSN
    "70 71 72 73"              // Buffer Offset
    "80 81 82 83";             // Desired Data Transfer Length

TEST(Rfc7143_11_8_ReadyToTransfer, GoldenBytes) {
  const ReadyToTransfer::Fields fields{.lun = Lun::from_flat(5),
                                       .itt = Itt(0x10111213),
                                       .ttt = Ttt(0x20212223),
                                       .stat_sn = StatSN(0x30313233),
                                       .exp_cmd_sn = CmdSN(0x40414243),
                                       .max_cmd_sn = CmdSN(0x50515253),
                                       .r2t_sn = R2TSN(0x60616263),
                                       .buffer_offset = 0x70717273,
                                       .desired_data_transfer_length = 0x80818283};
  const Header header = ReadyToTransfer::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(ReadyToTransfer::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_8_ReadyToTransfer, FieldsSurviveTheWire, ()) {
  check_round_trip<ReadyToTransfer>({.lun = any<Lun>(),
                                     .itt = any_valid<Itt>(),
                                     .ttt = any_valid<Ttt>(),
                                     .stat_sn = any<StatSN>(),
                                     .exp_cmd_sn = any<CmdSN>(),
                                     .max_cmd_sn = any<CmdSN>(),
                                     .r2t_sn = any<R2TSN>(),
                                     .buffer_offset = any_int<std::uint32_t>(),
                                     .desired_data_transfer_length = *rc::gen::nonZero<std::uint32_t>()});
}

TEST(Rfc7143_11_8_4_ReadyToTransfer, AsksForSomething) {
  EXPECT_EQ(broken_rule<ReadyToTransfer>(ReadyToTransfer::build({.desired_data_transfer_length = 0})), "11.8.4");
}

TEST(Rfc7143_11_8_5_ReadyToTransfer, HasATargetTransferTag) {
  const Header header = ReadyToTransfer::build({.ttt = kNoTtt, .desired_data_transfer_length = 1});
  EXPECT_EQ(broken_rule<ReadyToTransfer>(header), "11.8.5");
}

TEST(Rfc7143_11_8_1_ReadyToTransfer, CarriesNoData) {
  Header header = ReadyToTransfer::build({.desired_data_transfer_length = 1});
  set_data_segment_length(header, 1);
  EXPECT_EQ(broken_rule<ReadyToTransfer>(header), "11.2.1.6");
}

}  // namespace
}  // namespace lunway::wire
