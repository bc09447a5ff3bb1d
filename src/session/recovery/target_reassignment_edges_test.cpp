// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// ErrorRecoveryLevel 2 at a target, where two things happen at once: a connection dies while it is logged out or while
// tasks come to it, a clock runs out, a task is aborted, another kind of task is named.
//= rfc7143#7.2.2
//= rfc7143#11.5.1
//= rfc7143#11.6.1

#include "session/testing/lost_connection.h"
#include "wire/text_request.h"

namespace lunway::session::testing {
namespace {

using Code = wire::TaskManagementResponseCode;
using Response = wire::ScsiResponse::Fields;
using wire::LogoutReason;
using wire::LogoutResponseCode;

constexpr wire::Cid kThird{5};

class TwoThings : public LostConnection {
 protected:
  void log_in_as(TargetRig& one, wire::Cid cid) {
    one.join(rig);
    one.send(wire::LoginRequest::build(joining_fields(cid, from_to(kOperational, kFullFeature))), bytes_of(names()));
    ASSERT_EQ(login_status(one), wire::LoginStatus::success);
  }
  void log_in_with(std::uint16_t connections) {
    rig.directory.policy.negotiation.number(text::KeyId::max_connections) = {.preferred = connections, .worst = 1};
    log_in_for_recovery({"MaxConnections=8"});
    log_in_again(kOther);
  }
  /// The next PDU that is no ping.
  static std::optional<FromTarget> next_of(TargetRig& one) {
    auto pdu = one.receive();
    while (pdu && pdu->opcode() == wire::Opcode::nop_in) pdu = one.receive();
    return pdu;
  }
  void expect_logout(LogoutResponseCode code) {
    EXPECT_THAT(next_of(second), Is<wire::LogoutResponse>(With(&wire::LogoutResponse::Fields::response, code)));
  }
  void lose_announced() {
    lose();
    EXPECT_THAT(second.receive(), Is<wire::AsynchronousMessage>());
  }
  static void close(TargetRig& one) {
    one.connection->peer_closed(one.now);
    one.drain();
  }
  /// T -> I one batch, and what it makes possible stays where it is.
  static void send_batch(TargetRig& one) {
    std::size_t size = 0;
    for (const Bytes piece : one.connection->next_transmit()) size += piece.size();
    one.connection->transmitted(one.now, size);
    one.drain();
  }
  void abort_on(TargetRig& one, std::uint32_t itt, std::uint32_t ref_cmd_sn) {
    wire::TaskManagementRequest::Fields fields;
    fields.immediate = true;
    fields.function = wire::TaskManagementFunction::abort_task;
    fields.itt = wire::Itt(0x501);
    fields.referenced_task_tag = wire::Itt(itt);
    fields.cmd_sn = wire::CmdSN(next_cmd_sn);
    fields.ref_cmd_sn = wire::CmdSN(ref_cmd_sn);
    fields.exp_stat_sn = kFirstStatus;
    one.send(wire::TaskManagementRequest::build(fields));
  }
  Duration remembered() const {
    const auto& agreed = rig.session->request().session;
    return std::chrono::seconds(agreed.default_time2wait_s + agreed.default_time2retain_s);
  }
};

using Rfc7143_7_2_2_ReassignEdges = TwoThings;
using Rfc7143_7_5_SuspensionEdges = TwoThings;
using Rfc7143_7_14_SuspensionEdges = TwoThings;
using Rfc7143_11_5_1_ReassignEdges = TwoThings;
using Rfc7143_11_5_1_AbortAcrossConnections = TwoThings;
using Rfc7143_11_5_6_ReassignEdges = TwoThings;
using Rfc7143_11_14_RecoveryLogoutEdges = TwoThings;
using Rfc7143_7_11_AbortAcrossConnections = TwoThings;
using Rfc7143_7_7_SuspensionEdges = TwoThings;
using Rfc7143_7_8_SuspensionEdges = TwoThings;

// ---------------------------------------------------------------------------------- a logout, and something else

TEST_F(Rfc7143_7_2_2_ReassignEdges, IsPossibleWhenTheConnectionDiesInItsLogout) {
  log_in_with(2);
  const TaskId task = begin(command_fields(1, 100));
  auto fields = command_fields(2, 101);
  fields.immediate = true;
  const TaskId immediate = begin(fields);
  log_out(LogoutReason::remove_for_recovery, kLost);
  EXPECT_TRUE(second.target_is_silent()) << "the device still works on the immediate command";
  lose_announced();
  rig.take<Abort>();
  rig.aborted(immediate);
  expect_logout(LogoutResponseCode::closed);
  reassign(1);
  rig.complete(task);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1))));
}

