// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/asynchronous_message.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "32 80 00 00"              // Asynchronous Message
    "00 00 00 00"              // no data
    "00 00 00 00 00 00 00 00"  // LUN
    "ff ff ff ff"              // no task
    "00 00 00 00"              // reserved
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "02 00 60 61"              // Connection Drop Notification; CID
    "70 71 80 81"              // Time2Wait, Time2Retain
    "00 00 00 00";

TEST(Rfc7143_11_9_AsynchronousMessage, GoldenBytes) {
  const AsynchronousMessage::Fields fields{.event = AsyncEvent::connection_drop,
                                           .stat_sn = StatSN(0x30313233),
                                           .exp_cmd_sn = CmdSN(0x40414243),
                                           .max_cmd_sn = CmdSN(0x50515253),
                                           .parameter1 = 0x6061,
                                           .parameter2 = 0x7071,
                                           .parameter3 = 0x8081};
  const Header header = AsynchronousMessage::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  const auto pdu = AsynchronousMessage::parse(header);
  EXPECT_EQ(pdu->fields(), fields);
  EXPECT_EQ(pdu->itt(), kNoItt);
  EXPECT_EQ(pdu->dropped_cid(), Cid(0x6061));
  EXPECT_EQ(pdu->time2wait(), 0x7071);
  EXPECT_EQ(pdu->time2retain(), 0x8081);
}

RC_GTEST_PROP(Rfc7143_11_9_AsynchronousMessage, FieldsSurviveTheWire, ()) {
  check_round_trip<AsynchronousMessage>({.event = static_cast<AsyncEvent>(any_int<std::uint8_t>()),
                                         .vendor_code = any_int<std::uint8_t>(),
                                         .lun = any<Lun>(),
                                         .stat_sn = any<StatSN>(),
                                         .exp_cmd_sn = any<CmdSN>(),
                                         .max_cmd_sn = any<CmdSN>(),
                                         .parameter1 = any_int<std::uint16_t>(),
                                         .parameter2 = any_int<std::uint16_t>(),
                                         .parameter3 = any_int<std::uint16_t>()},
                                        *rc::gen::inRange(0U, kMaxDataSegmentLength));
}

TEST(Rfc7143_11_9_1_AsyncEvent, VendorsOwnTheLastEightCodes) {
  EXPECT_EQ(to_string(static_cast<AsyncEvent>(247)), "unassigned");
  EXPECT_EQ(to_string(static_cast<AsyncEvent>(248)), "vendor-unique");
  EXPECT_EQ(to_string(AsyncEvent::task_termination), "Task Termination");
}

}  // namespace
}  // namespace lunway::wire
