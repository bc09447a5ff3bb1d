// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which commands of its own session each task management function ends, and what goes with them.
//= rfc7143#4.2.3.2
//= rfc7143#E

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "session/testing/ladder.h"

namespace lunway::session::testing {
namespace {

using Code = wire::TaskManagementResponseCode;
using Done = wire::TaskManagementResponse::Fields;
using Function = wire::TaskManagementFunction;

const auto kUnit = wire::Lun::from_flat(5);
const auto kOther = wire::Lun::from_flat(6);

/// The commands of the table. The function is immediate and has CmdSN 103.
enum Who : std::uint32_t {
  kBefore = 1,     // 100
  kElsewhere = 2,  // 101, of another logical unit
  kImmediate = 3,  // came before the function
  kInGap = 4,      // 102, comes after the function
  kBehind = 5,     // 103, has come already and waits for 102
};

struct Row {
  Function function;
  std::set<std::uint32_t> ended = {};
  /// The gap before it is filled, and the late command ignored.
  bool fills_gap = false;
  /// Connections and session end.
  bool ends_session = false;
  Code answer = Code::function_complete;
};

wire::ScsiCommand::Fields command_to(wire::Lun lun, Who who, std::uint32_t cmd_sn) {
  auto fields = command_fields(who, cmd_sn);
  fields.lun = lun;
  return fields;
}

struct Rfc7143_11_5_1_TargetAffectedTasks : ::testing::TestWithParam<Row> {
  Rfc7143_11_5_1_TargetAffectedTasks() {
    log_in(rig, {"iSCSIProtocolLevel=2"});
    rig.send(wire::ScsiCommand::build(command_to(kUnit, kBefore, 100)));
    rig.send(wire::ScsiCommand::build(command_to(kOther, kElsewhere, 101)));
    auto immediate = command_to(kUnit, kImmediate, 102);
    immediate.immediate = true;
    rig.send(wire::ScsiCommand::build(immediate));
    rig.send(wire::ScsiCommand::build(command_to(kUnit, kBehind, 103)));
    rig.send(wire::TaskManagementRequest::build(
        {.function = GetParam().function, .lun = kUnit, .itt = wire::Itt(900), .cmd_sn = wire::CmdSN(103)}));
    rig.send(wire::ScsiCommand::build(command_to(kUnit, kInGap, 102)));
    take_outputs();
  }

  /// The device drops what it is told to drop.
  void take_outputs() {
    while (!rig.asked.empty()) {
      const SessionOutput output = rig.asked.front();
      rig.asked.pop_front();
      if (const auto* submit = std::get_if<Submit>(&output)) began.emplace_back(submit->task);
      if (const auto* abort = std::get_if<Abort>(&output)) {
        std::erase(began, abort->task);
        rig.aborted(abort->task);
      }
      if (const auto* asks = std::get_if<SubmitTaskManagement>(&output)) function = *asks;
      if (std::holds_alternative<SessionEnded>(output)) ended = true;
    }
  }

  /// The tags of commands that get a status when the device completes all that it has.
  std::set<std::uint32_t> survivors() {
    for (const TaskId task : began) rig.complete(task);
    take_outputs();
    std::set<std::uint32_t> tags;
    while (const auto pdu = rig.receive()) {
      if (pdu->opcode() == wire::Opcode::scsi_response)
        tags.insert(wire::BasicHeader(wire::HeaderView(pdu->header)).itt().value());
    }
    return tags;
  }

  TargetRig rig;
  std::vector<TaskId> began;
  std::optional<SubmitTaskManagement> function;
  bool ended = false;
};

//= ledger R7143-4.2.3.3-09 R7143-11.5.1-04 R7144-6.5-01
TEST_P(Rfc7143_11_5_1_TargetAffectedTasks, EndWithoutAStatusAndTheOthersGoOn) {
  ASSERT_TRUE(function) << "the device is asked";
  EXPECT_EQ(function->function, GetParam().function);
  std::set<std::uint32_t> expected = {kBefore, kElsewhere, kImmediate, kInGap, kBehind};
  for (const std::uint32_t who : GetParam().ended) expected.erase(who);
  if (GetParam().fills_gap) expected.erase(kInGap);
  EXPECT_EQ(survivors(), expected);
}

//= ledger R7143-11.5.1-01 R7144-6.3-03 R7143-AppE-01 R7144-6.3-12 R7144-6.3-13
TEST_P(Rfc7143_11_5_1_TargetAffectedTasks, AreGoneBeforeTheAnswer) {
  ASSERT_TRUE(function);
  std::optional<FromTarget> pdu;
  while ((pdu = rig.receive())) EXPECT_NE(pdu->opcode(), wire::Opcode::task_management_response) << "not done yet";
  rig.session->complete_task_management(function->task, GetParam().answer);
  rig.drain();
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, GetParam().answer)));
  take_outputs();
  EXPECT_EQ(rig.closed.has_value(), GetParam().ends_session);
  if (!GetParam().ends_session) return;
  EXPECT_EQ(rig.closed->reason, CloseReason::reset);
  rig.destroy_connection();
  take_outputs();
  EXPECT_TRUE(ended) << "whatever Time2Retain says";
}