//= ledger R7143-7.2.2-08
TEST_F(Rfc7143_7_2_2_ReassignEdges, WaitsForTheLogoutToBeOver) {
  log_in_with(3);
  TargetRig third;
  log_in_as(third, kThird);
  begin(command_fields(1, 100));
  auto fields = command_fields(2, 101);
  fields.immediate = true;
  const TaskId immediate = begin(fields);
  log_out(LogoutReason::remove_for_recovery, kLost);
  ask_on(third, 1);
  expect_answer_on(third, Code::task_still_allegiant);
  rig.take<Abort>();
  rig.aborted(immediate);
  expect_logout(LogoutResponseCode::closed);
  rig.destroy_connection();
  ask_on(third, 1);
  expect_answer_on(third, Code::function_complete);
  third.destroy_connection();
}

/// Other numbered PDUs came behind the last status.
TEST_F(Rfc7143_11_14_RecoveryLogoutEdges, SaysWhichStatusesHaveArrived) {
  log_in_for_recovery();
  rig.complete(begin(command_fields(1, 100)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  wire::NopOut::Fields ping;
  ping.immediate = true;
  ping.itt = wire::Itt(9);
  ping.cmd_sn = wire::CmdSN(101);
  ping.exp_stat_sn = kFirstStatus;
  rig.send(wire::NopOut::build(ping));
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>());
  lose();
  log_in_again(kLost, kFirstStatus.next().next());
  ask_for(1);
  expect_answer(Code::task_does_not_exist);
}

TEST_F(Rfc7143_11_14_RecoveryLogoutEdges, CanBeRepeatedWhileTasksWait) {
  log_in_with(2);
  begin(command_fields(1, 100));
  lose_announced();
  for (int i = 0; i < 2; ++i) {
    log_out(LogoutReason::remove_for_recovery, kLost);
    expect_logout(LogoutResponseCode::closed);
  }
  reassign(1);
  log_out(LogoutReason::remove_for_recovery, kLost);
  expect_logout(LogoutResponseCode::cid_not_found);
}

/// No connection is left, and none can come: nobody can take the tasks over.
TEST_F(Rfc7143_11_14_RecoveryLogoutEdges, OfTheLastConnectionButOneAndCloseOfThatEndTheTasks) {
  log_in_with(2);
  const TaskId task = begin(command_fields(1, 100));
  lose_announced();
  log_out(LogoutReason::remove_for_recovery, kLost);
  expect_logout(LogoutResponseCode::closed);
  log_out(LogoutReason::close_connection, kOther);
  expect_logout(LogoutResponseCode::closed);
  ASSERT_TRUE(second.closed);
  second.destroy_connection();
  ASSERT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_TRUE(rig.take<SessionEnded>());
}

/// "Session recovery implies [...] internally aborting all executing and queued tasks".
TEST_F(Rfc7143_7_7_SuspensionEdges, IsNotForTheTasksOfAConnectionWithAFormatError) {
  log_in_for_recovery();
  const TaskId task = begin(command_fields(1, 100));
  auto fields = command_fields(2, 101);
  fields.write = fields.read = true;  // and no AHS with the length of the read
  rig.send(wire::ScsiCommand::build(fields));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>());
  ASSERT_TRUE(rig.closed);
  ASSERT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  rig.destroy_connection();
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_TRUE(rig.session->has_failed()) << "session recovery is the initiator's turn";
}

// ------------------------------------------------------------------------------------------- the new connection dies

TEST_F(Rfc7143_7_2_2_ReassignEdges, ToAConnectionThatDiesLeavesTheTaskToOthers) {
  log_in_with(2);
  const TaskId task = begin(command_fields(1, 100));
  log_out(LogoutReason::remove_for_recovery, kLost);
  expect_logout(LogoutResponseCode::closed);
  ask_for(1);  // waits, for the transport of the old connection is not gone
  close(second);
  TargetRig third;
  log_in_as(third, kThird);
  ask_on(third, 1);
  EXPECT_TRUE(third.target_is_silent());
  rig.destroy_connection();
  expect_answer_on(third, Code::function_complete);
  second.destroy_connection();
  rig.complete(task);
  EXPECT_THAT(third.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1))));
  third.destroy_connection();
}

