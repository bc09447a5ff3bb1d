// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// ErrorRecoveryLevel 2 at a target: a connection is lost, another one takes over its commands.
//= rfc7143#7.1.4.3
//= rfc7143#7.2.2

#include "session/testing/lost_connection.h"

namespace lunway::session::testing {
namespace {

using Code = wire::TaskManagementResponseCode;
using DataIn = wire::DataIn::Fields;
using R2T = wire::ReadyToTransfer::Fields;
using Response = wire::ScsiResponse::Fields;
using Managed = wire::TaskManagementResponse::Fields;
using wire::LogoutReason;
using wire::LogoutResponseCode;

using Rfc7143_7_2_2_TargetReassign = LostConnection;
using Rfc7143_11_5_6_TargetReassign = LostConnection;
using Rfc7143_7_14_TargetReassign = LostConnection;

// ------------------------------------------------------------------------------------------------- tasks of all kinds

//= ledger R7143-7.2.2-02 R7143-7.2.2-05 R7143-7.2.2-09 R7143-7.1.5-02
TEST_F(Rfc7143_7_2_2_TargetReassign, ACommandWithoutDataEndsOnTheOtherConnection) {
  log_in_for_recovery();
  const TaskId task = begin(command_fields(1, 100));
  lose();
  EXPECT_FALSE(rig.take<Abort>()) << "the device goes on";
  log_in_again();
  reassign(1);
  EXPECT_TRUE(second.target_is_silent());
  rig.complete(task);
  EXPECT_THAT(second.receive(),
              Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1)), With(&Response::stat_sn, wire::StatSN(2))));
}

//= ledger R7143-7.2.2-09 R7143-11.5.1-19 R7143-11.6-01
TEST_F(Rfc7143_7_2_2_TargetReassign, AlsoOneThatTheDeviceHasEndedMeanwhile) {
  log_in_for_recovery();
  const TaskId task = begin(command_fields(1, 100));
  lose();
  rig.complete(task, {.status = wire::ScsiStatus::busy});
  log_in_again();
  EXPECT_TRUE(second.target_is_silent()) << "nothing comes before it is reassigned";
  ask_for(1);
  expect_answer(Code::function_complete);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::busy)));
}

//= ledger R7143-7.2.2-03 R7143-11.5.6-02
TEST_F(Rfc7143_11_5_6_TargetReassign, AReadGoesOnBehindWhatHasArrived) {
  log_in_for_recovery();
  rig.send_size = 3 * (48 + 512 + 4);
  const TaskId task = begin(read_fields(1, 100, 2048));
  finish_read(task, 2048);
  for (std::uint32_t sn = 0; sn < 2; ++sn) EXPECT_THAT(rig.receive(), Is<wire::DataIn>());
  lose();
  log_in_again();
  reassign(1, 2);
  expect_data_in(2, 1024);
  expect_data_in(3, 1536);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::exp_data_sn, wire::DataSN(4))));
  EXPECT_FALSE(rig.take<Release>());
}

//= ledger R7143-11.5.6-03
TEST_F(Rfc7143_11_5_6_TargetReassign, AReadThatHasArrivedBringsItsStatusOnly) {
  log_in_for_recovery();
  finish_read(begin(read_fields(1, 100, 1024)), 1024);
  receive_read(2);
  lose();
  log_in_again();
  reassign(1, 2);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::exp_data_sn, wire::DataSN(2))));
  EXPECT_TRUE(second.target_is_silent());
}

TEST_F(Rfc7143_11_5_6_TargetReassign, AReadIsCutAnewForTheOtherConnection) {
  log_in_for_recovery();
  const TaskId task = begin(read_fields(1, 100, 2048));
  finish_read(task, 2048);
  for (std::uint32_t sn = 0; sn < 2; ++sn) EXPECT_THAT(rig.receive(), Is<wire::DataIn>());
  lose();
  log_in_again(kLost, kFirstStatus, "1024");
  reassign(1);
  expect_data_in(0, 0);
  expect_data_in(1, 1024);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>());
}

//= ledger R7143-11.5.6-05
TEST_F(Rfc7143_11_5_6_TargetReassign, AnImpossibleExpDataSnIsIgnored) {
  log_in_for_recovery();
  const TaskId task = begin(read_fields(1, 100, 1024));
  finish_read(task, 1024);
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>());
  lose();
  log_in_again();
  reassign(1, 77);
  expect_data_in(0, 0);
  expect_data_in(1, 512);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>());
}

