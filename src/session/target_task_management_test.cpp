// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management at a target, as ladders.
//= rfc7143#11.5

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

using Code = wire::TaskManagementResponseCode;
using Done = wire::TaskManagementResponse::Fields;
using Function = wire::TaskManagementFunction;
using Response = wire::ScsiResponse::Fields;

wire::TaskManagementRequest::Fields function_fields(Function function, std::uint32_t cmd_sn) {
  wire::TaskManagementRequest::Fields fields;
  fields.function = function;
  fields.itt = wire::Itt(900);
  fields.cmd_sn = wire::CmdSN(cmd_sn);
  return fields;
}

class TargetTaskManagement : public ::testing::Test {
 protected:
  TargetTaskManagement() { log_in(rig, {"ImmediateData=Yes"}); }

  TaskId submit(const wire::ScsiCommand::Fields& fields) {
    rig.send(wire::ScsiCommand::build(fields));
    return rig.take<Submit>()->task;
  }

  void manage(const wire::TaskManagementRequest::Fields& fields) {
    rig.send(wire::TaskManagementRequest::build(fields));
  }

  void expect_done(Code code) {
    EXPECT_THAT(rig.receive(),
                Is<wire::TaskManagementResponse>(With(&Done::response, code), With(&Done::itt, wire::Itt(900))));
  }

  TargetRig rig;
};

using Rfc7143_11_6_1_TargetAbortTask = TargetTaskManagement;

//= ledger R7143-11.6.1-03
TEST_F(Rfc7143_11_6_1_TargetAbortTask, IsCompleteWhenTheDeviceHasLetGo) {
  const TaskId task = submit(read_fields(1, 100, 512));
  auto fields = function_fields(Function::abort_task, 101);
  fields.referenced_task_tag = wire::Itt(1);
  fields.ref_cmd_sn = wire::CmdSN(100);
  manage(fields);
  EXPECT_EQ(rig.take<Abort>()->task, task);
  EXPECT_TRUE(rig.target_is_silent());
  rig.aborted(task);
  EXPECT_TRUE(rig.take<Release>());
  expect_done(Code::function_complete);
  EXPECT_TRUE(rig.target_is_silent()) << "no status for an aborted task";
}

TEST_F(Rfc7143_11_6_1_TargetAbortTask, ACompletionUnderWayCountsAsTheAnswer) {
  const TaskId task = submit(read_fields(1, 100, 512));
  auto fields = function_fields(Function::abort_task, 101);
  fields.referenced_task_tag = wire::Itt(1);
  manage(fields);
  EXPECT_TRUE(rig.take<Abort>());
  rig.complete(task);
  EXPECT_TRUE(rig.take<Release>());
  expect_done(Code::function_complete);
  EXPECT_TRUE(rig.target_is_silent());
}

//= ledger R7143-11.6.1-03 R7143-7.11-03
TEST_F(Rfc7143_11_6_1_TargetAbortTask, ACommandThatNeverCameCountsAsComeNow) {
  auto fields = function_fields(Function::abort_task, 101);
  fields.referenced_task_tag = wire::Itt(1);
  fields.ref_cmd_sn = wire::CmdSN(100);
  manage(fields);
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_complete),
                                                              With(&Done::exp_cmd_sn, wire::CmdSN(101))));
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));  // late: silently ignored
  EXPECT_FALSE(rig.take<Submit>());
  rig.send(wire::ScsiCommand::build(read_fields(2, 101, 512)));
  EXPECT_TRUE(rig.take<Submit>());
}

//= ledger R7143-11.6.1-03 R7143-7.11-04
TEST_F(Rfc7143_11_6_1_TargetAbortTask, ATaskThatIsGoneDoesNotExist) {
  rig.complete(submit(command_fields(1, 100)));
  EXPECT_TRUE(rig.receive());
  auto fields = function_fields(Function::abort_task, 101);
  fields.referenced_task_tag = wire::Itt(1);
  fields.ref_cmd_sn = wire::CmdSN(100);
  manage(fields);
  expect_done(Code::task_does_not_exist);
}

TEST_F(Rfc7143_11_6_1_TargetAbortTask, ATagNobodyHasOverANumberThatCameIsComplete) {
  rig.send(wire::ScsiCommand::build(command_fields(1, 101)));  // waits for 100
  auto fields = function_fields(Function::abort_task, 102);
  fields.referenced_task_tag = wire::Itt(77);
  fields.ref_cmd_sn = wire::CmdSN(101);
  manage(fields);
  expect_done(Code::function_complete);
  rig.send(wire::ScsiCommand::build(command_fields(2, 100)));
  EXPECT_TRUE(rig.take<Submit>());
  EXPECT_TRUE(rig.take<Submit>()) << "101 is not harmed";
}

TEST_F(Rfc7143_11_6_1_TargetAbortTask, NumbersThatMayNotBeMeantDoNotExist) {
  // Beyond the window; not lower than the function's own.
  for (const std::uint32_t referenced : {100U + 1000, 105U, 102U}) {
    auto fields = function_fields(Function::abort_task, 102);
    fields.referenced_task_tag = wire::Itt(77);
    fields.ref_cmd_sn = wire::CmdSN(referenced);
    manage(fields);
    expect_done(Code::task_does_not_exist);
  }
}

