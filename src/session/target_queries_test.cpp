// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What RFC 7144 adds to a target's session.
//= rfc7144#5
//= rfc7144#6

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

using Code = wire::TaskManagementResponseCode;
using Done = wire::TaskManagementResponse::Fields;
using Function = wire::TaskManagementFunction;

constexpr std::string_view kLevel2 = "iSCSIProtocolLevel=2";

class Level2 : public ::testing::Test {
 protected:
  Level2() { log_in(rig, {kLevel2}); }

  TaskId submit(const wire::ScsiCommand::Fields& fields) {
    rig.send(wire::ScsiCommand::build(fields));
    return rig.take<Submit>()->task;
  }
  void query(std::uint32_t itt, std::uint32_t ref_cmd_sn, std::uint32_t cmd_sn) {
    rig.send(wire::TaskManagementRequest::build({.function = Function::query_task,
                                                 .itt = wire::Itt(900),
                                                 .referenced_task_tag = wire::Itt(itt),
                                                 .cmd_sn = wire::CmdSN(cmd_sn),
                                                 .ref_cmd_sn = wire::CmdSN(ref_cmd_sn)}));
  }
  void manage(Function function, std::uint32_t cmd_sn, wire::Lun lun = {}) {
    rig.send(wire::TaskManagementRequest::build(
        {.function = function, .lun = lun, .itt = wire::Itt(900), .cmd_sn = wire::CmdSN(cmd_sn)}));
  }
  void expect_done(Code code) {
    EXPECT_THAT(rig.receive(),
                Is<wire::TaskManagementResponse>(With(&Done::response, code), With(&Done::itt, wire::Itt(900))));
  }

  TargetRig rig;
};

using Rfc7144_6_3_TargetQueryTask = Level2;
using Rfc7144_6_4_2_TargetQueryTask = Level2;

//= ledger R7144-6.4.2-02 R7144-4.1-01 R7144-6.3-03
TEST_F(Rfc7144_6_4_2_TargetQueryTask, SucceedsForATaskThatIsHere) {
  const TaskId task = submit(command_fields(1, 100));
  query(1, 100, 101);
  expect_done(Code::function_succeeded);
  rig.complete(task);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>()) << "it was only asked about";
  query(1, 100, 101);
  expect_done(Code::function_complete);
}

//= ledger R7144-6.3-04
TEST_F(Rfc7144_6_3_TargetQueryTask, AResponseMayFollow) {
  const TaskId task = submit(command_fields(1, 100));
  manage(Function::query_task_set, 101);
  rig.session->complete_task_management(rig.take<SubmitTaskManagement>()->task, Code::function_succeeded);
  rig.drain();
  expect_done(Code::function_succeeded);
  rig.complete(task);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
}

/// The initiator has been told that the task is not here: it must not appear afterwards.
TEST_F(Rfc7144_6_4_2_TargetQueryTask, ACommandThatNeverCameCountsAsCome) {
  query(1, 100, 101);
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_complete),
                                                              With(&Done::exp_cmd_sn, wire::CmdSN(101))));
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  EXPECT_FALSE(rig.take<Submit>());
}

//= ledger R7144-6.3-08 R7144-6.3-09
TEST_F(Rfc7144_6_3_TargetQueryTask, AFunctionIsNoTaskToAskAbout) {
  submit(command_fields(1, 100));
  manage(Function::logical_unit_reset, 101);
  rig.send(wire::TaskManagementRequest::build({.function = Function::query_task,
                                               .itt = wire::Itt(901),
                                               .referenced_task_tag = wire::Itt(900),
                                               .cmd_sn = wire::CmdSN(101)}));
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_rejected),
                                                              With(&Done::itt, wire::Itt(901))));
}

using Rfc7144_6_4_2_TargetQueries = Level2;

//= ledger R7144-6.4.2-02
TEST_F(Rfc7144_6_4_2_TargetQueries, TheDeviceLearnsWhetherTheTaskSetHasCommands) {
  const auto unit = wire::Lun::from_flat(5);
  auto fields = command_fields(1, 100);
  fields.lun = unit;
  submit(fields);
  manage(Function::query_task_set, 101, unit);
  const auto full = rig.take<SubmitTaskManagement>();
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->has_commands);
  rig.session->complete_task_management(full->task, Code::function_succeeded);
  rig.drain();
  expect_done(Code::function_succeeded);
  manage(Function::query_task_set, 101);
  EXPECT_FALSE(rig.take<SubmitTaskManagement>()->has_commands) << "of another logical unit";
}

//= ledger R7144-6.4.2-03
TEST_F(Rfc7144_6_4_2_TargetQueries, TheDevicesInformationIsPassedOn) {
  manage(Function::query_asynchronous_event, 100);
  rig.session->complete_task_management(rig.take<SubmitTaskManagement>()->task, Code::function_succeeded, 0x162903);
  rig.drain();
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_succeeded),
                                                              With(&Done::additional_response_information, 0x162903U)));
}

//= ledger R7144-4.1-02
TEST(Rfc7144_4_1_TargetFunctions, AreNeverAnsweredByAReject) {
  TargetRig rig({}, {.management_functions = 1});
  log_in(rig, {kLevel2});
  wire::TaskManagementRequest::Fields fields{.function = Function::query_task_set, .itt = wire::Itt(900)};
  fields.cmd_sn = wire::CmdSN(100);
  rig.send(wire::TaskManagementRequest::build(fields));
  ASSERT_TRUE(rig.take<SubmitTaskManagement>());
  fields.itt = wire::Itt(901);
  rig.send(wire::TaskManagementRequest::build(fields));
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_rejected)));
}

//= ledger R7144-5.1.1-02
TEST(Rfc7144_5_1_1_TargetPriority, CountsOnlyWhereItWasAgreedOn) {
  for (const bool agreed : {true, false}) {
    TargetRig rig;
    log_in(rig, {agreed ? kLevel2 : "iSCSIProtocolLevel=1"});
    auto fields = command_fields(1, 100);
    fields.priority = 9;
    rig.send(wire::ScsiCommand::build(fields));
    EXPECT_EQ(rig.take<Submit>()->priority, agreed ? 9 : 0);
  }
}

//= ledger R7144-5.2.2-01
TEST(Rfc7144_5_2_2_TargetSense, ComesWithTheStatus) {
  TargetRig rig;
  log_in(rig, {kLevel2});
  const auto sense = pattern(18);
  std::uint32_t next = 100;
  for (const auto status : {wire::ScsiStatus::check_condition, wire::ScsiStatus::busy}) {
    rig.send(wire::ScsiCommand::build(command_fields(next, next)));
    ++next;
    rig.complete(rig.take<Submit>()->task, {.status = status, .sense = sense});
    const auto response = rig.receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(std::vector(response->data.begin() + 2, response->data.end()), sense);
    EXPECT_TRUE(rig.take<Release>());
  }
}

//= ledger R7144-5.2.1-01
TEST(Rfc7144_5_2_1_TargetStatusQualifier, IsSentOnlyWhereItWasAgreedOn) {
  for (const bool agreed : {true, false}) {
    TargetRig rig;
    log_in(rig, {agreed ? kLevel2 : "iSCSIProtocolLevel=1"});
    rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
    rig.complete(rig.take<Submit>()->task, {.status = wire::ScsiStatus::busy, .status_qualifier = 0x4001});
    EXPECT_THAT(rig.receive(),
                Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::status_qualifier, agreed ? 0x4001 : 0)));
  }
}

}  // namespace
}  // namespace lunway::session::testing
