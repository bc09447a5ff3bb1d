// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/task_management_response.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "22 80 07 00"              // Task Management Function Response; Function succeeded
    "00 00 00 00"              // no AHS, no data
    "01 02 03 00 00 00 00 00"  // Additional Response Information
    "10 11 12 13"              // Initiator Task Tag
    "00 00 00 00"              // reserved
    "30 31 32 33"              // StatSN
    "40 41 42 43"              // ExpCmdSN
    "50 51 52 53"              // MaxCmdSN
    "00 00 00 00 00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_6_TaskManagementResponse, GoldenBytes) {
  const TaskManagementResponse::Fields fields{.response = TaskManagementResponseCode::function_succeeded,
                                              .additional_response_information = 0x010203,
                                              .itt = Itt(0x10111213),
                                              .stat_sn = StatSN(0x30313233),
                                              .exp_cmd_sn = CmdSN(0x40414243),
                                              .max_cmd_sn = CmdSN(0x50515253)};
  const Header header = TaskManagementResponse::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(TaskManagementResponse::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_6_TaskManagementResponse, FieldsSurviveTheWire, ()) {
  check_round_trip<TaskManagementResponse>({.response = static_cast<TaskManagementResponseCode>(
                                                *rc::gen::element<std::uint8_t>(0, 1, 2, 3, 4, 5, 6, 7, 255)),
                                            .additional_response_information = *rc::gen::inRange(0U, 1U << 24),
                                            .itt = any_valid<Itt>(),
                                            .stat_sn = any<StatSN>(),
                                            .exp_cmd_sn = any<CmdSN>(),
                                            .max_cmd_sn = any<CmdSN>()});
}

TEST(Rfc7143_11_6_1_TaskManagementResponse, UnassignedResponsesAreRefused) {
  const Header header = TaskManagementResponse::build({});
  EXPECT_EQ(broken_rule<TaskManagementResponse>(with_byte(header, 2, 8)), "11.6.1");
  EXPECT_EQ(broken_rule<TaskManagementResponse>(with_byte(header, 2, 254)), "11.6.1");
  EXPECT_EQ(broken_rule<TaskManagementResponse>(with_byte(header, 2, 255)), "");
}

//= ledger(target) R7143-11.6.2-01
TEST(Rfc7143_11_6_2_TaskManagementResponse, CarriesNoData) {
  Header header = TaskManagementResponse::build({});
  set_data_segment_length(header, 4);
  EXPECT_EQ(broken_rule<TaskManagementResponse>(header), "11.2.1.6");
}

}  // namespace
}  // namespace lunway::wire