using Rfc7143_11_5_1_TargetAbortTask = TargetTaskManagement;

//= ledger R7143-11.5.1-12 R7143-11.5.1-13
TEST_F(Rfc7143_11_5_1_TargetAbortTask, AFunctionCannotBeAborted) {
  const TaskId task = submit(command_fields(1, 100));
  manage(function_fields(Function::logical_unit_reset, 101));
  EXPECT_EQ(rig.take<Abort>()->task, task);
  auto fields = function_fields(Function::abort_task, 101);
  fields.itt = wire::Itt(901);
  fields.referenced_task_tag = wire::Itt(900);
  manage(fields);
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_rejected),
                                                              With(&Done::itt, wire::Itt(901))));
}

TEST_F(Rfc7143_11_6_1_TargetAbortTask, DataThatStillComesForTheTaskIsDroppedInSilence) {
  std::vector<std::byte> disk(1024);
  const TaskId task = submit(write_fields(1, 100, 1024));
  rig.accept(task, disk);
  const auto r2t = rig.receive();
  auto fields = function_fields(Function::abort_task, 101);
  fields.referenced_task_tag = wire::Itt(1);
  manage(fields);
  rig.aborted(rig.take<Abort>()->task);
  expect_done(Code::function_complete);
  const auto data = pattern(1024);
  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(r2t), 0, 0, true)), data);
  EXPECT_TRUE(rig.target_is_silent());
  EXPECT_EQ(disk, std::vector<std::byte>(1024)) << "the memory is the owner's again";
}

using Rfc7143_4_2_3_3_TargetMultiTaskAbort = TargetTaskManagement;

TEST_F(Rfc7143_4_2_3_3_TargetMultiTaskAbort, AbortTaskSetEndsTheTasksOfItsLogicalUnit) {
  const TaskId one = submit(read_fields(1, 100, 512));
  auto elsewhere = read_fields(2, 101, 512);
  elsewhere.lun = wire::Lun::from_flat(5);
  const TaskId other = submit(elsewhere);
  manage(function_fields(Function::abort_task_set, 102));
  EXPECT_EQ(rig.take<Abort>()->task, one);
  EXPECT_FALSE(rig.take<Abort>());
  rig.aborted(one);
  EXPECT_TRUE(rig.take<Release>());
  const auto device = rig.take<SubmitTaskManagement>();
  ASSERT_TRUE(device);
  EXPECT_EQ(device->function, Function::abort_task_set);
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&wire::NopIn::Fields::itt, wire::kNoItt))) << "a wider window";
  EXPECT_TRUE(rig.target_is_silent()) << "the device has not done its part";
  rig.session->complete_task_management(device->task, Code::function_complete);
  rig.drain();
  expect_done(Code::function_complete);
  rig.complete(other);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(2))));
}

//= ledger R7143-4.2.3.3-09 R7143-13.23-05
//= ledger(target) R7143-4.2.2.1-04
TEST_F(Rfc7143_4_2_3_3_TargetMultiTaskAbort, WaitsForTheCommandsThatItCovers) {
  manage(function_fields(Function::abort_task_set, 101));  // immediate: 100 has not come yet
  EXPECT_TRUE(rig.asked.empty());
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  // The command is covered, so the device need never see it.
  EXPECT_FALSE(rig.take<Submit>());
  EXPECT_TRUE(rig.take<SubmitTaskManagement>());
}

//= ledger R7143-4.2.3.3-07 R7143-13.23-05 R7143-4.2.3.3-01 R7143-11.5.1-07 R7143-10.7-02
TEST_F(Rfc7143_4_2_3_3_TargetMultiTaskAbort, WaitsForTheDataOfValidTagsAndNotForEver) {
  for (const bool honest : {true, false}) {
    TargetRig fresh({}, {.transfer_tag_wait = std::chrono::seconds(3)});
    log_in(fresh);
    std::vector<std::byte> disk(1024);
    fresh.send(wire::ScsiCommand::build(write_fields(1, 100, 1024)));
    const TaskId task = fresh.take<Submit>()->task;
    fresh.accept(task, disk);
    const auto r2t = fresh.receive();
    fresh.send(wire::TaskManagementRequest::build(function_fields(Function::logical_unit_reset, 101)));
    EXPECT_FALSE(fresh.take<Abort>()) << "the initiator must still answer the R2T";
    if (honest) {
      const auto data = pattern(1024);
      fresh.send(wire::DataOut::build(data_out_fields(1, tag_of(r2t), 0, 0, true)), data);
    } else {
      fresh.advance(std::chrono::seconds(3));
    }
    EXPECT_EQ(fresh.take<Abort>()->task, task);
    if (honest) continue;
    fresh.send(wire::DataOut::build(data_out_fields(1, tag_of(r2t), 0, 0, true)), pattern(1024));
    EXPECT_TRUE(fresh.target_is_silent()) << "late, and dropped without a word";
    EXPECT_EQ(disk, std::vector<std::byte>(1024));
  }
}