/// "Function complete" has left: the task belongs to the new connection, and is lost with it.
TEST_F(Rfc7143_7_2_2_ReassignEdges, ToAConnectionThatDiesBehindTheAnswerNeedsItsLogout) {
  log_in_with(3);
  TargetRig third;
  log_in_as(third, kThird);
  begin(command_fields(1, 100));
  lose_announced();
  log_out(LogoutReason::remove_for_recovery, kLost);
  expect_logout(LogoutResponseCode::closed);
  ask_for(1);
  ASSERT_FALSE(second.connection->next_transmit().empty());
  close(second);
  second.destroy_connection();
  EXPECT_THAT(third.receive(), Is<wire::AsynchronousMessage>());
  ask_on(third, 1);
  expect_answer_on(third, Code::task_still_allegiant);
  third.destroy_connection();
}

TEST_F(Rfc7143_7_2_2_ReassignEdges, OfAStatusThatNeverLeftIsPossibleAgain) {
  log_in_for_recovery();
  rig.complete(begin(command_fields(1, 100)), {.status = wire::ScsiStatus::busy});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  lose();
  log_in_again();
  ask_for(1);
  send_batch(second);  // T -> I  function complete; the status is due
  close(second);
  second.destroy_connection();
  TargetRig third;
  log_in_as(third, kLost);
  ask_on(third, 1);
  expect_answer_on(third, Code::function_complete);
  EXPECT_THAT(third.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::busy)));
  third.destroy_connection();
}

// --------------------------------------------------------------------------------------------------------- the clock

TEST_F(Rfc7143_7_5_SuspensionEdges, ATaskReassignThatCameInTimeStopsTheClock) {
  log_in_with(2);
  const TaskId task = begin(command_fields(1, 100));
  log_out(LogoutReason::remove_for_recovery, kLost);
  expect_logout(LogoutResponseCode::closed);
  ask_for(1);
  rig.advance(remembered());
  EXPECT_FALSE(rig.take<Abort>());
  EXPECT_GT(rig.session->deadline(), rig.now) << "or the owner would run in circles";
  rig.destroy_connection();
  EXPECT_THAT(next_of(second), Is<wire::TaskManagementResponse>(
                                   With(&wire::TaskManagementResponse::Fields::response, Code::function_complete)));
  rig.complete(task);
  EXPECT_THAT(next_of(second), Is<wire::ScsiResponse>());
}

TEST_F(Rfc7143_7_5_SuspensionEdges, ATaskReassignThatCameTooLateFindsNothing) {
  log_in_for_recovery();
  rig.complete(begin(command_fields(1, 100)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  lose();
  log_in_again();
  rig.advance(remembered());
  ask_for(1);
  EXPECT_THAT(next_of(second), Is<wire::TaskManagementResponse>(
                                   With(&wire::TaskManagementResponse::Fields::response, Code::task_does_not_exist)));
}

// --------------------------------------------------------------------------------------------------- tasks that end

TEST_F(Rfc7143_11_5_1_ReassignEdges, OfATaskThatIsAbortedMeanwhileFindsNothing) {
  log_in_with(2);
  const TaskId task = begin(command_fields(1, 100));
  log_out(LogoutReason::remove_for_recovery, kLost);
  expect_logout(LogoutResponseCode::closed);
  ask_for(1);
  abort_on(second, 1, 100);
  ASSERT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  rig.destroy_connection();
  expect_answer(Code::function_complete);  // of the ABORT TASK
  expect_answer(Code::task_does_not_exist);
}

/// "Its status, if sent but not acknowledged, will be resent followed by the task management response"; which says that
/// the task does not exist, for "the response was sent prior to the abort".
//= rfc7143#7.11
//= ledger R7143-7.11-04
TEST_F(Rfc7143_7_11_AbortAcrossConnections, SendsTheStatusOfALostConnectionFirst) {
  log_in_for_recovery();
  rig.complete(begin(command_fields(1, 100)), {.status = wire::ScsiStatus::busy});
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  lose();
  log_in_again();
  abort_on(second, 1, 100);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1)),
                                                       With(&Response::status, wire::ScsiStatus::busy)));
  expect_answer(Code::task_does_not_exist);
  ask_for(1);
  expect_answer(Code::task_does_not_exist);
}

