// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/task_management_request.h"

#include <gtest/gtest.h>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

constexpr std::string_view kGolden =
    "42 81 00 00"              // I, Task Management Function Request; ABORT TASK
    "00 00 00 00"              // no AHS, no data
    "41 00 00 00 00 00 00 00"  // LUN 256
    "10 11 12 13"              // Initiator Task Tag
    "20 21 22 23"              // Referenced Task Tag
    "30 31 32 33"              // CmdSN
    "40 41 42 43"              // ExpStatSN
    "50 51 52 53"              // RefCmdSN
    "60 61 62 63"              // ExpDataSN
    "00 00 00 00 00 00 00 00";

TEST(Rfc7143_11_5_TaskManagementRequest, GoldenBytes) {
  const TaskManagementRequest::Fields fields{.function = TaskManagementFunction::abort_task,
                                             .lun = Lun::from_flat(256),
                                             .itt = Itt(0x10111213),
                                             .referenced_task_tag = Itt(0x20212223),
                                             .cmd_sn = CmdSN(0x30313233),
                                             .exp_stat_sn = StatSN(0x40414243),
                                             .ref_cmd_sn = CmdSN(0x50515253),
                                             .exp_data_sn = DataSN(0x60616263)};
  const Header header = TaskManagementRequest::build(fields);
  EXPECT_EQ(header, header_from_hex(kGolden));
  EXPECT_EQ(TaskManagementRequest::parse(header)->fields(), fields);
}

RC_GTEST_PROP(Rfc7143_11_5_TaskManagementRequest, FieldsSurviveTheWire, ()) {
  const auto function = static_cast<TaskManagementFunction>(*rc::gen::inRange(0, 128));
  check_round_trip<TaskManagementRequest>({.immediate = function == TaskManagementFunction::task_reassign || any_bool(),
                                           .function = function,
                                           .lun = any<Lun>(),
                                           .itt = any_valid<Itt>(),
                                           .referenced_task_tag = any<Itt>(),
                                           .cmd_sn = any<CmdSN>(),
                                           .exp_stat_sn = any<StatSN>(),
                                           .ref_cmd_sn = any<CmdSN>(),
                                           .exp_data_sn = any<DataSN>()});
}

TEST(Rfc7143_11_5_1_TaskManagementRequest, TaskReassignIsImmediate) {
  const Header header = TaskManagementRequest::build(
      {.immediate = false, .function = TaskManagementFunction::task_reassign, .itt = Itt(1)});
  EXPECT_EQ(broken_rule<TaskManagementRequest>(header), "11.5.1");
}

TEST(Rfc7143_11_5_1_TaskManagementRequest, AnUnassignedFunctionIsForTheTargetToRefuse) {
  const Header header = TaskManagementRequest::build({.function = static_cast<TaskManagementFunction>(77)});
  const auto pdu = TaskManagementRequest::parse(header);
  ASSERT_TRUE(pdu);
  EXPECT_EQ(to_string(pdu->function()), "unassigned");
}

TEST(Rfc7143_11_5_2_TaskManagementRequest, CarriesNoAhsAndNoData) {
  Header header = TaskManagementRequest::build({});
  set_data_segment_length(header, 1);
  EXPECT_EQ(broken_rule<TaskManagementRequest>(header), "11.2.1.6");
  header = TaskManagementRequest::build({});
  set_total_ahs_length_words(header, 1);
  EXPECT_EQ(broken_rule<TaskManagementRequest>(header), "11.2.1.5");
}

TEST(Rfc7144_6_3_1_TaskManagementFunction, SomeAddressALogicalUnit) {
  using enum TaskManagementFunction;
  for (const auto function : {abort_task, abort_task_set, clear_aca, clear_task_set, logical_unit_reset, query_task,
                              query_task_set, query_asynchronous_event}) {
    EXPECT_TRUE(has_lun(function)) << to_string(function);
  }
  for (const auto function : {target_warm_reset, target_cold_reset, task_reassign, i_t_nexus_reset}) {
    EXPECT_FALSE(has_lun(function)) << to_string(function);
  }
}

TEST(Rfc7144_6_3_2_TaskManagementFunction, ThreeNameATask) {
  for (std::uint8_t code = 1; code <= 12; ++code) {
    EXPECT_EQ(has_referenced_task(static_cast<TaskManagementFunction>(code)), code == 1 || code == 8 || code == 9);
  }
}

}  // namespace
}  // namespace lunway::wire