TEST_F(Rfc7143_7_2_2_TargetReassign, AWriteAsksForWhatIsMissing) {
  log_in_for_recovery({"ImmediateData=No"});
  const TaskId task = begin(write_fields(1, 100, 2048));
  rig.accept(task, MutableBytes(memory).first(2048));
  const auto r2t = rig.receive();
  data_out(1, tag_of(r2t), 0, 0, 1024, false);
  lose();
  log_in_again();
  reassign(1, 1);  // the initiator has seen the R2T with number 0
  const auto again = second.receive();
  EXPECT_THAT(again, Is<wire::ReadyToTransfer>(With(&R2T::r2t_sn, wire::R2TSN(1)), With(&R2T::buffer_offset, 1024U),
                                               With(&R2T::desired_data_transfer_length, 1024U)));
  second.send(wire::DataOut::build(data_out_fields(1, tag_of(again), 0, 1024, true)), Bytes(data).subspan(1024, 1024));
  const auto arrived = rig.take<DataArrived>();
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->failure, TransferFailure::none);
  EXPECT_TRUE(std::ranges::equal(Bytes(memory).first(2048), Bytes(data).first(2048)));
  rig.complete(task, {.data_out_length = 2048});
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::good)));
}

/// What was never sent on the other connection needs no number of its own.
TEST_F(Rfc7143_7_2_2_TargetReassign, AWriteThatLosesTwoConnectionsKeepsItsNumbers) {
  log_in_for_recovery({"ImmediateData=No"});
  const TaskId task = begin(write_fields(1, 100, 1024));
  rig.accept(task, MutableBytes(memory).first(1024));
  EXPECT_THAT(rig.receive(), Is<wire::ReadyToTransfer>(With(&R2T::r2t_sn, wire::R2TSN(0))));
  lose();
  log_in_again();
  reassign(1);  // T -> I  the R2T that follows is not sent any more
  second.connection->peer_closed(second.now);
  second.drain();
  second.destroy_connection();
  TargetRig third;
  third.join(rig);
  third.send(wire::LoginRequest::build(joining_fields(kLost, from_to(kOperational, kFullFeature))), bytes_of(names()));
  ASSERT_EQ(login_status(third), wire::LoginStatus::success);
  wire::TaskManagementRequest::Fields fields;
  fields.immediate = true;
  fields.function = wire::TaskManagementFunction::task_reassign;
  fields.itt = kReassign;
  fields.referenced_task_tag = wire::Itt(1);
  fields.cmd_sn = wire::CmdSN(101);
  third.send(wire::TaskManagementRequest::build(fields));
  EXPECT_THAT(third.receive(), Is<wire::TaskManagementResponse>(With(&Managed::response, Code::function_complete)));
  EXPECT_THAT(third.receive(), Is<wire::ReadyToTransfer>(With(&R2T::r2t_sn, wire::R2TSN(0)),
                                                         With(&R2T::desired_data_transfer_length, 1024U)));
  third.destroy_connection();
}

TEST_F(Rfc7143_7_2_2_TargetReassign, AWriteWhoseUnsolicitedDataIsCutOffAsksForTheRest) {
  log_in_for_recovery({"InitialR2T=No"});
  auto fields = write_fields(1, 100, 2048);
  fields.final = false;
  const TaskId task = begin(fields);
  data_out(1, wire::kNoTtt, 0, 0, 512, false);
  lose();
  rig.accept(task, MutableBytes(memory).first(2048));
  log_in_again();
  reassign(1);
  EXPECT_THAT(second.receive(),
              Is<wire::ReadyToTransfer>(With(&R2T::r2t_sn, wire::R2TSN(0)), With(&R2T::buffer_offset, 512U),
                                        With(&R2T::desired_data_transfer_length, 1536U)));
}

//= ledger R7143-7.2.2-10
TEST_F(Rfc7143_7_2_2_TargetReassign, AReadLosesItsSnackTag) {
  log_in_for_recovery();
  const TaskId task = begin(read_fields(1, 100, 512));
  r_data_snack(1, 9);
  lose();
  log_in_again();
  reassign(1);
  finish_read(task, 512);
  EXPECT_THAT(second.receive(), Is<wire::DataIn>());
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::snack_tag, wire::kNoSnackTag)));
}

// --------------------------------------------------------------------------------------------------- statuses sent

//= ledger R7143-7.2.2-05 R7143-4.2.2.2-01
TEST_F(Rfc7143_7_2_2_TargetReassign, AStatusThatWasSentIsSentAgain) {
  log_in_for_recovery();
  const std::array<std::byte, 18> sense{std::byte{0x70}, {}, std::byte{5}};
  rig.complete(begin(command_fields(1, 100)), {.status = wire::ScsiStatus::check_condition, .sense = sense});
  const auto lost = rig.receive();
  EXPECT_THAT(lost, Is<wire::ScsiResponse>());
  lose();
  log_in_again();
  reassign(1);
  const auto again = second.receive();
  EXPECT_THAT(again, Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::check_condition),
                                            With(&Response::stat_sn, wire::StatSN(2))));
  EXPECT_EQ(again->data, lost->data);
}