/// The response to an abort that is under way does not let a reset answer before it.
TEST_F(Rfc7143_4_2_3_3_TargetMultiTaskAbort, WaitsForTasksThatAreBeingAbortedAlready) {
  const TaskId task = submit(command_fields(1, 100));
  auto fields = function_fields(Function::abort_task, 101);
  fields.itt = wire::Itt(901);
  fields.referenced_task_tag = wire::Itt(1);
  manage(fields);
  EXPECT_TRUE(rig.take<Abort>());
  manage(function_fields(Function::logical_unit_reset, 101));
  EXPECT_FALSE(rig.take<SubmitTaskManagement>()) << "the task can still touch data";
  rig.aborted(task);
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_TRUE(rig.take<SubmitTaskManagement>());
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::itt, wire::Itt(901))));
}

/// One logical unit has two addresses below 256.
TEST_F(Rfc7143_4_2_3_3_TargetMultiTaskAbort, AnAddressOfAnotherFormMeansTheSameUnit) {
  auto fields = command_fields(1, 100);
  fields.lun = wire::Lun(0x0005000000000000);
  const TaskId task = submit(fields);
  auto function = function_fields(Function::logical_unit_reset, 101);
  function.lun = wire::Lun(0x4005000000000000);
  manage(function);
  EXPECT_EQ(rig.take<Abort>()->task, task);
}

TEST_F(Rfc7143_4_2_3_3_TargetMultiTaskAbort, TheDevicesAnswerIsPassedOn) {
  manage(function_fields(Function::logical_unit_reset, 100));
  rig.session->complete_task_management(rig.take<SubmitTaskManagement>()->task, Code::lun_does_not_exist);
  rig.drain();
  expect_done(Code::lun_does_not_exist);
}

TEST_F(Rfc7143_4_2_3_3_TargetMultiTaskAbort, ATargetResetFillsTheGapsBeforeIt) {
  const TaskId task = submit(read_fields(1, 100, 512));
  manage(function_fields(Function::target_warm_reset, 103));  // 101 and 102 have not come
  EXPECT_EQ(rig.take<Abort>()->task, task);
  rig.aborted(task);
  EXPECT_TRUE(rig.take<Release>());
  rig.session->complete_task_management(rig.take<SubmitTaskManagement>()->task, Code::function_complete);
  rig.drain();
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::exp_cmd_sn, wire::CmdSN(103))));
}

using Rfc7143_11_5_1_TargetFunction = TargetTaskManagement;

TEST_F(Rfc7143_11_5_1_TargetFunction, ReassignmentNeedsALevelThatIsNotThere) {
  manage(function_fields(Function::task_reassign, 100));
  expect_done(Code::reassignment_not_supported);
}

//= ledger R7143-11.5.1-20 R7143-11.5.1-21
TEST_F(Rfc7143_11_5_1_TargetFunction, AFunctionCannotBeReassigned) {
  submit(command_fields(1, 100));
  manage(function_fields(Function::logical_unit_reset, 101));
  auto fields = function_fields(Function::task_reassign, 101);
  fields.itt = wire::Itt(901);
  fields.referenced_task_tag = wire::Itt(900);
  manage(fields);
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_rejected),
                                                              With(&Done::itt, wire::Itt(901))));
}

//= ledger R7143-11.5.1-01
TEST_F(Rfc7143_11_5_1_TargetFunction, WhatIsNotServedIsNotSupported) {
  for (const auto function : {static_cast<Function>(77), static_cast<Function>(0), static_cast<Function>(127),
                              Function::clear_aca, Function::query_task, Function::i_t_nexus_reset}) {
    manage(function_fields(function, 100));
    expect_done(Code::function_not_supported);
  }
}

TEST_F(Rfc7143_11_5_1_TargetFunction, TooManyImmediateFunctionsAreRejected) {
  TargetRig narrow({}, {.management_functions = 1});
  log_in(narrow);
  narrow.send(wire::TaskManagementRequest::build(function_fields(Function::logical_unit_reset, 100)));
  EXPECT_TRUE(narrow.take<SubmitTaskManagement>());
  auto second = function_fields(Function::logical_unit_reset, 100);
  second.itt = wire::Itt(901);
  narrow.send(wire::TaskManagementRequest::build(second));
  EXPECT_THAT(narrow.receive(),
              Is<wire::Reject>(With(&wire::Reject::Fields::reason, wire::RejectReason::immediate_command_reject)));
}

TEST_F(Rfc7143_11_5_1_TargetFunction, TheLastSlotIsEnough) {
  TargetRig narrow({}, {.queue_depth = 1, .immediate_commands = 0, .departing_tasks = 0, .management_functions = 1});
  log_in(narrow);
  narrow.send(wire::ScsiCommand::build(command_fields(1, 100)));
  EXPECT_TRUE(narrow.take<Submit>());
  narrow.send(wire::TaskManagementRequest::build(function_fields(Function::logical_unit_reset, 101)));
  EXPECT_TRUE(narrow.take<Abort>());
}

}  // namespace
}  // namespace lunway::session::testing
