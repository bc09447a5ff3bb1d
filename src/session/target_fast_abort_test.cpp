// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// FastAbort: the tasks of a multi-task abort end before their transfers.
//= rfc7143#4.2.3.4

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/acknowledged_connections.h"

namespace lunway::session::testing {
namespace {

using Async = wire::AsynchronousMessage::Fields;
using Code = wire::TaskManagementResponseCode;
using Done = wire::TaskManagementResponse::Fields;
using Function = wire::TaskManagementFunction;

constexpr std::string_view kFastAbort = "TaskReporting=FastAbort,ResponseFence,RFC3720";
const auto kUnit = wire::Lun::from_flat(5);

wire::Header function_header(Function function, std::uint32_t cmd_sn, wire::Lun lun) {
  wire::TaskManagementRequest::Fields fields;
  fields.function = function;
  fields.lun = lun;
  fields.itt = wire::Itt(900);
  fields.cmd_sn = wire::CmdSN(cmd_sn);
  return wire::TaskManagementRequest::build(fields);
}

wire::ScsiCommand::Fields write_to(wire::Lun lun, std::uint32_t itt, std::uint32_t cmd_sn) {
  auto fields = write_fields(itt, cmd_sn, 1024);
  fields.lun = lun;
  return fields;
}

auto termination_of(wire::Lun lun) {
  return Is<wire::AsynchronousMessage>(With(&Async::event, wire::AsyncEvent::task_termination), With(&Async::lun, lun));
}

wire::Header data_for(const std::optional<FromTarget>& r2t, std::uint32_t itt, wire::Lun lun) {
  auto fields = data_out_fields(itt, tag_of(r2t), 0, 0, true);
  fields.lun = lun;
  return wire::DataOut::build(fields);
}

//= ledger R7143-4.2.3.4-01 R7143-4.2.3.4-02 R7143-4.2.3.4-11 R7143-4.2.3.4-19 R7143-13.23-04
//= ledger R7143-10.7-01 R7143-10.7-02
TEST(Rfc7143_4_2_3_4_TargetFastAbort, WaitsForNoDataAndTakesWhatStillComes) {
  TargetRig rig;
  log_in(rig, {kFastAbort});
  rig.send(wire::ScsiCommand::build(write_to(kUnit, 1, 100)));
  std::vector<std::byte> disk(1024);
  const TaskId task = rig.take<Submit>()->task;
  rig.accept(task, disk);
  const auto r2t = rig.receive();
  // I -> T  LOGICAL UNIT RESET
  rig.send(function_header(Function::logical_unit_reset, 101, kUnit));
  EXPECT_EQ(rig.take<Abort>()->task, task) << "at once";
  rig.aborted(task);
  EXPECT_TRUE(rig.take<Release>());
  rig.session->complete_task_management(rig.take<SubmitTaskManagement>()->task, Code::function_complete);
  rig.drain();
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(With(&Done::response, Code::function_complete)));
  // I -> T  Data-Out with a tag that is still valid
  rig.send(data_for(r2t, 1, kUnit), pattern(1024));
  EXPECT_TRUE(rig.target_is_silent()) << "no Reject, and no message on the connection that asked";
  EXPECT_EQ(disk, std::vector<std::byte>(1024));
}

//= ledger R7143-4.2.3.4-08
TEST(Rfc7143_4_2_3_4_TargetFastAbort, WaitsForTheCommandsThatItCovers) {
  TargetRig rig;
  log_in(rig, {kFastAbort});
  rig.send(function_header(Function::abort_task_set, 101, kUnit));
  EXPECT_TRUE(rig.asked.empty()) << "100 has not come";
  rig.send(wire::ScsiCommand::build(write_to(kUnit, 1, 100)));
  EXPECT_TRUE(rig.take<SubmitTaskManagement>());
}

//= ledger R7143-4.2.3.4-12 R7143-4.2.3.4-13 R7143-4.2.3.4-14
TEST(Rfc7143_4_2_3_4_TargetFastAbort, TheOtherConnectionsAreToldOnceForEachUnit) {
  AcknowledgedConnections session(kFastAbort);
  session.submit(session.first, write_to(kUnit, 1, 100));
  session.submit(session.second, write_to(kUnit, 2, 101));
  session.submit(session.second, write_to(kUnit, 3, 102));
  session.submit(session.second, write_to(wire::Lun(), 4, 103));
  session.send(session.first, function_header(Function::target_warm_reset, 104, {}));
  EXPECT_THAT(session.receive(session.second), termination_of(kUnit));
  EXPECT_THAT(session.receive(session.second), termination_of(wire::Lun()));
  EXPECT_FALSE(session.receive(session.second));
  EXPECT_FALSE(session.receive(session.first)) << "the connection that asked knows it";
}

//= ledger R7143-4.2.3.4-17 R7143-4.2.3.5-02
TEST(Rfc7143_4_2_3_4_TargetFastAbort, TagsEndWithTheConfirmation) {
  AcknowledgedConnections session(kFastAbort);
  const TaskId task = session.submit(session.second, write_to(kUnit, 1, 100));
  std::vector<std::byte> disk(1024);
  session.first.session->accept_data(task, disk);
  session.first.drain();
  const auto r2t = session.receive(session.second);
  session.send(session.first, function_header(Function::abort_task_set, 101, kUnit));
  session.first.session->aborted(session.first.take<Abort>()->task);
  session.first.drain();
  session.confirm(session.second, kUnit);  // it says nothing of a message that has not been sent
  EXPECT_THAT(session.receive(session.second), termination_of(kUnit));
  session.send(session.second, data_for(r2t, 1, kUnit), pattern(1024));
  EXPECT_FALSE(session.receive(session.second)) << "still valid";
  session.confirm(session.second, kUnit);
  session.send(session.second, data_for(r2t, 1, kUnit), pattern(1024));
  EXPECT_THAT(session.receive(session.second), Is<wire::Reject>());
}

// It acknowledges the message all the same, but does not say that the initiator has stopped.
//= ledger R7143-4.2.3.4-17
TEST(Rfc7143_4_2_3_4_TargetFastAbort, TheAnswerToAPingIsNoConfirmation) {
  AcknowledgedConnections session(kFastAbort);
  const TaskId task = session.submit(session.second, write_to({}, 1, 100));
  std::vector<std::byte> disk(1024);
  session.first.session->accept_data(task, disk);
  session.first.drain();
  const auto r2t = session.receive(session.second);
  session.send(session.first, function_header(Function::abort_task_set, 101, {}));
  session.first.session->aborted(session.first.take<Abort>()->task);
  session.first.drain();
  EXPECT_THAT(session.receive(session.second), termination_of({}));
  session.send(session.second, wire::NopOut::build({.ttt = wire::Ttt(77), .exp_stat_sn = session.seen_second}));
  session.send(session.second, data_for(r2t, 1, {}), pattern(1024));
  EXPECT_FALSE(session.receive(session.second)) << "still valid";
}

//= ledger R7143-4.2.3.4-12 R7143-4.2.3.5-01 R7143-4.2.3.5-03 R7143-11.9.1-08
TEST(Rfc7143_4_2_3_5_TargetThirdParty, IsToldWhenItHasAgreedOnIt) {
  for (const bool agreed : {true, false}) {
    TargetRig rig;
    log_in(rig, {agreed ? kFastAbort : "TaskReporting=ResponseFence,RFC3720"});
    rig.send(wire::ScsiCommand::build(write_to(kUnit, 1, 100)));
    const TaskId task = rig.take<Submit>()->task;
    rig.session->announce_termination(wire::Lun());
    rig.session->announce_termination(kUnit);
    rig.session->abandon(task);
    rig.drain();
    if (agreed) {
      EXPECT_THAT(rig.receive(), termination_of(kUnit)) << "of the unit with a command, and only of that";
    } else {
      EXPECT_THAT(rig.receive(), Is<wire::NopIn>()) << "a wider window, and that is all";
    }
    EXPECT_TRUE(rig.target_is_silent());
  }
}

/// It has failed already, and waits for data that the initiator has just been told not to send.
TEST(Rfc7143_4_2_3_4_TargetFastAbort, AStatusDoesNotWaitForDataThatWillNotCome) {
  TargetRig rig;
  log_in(rig, {kFastAbort});
  rig.send(wire::ScsiCommand::build(write_to(kUnit, 1, 100)));
  const TaskId failed = rig.take<Submit>()->task;
  std::vector<std::byte> disk(1024);
  rig.accept(failed, disk);
  const auto r2t = rig.receive();
  rig.complete(failed, {.status = wire::ScsiStatus::busy});
  rig.send(wire::ScsiCommand::build(write_to(kUnit, 2, 101)));
  const TaskId running = rig.take<Submit>()->task;
  EXPECT_TRUE(rig.target_is_silent());
  rig.session->announce_termination(kUnit);
  rig.session->abandon(running);
  rig.drain();
  EXPECT_THAT(rig.receive(), termination_of(kUnit));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::itt, wire::Itt(1))));
  rig.send(data_for(r2t, 1, kUnit), pattern(1024));
  while (const auto pdu = rig.receive()) EXPECT_NE(pdu->opcode(), wire::Opcode::reject) << "it was on its way";
}

}  // namespace
}  // namespace lunway::session::testing