/// There a Status SNACK brings it.
TEST_F(Rfc7143_11_5_1_AbortAcrossConnections, SendsNoStatusWhereItsConnectionLives) {
  log_in_with(2);
  rig.complete(begin(command_fields(1, 100)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  abort_on(rig, 1, 100);
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(
                                 With(&wire::TaskManagementResponse::Fields::response, Code::task_does_not_exist)));
}

TEST_F(Rfc7143_11_5_1_AbortAcrossConnections, EndsASuspendedTaskFromAnyConnection) {
  log_in_with(2);
  const TaskId task = begin(command_fields(1, 100));
  lose_announced();
  TargetRig third;
  log_in_as(third, kLost);
  abort_on(second, 1, 100);
  ASSERT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  expect_answer(Code::function_complete);
  third.destroy_connection();
}

//= ledger R7143-7.14-05
TEST_F(Rfc7143_7_14_SuspensionEdges, ForgetsTheStatusesOfImmediateCommands) {
  log_in_for_recovery();
  auto fields = read_fields(1, 100, 512);
  fields.immediate = true;
  finish_read(begin(fields), 512);
  receive_read(1);
  lose();
  EXPECT_TRUE(rig.take<Release>());
  log_in_again();
  next_cmd_sn = 100;
  ask_for(1);
  expect_answer(Code::task_does_not_exist);
}

// ----------------------------------------------------------------------------------------------- data that is
// acknowledged

/// "The value 0 [...] indicates that the data acknowledgment reference number is unchanged."
TEST_F(Rfc7143_11_5_6_ReassignEdges, OfAReadThatWasAcknowledgedByDataAckBringsItsStatus) {
  log_in_for_recovery();
  finish_read(begin(read_fields(1, 100, 4096)), 4096);
  wire::DataIn::Fields asks;
  for (int i = 0; i < 8; ++i) {
    const auto pdu = rig.receive();
    ASSERT_THAT(pdu, Is<wire::DataIn>());
    const auto one = wire::DataIn(wire::HeaderView(pdu->header)).fields();
    if (one.acknowledge) asks = one;
  }
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  ASSERT_TRUE(asks.acknowledge);
  snack({.type = wire::SnackType::data_ack, .lun = asks.lun, .ttt = asks.ttt, .beg_run = 8});
  lose();
  log_in_again();
  reassign(1);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::good)));
}

TEST_F(Rfc7143_7_8_SuspensionEdges, GivesTheDataOfReadsUpWhenOthersNeedMemory) {
  log_in_for_recovery();
  finish_read(begin(read_fields(1, 100, 512)), 512);
  finish_read(begin(read_fields(2, 101, 512)), 512);
  receive_read(1);
  receive_read(1);
  lose();
  rig.session->drop_retained_data();
  rig.drain();
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_TRUE(rig.take<Release>());
  log_in_again();
  next_cmd_sn = 102;
  reassign(1, 1);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::good)));
  reassign(2);
  expect_snack_rejected(second.receive());
}

/// The data that has come shows that the initiator has the R2T, whether or not it says so: ExpDataSN is about reads.
TEST_F(Rfc7143_11_5_6_ReassignEdges, AnR2tThatWasAnsweredInPartIsNotNumberedAgain) {
  log_in_for_recovery({"ImmediateData=No"});
  const TaskId task = begin(write_fields(1, 100, 2048));
  rig.accept(task, MutableBytes(memory).first(2048));
  data_out(1, tag_of(rig.receive()), 0, 0, 512, false);
  lose();
  log_in_again();
  reassign(1, 0);
  EXPECT_THAT(second.receive(), Is<wire::ReadyToTransfer>(With(&wire::ReadyToTransfer::Fields::r2t_sn, wire::R2TSN(1)),
                                                          With(&wire::ReadyToTransfer::Fields::buffer_offset, 512U)));
}

// ------------------------------------------------------------------------------------------------ tasks of other kinds

//= ledger R7143-11.5.1-21
TEST_F(Rfc7143_11_5_1_ReassignEdges, OfATextNegotiationIsRejected) {
  log_in_with(2);
  wire::TextRequest::Fields fields;
  fields.immediate = true;
  fields.final = false;
  fields.itt = wire::Itt(0x700);
  fields.cmd_sn = wire::CmdSN(100);
  fields.exp_stat_sn = kFirstStatus;
  rig.send(wire::TextRequest::build(fields), bytes_of(pairs({"MaxRecvDataSegmentLength=1024"})));
  EXPECT_THAT(rig.receive(), Is<wire::TextResponse>());
  ask_for(0x700);
  expect_answer(Code::function_rejected);
}

//= ledger R7143-11.5.1-21
TEST_F(Rfc7143_11_5_1_ReassignEdges, OfALogoutIsRejected) {
  log_in_with(2);
  const TaskId task = begin(command_fields(1, 100));
  wire::LogoutRequest::Fields fields;
  fields.immediate = true;
  fields.reason = LogoutReason::close_connection;
  fields.itt = wire::Itt(0x701);
  fields.cid = kLost;
  fields.cmd_sn = wire::CmdSN(101);
  rig.send(wire::LogoutRequest::build(fields));
  ask_for(0x701);
  expect_answer(Code::function_rejected);
  rig.take<Abort>();
  rig.aborted(task);
}

}  // namespace
}  // namespace lunway::session::testing