TEST_F(Rfc7143_7_2_2_TargetReassign, AReadWhoseStatusWasSentIsSentAgain) {
  log_in_for_recovery();
  const TaskId task = begin(read_fields(1, 100, 1024));
  finish_read(task, 1024);
  receive_read(2);
  lose();
  EXPECT_FALSE(rig.take<Release>());
  log_in_again();
  reassign(1, 1);
  expect_data_in(1, 512);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1))));
  second.send(wire::NopOut::build({.immediate = true,
                                   .cmd_sn = wire::CmdSN(101),
                                   .exp_stat_sn = second.connection ? wire::StatSN(3) : wire::StatSN(0)}));
  EXPECT_TRUE(rig.take<Release>());
}

TEST_F(Rfc7143_7_2_2_TargetReassign, AStatusThatHasArrivedIsForgottenByTheLogin) {
  log_in_for_recovery();
  rig.complete(begin(command_fields(1, 100)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  lose();
  log_in_again(kLost, kFirstStatus.next());
  ask_for(1);
  expect_answer(Code::task_does_not_exist);
}

using Rfc7143_11_16_TargetConnections = LostConnection;

//= ledger R7143-11.16-07 R7143-4.2.5.1-05
TEST_F(Rfc7143_11_16_TargetConnections, ASnackIsAboutItsOwnConnection) {
  log_in_with_two();
  finish_read(begin(read_fields(1, 100, 512)), 512);
  receive_read(1);
  second.send(wire::SnackRequest::build(
      {.type = wire::SnackType::data_or_r2t, .itt = wire::Itt(1), .exp_stat_sn = kFirstStatus, .run_length = 1}));
  EXPECT_THAT(second.receive(),
              Is<wire::Reject>(With(&wire::Reject::Fields::reason, wire::RejectReason::protocol_error)));
  data_snack(1, 0, 1);
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>());
  EXPECT_TRUE(second.target_is_silent());
}

// ------------------------------------------------------------------------------------------------------ its answers

using Rfc7143_11_6_1_TargetReassign = LostConnection;

//= ledger R7143-7.2.2-08
TEST_F(Rfc7143_7_2_2_TargetReassign, ATaskOfALivingOrNotLoggedOutConnectionIsStillAllegiant) {
  log_in_with_two();
  begin(command_fields(1, 100));
  ask_for(1);
  expect_answer(Code::task_still_allegiant);
  lose();
  EXPECT_THAT(second.receive(), Is<wire::AsynchronousMessage>());
  ask_for(1);
  expect_answer(Code::task_still_allegiant);
}

TEST_F(Rfc7143_11_6_1_TargetReassign, ATaskThatNobodyKnowsDoesNotExist) {
  log_in_for_recovery();
  lose();
  log_in_again();
  ask_for(99);
  expect_answer(Code::task_does_not_exist);
}

//= ledger R7143-7.14-05
TEST_F(Rfc7143_7_14_TargetReassign, ImmediateCommandsEndWithTheConnection) {
  log_in_for_recovery();
  auto fields = command_fields(1, 100);
  fields.immediate = true;
  const TaskId task = begin(fields);
  lose();
  EXPECT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  const auto release = rig.take<Release>();
  ASSERT_TRUE(release);
  EXPECT_TRUE(release->terminated);
}

// ----------------------------------------------------------------------------------------------- logout for recovery

using Rfc7143_11_14_TargetRecoveryLogout = LostConnection;
using Rfc7143_11_15_3_TargetRecoveryLogout = LostConnection;

//= ledger(target) R7143-11.15.3-01
TEST_F(Rfc7143_11_15_3_TargetRecoveryLogout, OfALostConnectionMakesItsTasksReassignable) {
  log_in_with_two();
  const TaskId task = begin(command_fields(1, 100));
  lose();
  EXPECT_THAT(second.receive(), Is<wire::AsynchronousMessage>());
  log_out(LogoutReason::remove_for_recovery, kLost);
  const auto& agreed = rig.session->request().session;
  EXPECT_THAT(second.receive(),
              Is<wire::LogoutResponse>(With(&wire::LogoutResponse::Fields::response, LogoutResponseCode::closed),
                                       With(&wire::LogoutResponse::Fields::time2wait, agreed.default_time2wait_s),
                                       With(&wire::LogoutResponse::Fields::time2retain, agreed.default_time2retain_s)));
  reassign(1);
  rig.complete(task);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>());
}