std::string name_of(const ::testing::TestParamInfo<Row>& row) {
  std::string name;
  for (const char letter : wire::to_string(row.param.function)) name += std::isalnum(letter) != 0 ? letter : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Functions, Rfc7143_11_5_1_TargetAffectedTasks,
    ::testing::Values(Row{.function = Function::abort_task_set, .ended = {kBefore, kImmediate, kInGap}},
                      Row{.function = Function::clear_task_set, .ended = {kBefore, kImmediate, kInGap}},
                      Row{.function = Function::logical_unit_reset, .ended = {kBefore, kImmediate, kInGap, kBehind}},
                      Row{.function = Function::target_warm_reset,
                          .ended = {kBefore, kElsewhere, kImmediate, kBehind},
                          .fills_gap = true},
                      Row{.function = Function::target_cold_reset,
                          .ended = {kBefore, kElsewhere, kImmediate, kBehind},
                          .fills_gap = true,
                          .ends_session = true},
                      Row{.function = Function::i_t_nexus_reset,
                          .ended = {kBefore, kElsewhere, kImmediate, kBehind},
                          .fills_gap = true,
                          .ends_session = true},
                      Row{.function = Function::query_task_set, .answer = Code::function_succeeded},
                      Row{.function = Function::query_asynchronous_event, .answer = Code::function_succeeded}),
    name_of);

/// What is left of a session's objects after a reset, as the tables of appendix E have it.
struct Effects {
  Function function;
  bool tasks_of_other_units = false;  // cleared, as all that follows
  bool commands_behind_a_gap = false;
  bool status_numbers = false;
};

struct Rfc7143_E_TargetClearingEffects : ::testing::TestWithParam<Effects> {};

//= ledger R7143-AppE-01
TEST_P(Rfc7143_E_TargetClearingEffects, AreThoseOfTheTables) {
  const Effects& effects = GetParam();
  TargetRig rig;
  log_in(rig);
  std::vector<std::byte> disk(1024);
  auto write = write_fields(1, 100, 1024);
  write.lun = kUnit;
  rig.send(wire::ScsiCommand::build(write));
  const TaskId affected = rig.take<Submit>()->task;
  rig.accept(affected, disk);
  const auto r2t = rig.receive();
  rig.send(wire::ScsiCommand::build(command_to(kOther, kElsewhere, 101)));
  const TaskId other = rig.take<Submit>()->task;
  rig.send(wire::ScsiCommand::build(command_to(kOther, kBehind, 103)));
  rig.send(wire::TaskManagementRequest::build(
      {.function = effects.function, .lun = kUnit, .itt = wire::Itt(900), .cmd_sn = wire::CmdSN(102)}));
  // Incomplete TTTs: waited for.
  EXPECT_TRUE(rig.asked.empty());
  auto last = data_out_fields(1, tag_of(r2t), 0, 0, true);
  last.lun = kUnit;
  rig.send(wire::DataOut::build(last), pattern(1024));
  // Connection tasks and session tasks.
  EXPECT_EQ(rig.take<Abort>()->task, affected);
  rig.aborted(affected);
  const auto ends_other = rig.take<Release>() ? rig.take<Abort>() : rig.take<Abort>();
  EXPECT_EQ(ends_other.has_value(), effects.tasks_of_other_units);
  if (ends_other) rig.aborted(other);
  while (rig.take<Release>()) {
  }
  const auto device = rig.take<SubmitTaskManagement>();
  ASSERT_TRUE(device);
  while (rig.receive()) {
  }
  rig.session->complete_task_management(device->task, Code::function_complete);
  rig.drain();
  const auto answer = rig.receive();
  ASSERT_THAT(answer, Is<wire::TaskManagementResponse>());
  EXPECT_EQ(rig.closed.has_value(), effects.status_numbers) << "StatSN and CmdSN go with the connection only";
  if (rig.closed) return;
  // Discontiguous commands, CmdSN.
  rig.send(wire::ScsiCommand::build(command_to(kUnit, kInGap, 102)));
  EXPECT_TRUE(rig.take<Submit>());
  EXPECT_EQ(rig.take<Submit>().has_value(), !effects.commands_behind_a_gap);
}

INSTANTIATE_TEST_SUITE_P(Resets, Rfc7143_E_TargetClearingEffects,
                         ::testing::Values(Effects{.function = Function::logical_unit_reset},
                                           Effects{.function = Function::target_warm_reset,
                                                   .tasks_of_other_units = true,
                                                   .commands_behind_a_gap = true},
                                           Effects{.function = Function::target_cold_reset,
                                                   .tasks_of_other_units = true,
                                                   .commands_behind_a_gap = true,
                                                   .status_numbers = true}));

// "Discontiguous commands" stay where only one logical unit is reset.
//= ledger R7143-AppE-01
TEST(Rfc7143_E_TargetDiscontiguousCommands, BehindALaterGapSurviveAUnitResetOnly) {
  for (const Function function : {Function::logical_unit_reset, Function::target_warm_reset}) {
    TargetRig rig;
    log_in(rig);
    rig.send(wire::ScsiCommand::build(command_to(kUnit, kBehind, 101)));
    rig.send(wire::TaskManagementRequest::build(
        {.immediate = true, .function = function, .lun = kUnit, .itt = wire::Itt(900), .cmd_sn = wire::CmdSN(100)}));
    const auto asks = rig.take<SubmitTaskManagement>();
    ASSERT_TRUE(asks);
    rig.session->complete_task_management(asks->task, Code::function_complete);
    rig.drain();
    EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>());
    rig.send(wire::ScsiCommand::build(command_to(kUnit, kInGap, 100)));
    EXPECT_TRUE(rig.take<Submit>()) << "came after the function";
    EXPECT_EQ(rig.take<Submit>().has_value(), function == Function::logical_unit_reset);
  }
}

}  // namespace
}  // namespace lunway::session::testing