//= ledger R7143-11.14-05
TEST_F(Rfc7143_11_14_TargetRecoveryLogout, OfALivingConnectionSuspendsItsTransfers) {
  log_in_with_two();
  const TaskId task = begin(read_fields(1, 100, 512));
  rig.send(wire::ScsiCommand::build(command_fields(2, 102)));  // behind a gap: it is discarded
  log_out(LogoutReason::remove_for_recovery, kLost);
  EXPECT_THAT(second.receive(), Is<wire::LogoutResponse>());
  finish_read(task, 512);
  EXPECT_TRUE(rig.target_is_silent());
  EXPECT_TRUE(rig.closed);
  ask_for(2);
  expect_answer(Code::task_does_not_exist);
  ask_for(1);
  EXPECT_TRUE(second.target_is_silent()) << "the old transport may still look at its memory";
  rig.destroy_connection();
  expect_answer(Code::function_complete);
  expect_data_in(0, 0);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>());
}

TEST_F(Rfc7143_11_14_TargetRecoveryLogout, WithCloseTheTasksOfALostConnectionEnd) {
  log_in_with_two();
  const TaskId task = begin(command_fields(1, 100));
  lose();
  EXPECT_THAT(second.receive(), Is<wire::AsynchronousMessage>());
  log_out(LogoutReason::close_connection, kLost);
  EXPECT_TRUE(second.target_is_silent()) << "the device still works";
  EXPECT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  EXPECT_THAT(second.receive(), Is<wire::LogoutResponse>());
}

// --------------------------------------------------------------------------------------------------------- its clocks

using Rfc7143_7_6_TargetSuspension = LostConnection;
using Rfc7143_7_1_4_3_TargetSuspension = LostConnection;
using Rfc7143_6_3_4_TargetRecovery = LostConnection;

//= ledger R7143-7.6-01
TEST_F(Rfc7143_7_6_TargetSuspension, EndsWhenNobodyReassignsInTime) {
  log_in_for_recovery();
  const TaskId task = begin(command_fields(1, 100));
  lose();
  log_in_again();
  const auto& agreed = rig.session->request().session;
  rig.advance(std::chrono::seconds(agreed.default_time2wait_s + agreed.default_time2retain_s) -
              std::chrono::milliseconds(1));
  EXPECT_FALSE(rig.take<Abort>());
  rig.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  const auto release = rig.take<Release>();
  ASSERT_TRUE(release);
  EXPECT_TRUE(release->terminated) << "the nexus is due a unit attention";
  ask_for(1);
  expect_answer(Code::task_does_not_exist);
}

TEST_F(Rfc7143_7_6_TargetSuspension, EndsWithTheSession) {
  log_in_for_recovery();
  const TaskId task = begin(command_fields(1, 100));
  const TaskId read_task = begin(read_fields(2, 101, 512));
  finish_read(read_task, 512);
  receive_read(1);
  lose();
  rig.session->close();
  rig.drain();
  EXPECT_TRUE(rig.take<Release>()) << "of the read, whose status was sent";
  EXPECT_TRUE(rig.take<Abort>());
  rig.aborted(task);
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_TRUE(rig.take<SessionEnded>());
}

//= ledger R7143-7.1.4.3-06
TEST_F(Rfc7143_7_1_4_3_TargetSuspension, IsAnnouncedOnAnotherConnection) {
  log_in_with_two();
  lose();
  EXPECT_THAT(second.receive(), Is<wire::AsynchronousMessage>(
                                    With(&wire::AsynchronousMessage::Fields::event, wire::AsyncEvent::connection_drop),
                                    With(&wire::AsynchronousMessage::Fields::parameter1, kLost.value())));
}

/// The session may have one connection only; the new login cleans up the old one that still seems to live.
//= ledger R7143-6.3.4-02
TEST_F(Rfc7143_6_3_4_TargetRecovery, TakesTheTasksOverWhereOneConnectionIsAllowed) {
  log_in_for_recovery();
  ASSERT_EQ(rig.session->request().session.max_connections, 1);
  const TaskId task = begin(command_fields(1, 100));
  second.join(rig);
  second.send(wire::LoginRequest::build(joining_fields(kLost, from_to(kOperational, kFullFeature))), bytes_of(names()));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::reinstated);
  EXPECT_FALSE(rig.take<Abort>());
  rig.destroy_connection();
  ASSERT_EQ(login_status(second), wire::LoginStatus::success);
  reassign(1);
  rig.complete(task);
  EXPECT_THAT(second.receive(), Is<wire::ScsiResponse>());
}

}  // namespace
}  // namespace lunway::session::testing
