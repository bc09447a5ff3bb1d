// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// NOP, Text, Logout, Reject and the limits of the Full Feature Phase at a target, as ladders.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/ladder.h"
#include "wire/snack_request.h"

namespace lunway::session::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Nop = wire::NopIn::Fields;
using Text = wire::TextResponse::Fields;
using Logout = wire::LogoutResponse::Fields;
using Reject = wire::Reject::Fields;
using Response = wire::ScsiResponse::Fields;
using wire::RejectReason;

wire::TextRequest::Fields text_fields(std::uint32_t cmd_sn, wire::Ttt ttt = wire::kNoTtt) {
  wire::TextRequest::Fields fields;
  fields.itt = wire::Itt(50);
  fields.ttt = ttt;
  fields.cmd_sn = wire::CmdSN(cmd_sn);
  return fields;
}

//= ledger R7143-11.18.1-03 R7143-11.19-01 R7143-11.19-03 R7143-11.19-04
TEST(Rfc7143_11_19_TargetNop, APingIsEchoedAndNumbered) {
  TargetRig rig;
  log_in(rig);
  const auto data = pattern(30);
  rig.send(wire::NopOut::build({.immediate = false, .itt = wire::Itt(9), .cmd_sn = wire::CmdSN(100)}), data);
  const auto echo = rig.receive();
  EXPECT_THAT(echo, Is<wire::NopIn>(With(&Nop::itt, wire::Itt(9)), With(&Nop::ttt, wire::kNoTtt),
                                    With(&Nop::stat_sn, wire::StatSN(1)), With(&Nop::exp_cmd_sn, wire::CmdSN(101))));
  EXPECT_EQ(echo->data, data);
  rig.send(wire::NopOut::build({}));  // says only ExpStatSN
  EXPECT_TRUE(rig.target_is_silent());
}

//= ledger R7143-11.19-05 R7143-11.19.2-01 R7143-11.19.3-01 R7143-7.14-01
TEST(Rfc7143_11_19_TargetNop, SilenceIsPingedAndThenGivenUp) {
  TargetRig rig({.ping_after = std::chrono::seconds(30), .ping_timeout = std::chrono::seconds(20)});
  log_in(rig);
  rig.advance(std::chrono::seconds(29));
  EXPECT_TRUE(rig.target_is_silent());
  rig.advance(std::chrono::seconds(1));
  const auto ping = rig.receive();
  EXPECT_THAT(ping, Is<wire::NopIn>(With(&Nop::itt, wire::kNoItt), With(&Nop::stat_sn, wire::StatSN(1)),
                                    With(&Nop::lun, wire::Lun())));
  const wire::Ttt tag = wire::NopIn(wire::HeaderView(ping->header)).ttt();
  EXPECT_NE(tag, wire::kNoTtt);
  rig.advance(std::chrono::seconds(19));
  rig.send(wire::NopOut::build({.ttt = tag}));  // I -> T  the answer, in time
  EXPECT_TRUE(rig.target_is_silent());
  rig.advance(std::chrono::seconds(30));
  EXPECT_TRUE(rig.receive());
  rig.advance(std::chrono::seconds(20));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::peer_silent);
}

TEST(Rfc7143_C_TargetSendTargets, ListsTheTargetsInADiscoverySession) {
  TargetRig rig;
  log_in_for_discovery(rig);
  rig.send(wire::TextRequest::build(text_fields(100)), bytes_of(text_pairs({"SendTargets=All"})));
  const auto answer = rig.receive();
  EXPECT_THAT(answer, Is<wire::TextResponse>(With(&Text::final, true), With(&Text::ttt, wire::kNoTtt),
                                             With(&Text::itt, wire::Itt(50))));
  EXPECT_EQ(answer->text(), text_pairs({"TargetName=iqn.2026-11.io.lunway:disk", "TargetAddress=192.0.2.1:3260,1"}));
}

TEST(Rfc7143_11_10_4_TargetText, ALongAnswerComesInParts) {
  TargetRig rig;
  rig.directory.targets.assign(20, rig.directory.targets.front());
  log_in_for_discovery(rig);
  std::string list;
  std::string whole;
  for (int i = 0; i < 20; ++i) {
    whole += text_pairs({"TargetName=iqn.2026-11.io.lunway:disk", "TargetAddress=192.0.2.1:3260,1"});
  }
  // The initiator takes 8192 bytes at a time, so make it 512 first: not in a discovery session. Long enough instead.
  rig.directory.targets.assign(200, rig.directory.targets.front());
  whole.clear();
  for (int i = 0; i < 200; ++i) {
    whole += text_pairs({"TargetName=iqn.2026-11.io.lunway:disk", "TargetAddress=192.0.2.1:3260,1"});
  }
  rig.send(wire::TextRequest::build(text_fields(100)), bytes_of(text_pairs({"SendTargets=All"})));
  std::uint32_t cmd_sn = 101;
  for (int parts = 0; parts < 10; ++parts) {
    const auto part = rig.receive();
    ASSERT_TRUE(part);
    list += part->text();
    const wire::TextResponse response{wire::HeaderView(part->header)};
    EXPECT_NE(response.final(), response.continues());
    if (response.final()) break;
    EXPECT_NE(response.ttt(), wire::kNoTtt);
    rig.send(wire::TextRequest::build(text_fields(cmd_sn++, response.ttt())));
  }
  EXPECT_EQ(list, whole);
}

//= ledger R7143-7.3-02
TEST(Rfc7143_7_3_TargetRejectedRequest, ItsNumberHasNotCome) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::TextRequest::build(text_fields(100, wire::Ttt(77))));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::exp_cmd_sn, wire::CmdSN(100))));
  rig.send(wire::ScsiCommand::build(command_fields(1, 101)));
  EXPECT_FALSE(rig.take<Submit>()) << "there is a gap before it";
  rig.send(wire::TextRequest::build(text_fields(100)));
  EXPECT_THAT(rig.receive(), Is<wire::TextResponse>());
  EXPECT_TRUE(rig.take<Submit>());
}

//= ledger R7143-7.3-02
TEST(Rfc7143_7_3_TargetRejectedRequest, NorHasItWhenItWaitedForItsTurn) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::TextRequest::build(text_fields(101, wire::Ttt(77))));
  rig.send(wire::ScsiCommand::build(command_fields(2, 102)));
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  EXPECT_TRUE(rig.take<Submit>());
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::exp_cmd_sn, wire::CmdSN(101))));
  EXPECT_FALSE(rig.take<Submit>());
  rig.send(wire::TextRequest::build(text_fields(101)));
  EXPECT_THAT(rig.receive(), Is<wire::TextResponse>());
  EXPECT_TRUE(rig.take<Submit>());
}

// An ABORT TASK fills the gap, too.
//= ledger R7143-7.3-02
TEST(Rfc7143_7_3_TargetRejectedRequest, AnAbortFillsTheGap) {
  TargetRig rig;
  log_in(rig);
  const auto rejected = text_fields(100, wire::Ttt(77));
  rig.send(wire::TextRequest::build(rejected));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>());
  rig.send(wire::TaskManagementRequest::build({.function = wire::TaskManagementFunction::abort_task,
                                               .itt = wire::Itt(2),
                                               .referenced_task_tag = rejected.itt,
                                               .cmd_sn = wire::CmdSN(101),
                                               .ref_cmd_sn = wire::CmdSN(100)}));
  EXPECT_THAT(rig.receive(), Is<wire::TaskManagementResponse>(
                                 With(&wire::TaskManagementResponse::Fields::exp_cmd_sn, wire::CmdSN(101))));
}

//= ledger R7143-7.3-02
TEST(Rfc7143_7_3_TargetRejectedRequest, NorHasThatOfALogoutThatDiscoveryForbids) {
  TargetRig rig;
  log_in_for_discovery(rig);
  rig.send(wire::LogoutRequest::build(
      {.reason = wire::LogoutReason::close_connection, .itt = wire::Itt(1), .cmd_sn = wire::CmdSN(100)}));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::exp_cmd_sn, wire::CmdSN(100))));
  rig.send(wire::LogoutRequest::build(
      {.reason = wire::LogoutReason::close_session, .itt = wire::Itt(1), .cmd_sn = wire::CmdSN(100)}));
  EXPECT_THAT(rig.receive(), Is<wire::LogoutResponse>());
}

TEST(Rfc7143_11_10_4_TargetText, AStaleTagIsRejected) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::TextRequest::build(text_fields(100, wire::Ttt(77))));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::invalid_pdu_field)));
}

TEST(Rfc7143_6_4_TargetText, ANewMaxRecvDataSegmentLengthIsUsedAfterwards) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::TextRequest::build(text_fields(100)), bytes_of(text_pairs({"MaxRecvDataSegmentLength=512"})));
  EXPECT_THAT(rig.receive(), Is<wire::TextResponse>(With(&Text::final, true)));
  const auto data = pattern(1024);
  const std::array pieces{Bytes(data)};
  rig.send(wire::ScsiCommand::build(read_fields(1, 101, 1024)));
  rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 1024});
  EXPECT_EQ(rig.receive()->data.size(), 512U);
  EXPECT_EQ(rig.receive()->data.size(), 512U);
}

TEST(Rfc7143_4_3_TargetDiscovery, AnythingButTextAndLogoutIsRejected) {
  TargetRig rig;
  log_in_for_discovery(rig);
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::command_not_supported)));
  rig.send(wire::NopOut::build({.itt = wire::Itt(9)}));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::command_not_supported)));
}

TEST(Rfc7143_11_14_TargetLogout, EndsTheConnectionAfterItsTasks) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto submit = rig.take<Submit>();
  rig.send(wire::LogoutRequest::build({.itt = wire::Itt(8), .cmd_sn = wire::CmdSN(101)}));
  EXPECT_EQ(rig.take<Abort>()->task, submit->task);
  EXPECT_TRUE(rig.target_is_silent()) << "the device still works on the command";
  rig.aborted(submit->task);
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_THAT(rig.receive(), Is<wire::LogoutResponse>(With(&Logout::response, wire::LogoutResponseCode::closed),
                                                      With(&Logout::itt, wire::Itt(8))));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::logged_out);
  EXPECT_FALSE(rig.take<SessionEnded>()) << "the connection is still there";
  rig.destroy_connection();
  EXPECT_EQ(rig.take<SessionEnded>()->reason, SessionEnded::Reason::logged_out);
}

TEST(Rfc7143_11_15_TargetLogout, AnUnknownCidAndRecoveryAreAnsweredAndChangeNothing) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::LogoutRequest::build(
      {.immediate = true, .reason = wire::LogoutReason::close_connection, .itt = wire::Itt(8), .cid = wire::Cid(55)}));
  EXPECT_THAT(rig.receive(),
              Is<wire::LogoutResponse>(With(&Logout::response, wire::LogoutResponseCode::cid_not_found)));
  rig.send(wire::LogoutRequest::build({.immediate = true,
                                       .reason = wire::LogoutReason::remove_for_recovery,
                                       .itt = wire::Itt(8),
                                       .cid = wire::Cid(3)}));
  EXPECT_THAT(rig.receive(),
              Is<wire::LogoutResponse>(With(&Logout::response, wire::LogoutResponseCode::recovery_not_supported)));
  EXPECT_FALSE(rig.closed);
}

//= ledger R7143-7.14-03 R7143-7.6-01
TEST(Rfc7143_7_14_TargetConnection, ALostConnectionAbortsItsTasks) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto submit = rig.take<Submit>();
  rig.connection->peer_closed(rig.now);
  rig.drain();
  EXPECT_TRUE(rig.take<Abort>());
  rig.destroy_connection();
  EXPECT_FALSE(rig.take<SessionEnded>()) << "the device still works on the command";
  rig.session->aborted(submit->task);
  while (const auto output = rig.session->next_output()) rig.asked.push_back(*output);
  EXPECT_TRUE(rig.take<Release>());
  rig.advance(std::chrono::minutes(1));
  EXPECT_EQ(rig.take<SessionEnded>()->reason, SessionEnded::Reason::connection_lost);
}

//= ledger R7143-7.14-05
TEST(Rfc7143_7_14_TargetConnection, ALostConnectionTakesItsImmediateCommandsWithIt) {
  TargetRig rig;
  log_in(rig);
  for (const std::uint32_t itt : {1U, 2U}) {
    auto fields = read_fields(itt, 100, 512);
    fields.immediate = true;
    rig.send(wire::ScsiCommand::build(fields));
  }
  const TaskId answered = rig.take<Submit>()->task;
  const TaskId running = rig.take<Submit>()->task;
  rig.complete(answered);
  rig.connection->peer_closed(rig.now);
  rig.drain();
  rig.destroy_connection();
  std::vector<TaskId> aborted;
  for (; !rig.asked.empty(); rig.asked.pop_front()) {
    if (const auto* abort = std::get_if<Abort>(&rig.asked.front())) aborted.push_back(abort->task);
  }
  EXPECT_THAT(aborted, ::testing::ElementsAre(running)) << "the other one the device has done already";
  rig.aborted(running);
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_EQ(rig.session->active_tasks(), 0U);
  EXPECT_TRUE(rig.session->has_failed()) << "the session may still be continued, the commands may not";
}

TEST(Rfc7143_11_9_1_TargetAsync, ALogoutIsAskedForAndTheConnectionDropped) {
  using Async = wire::AsynchronousMessage::Fields;
  TargetRig rig;
  log_in(rig);
  rig.connection->request_logout(rig.now, std::chrono::seconds(5));
  rig.drain();
  EXPECT_THAT(rig.receive(), Is<wire::AsynchronousMessage>(With(&Async::event, wire::AsyncEvent::logout_request),
                                                           With(&Async::parameter3, 5)));
  rig.advance(std::chrono::seconds(5));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::logout_timed_out);
}

TEST(Rfc7143_11_17_TargetReject, CarriesTheHeaderOfTheBadPdu) {
  TargetRig rig;
  log_in(rig);
  wire::SnackRequest::Fields snack;
  snack.itt = wire::Itt(1);
  const auto header = wire::SnackRequest::build(snack);
  rig.send(header);
  const auto reject = rig.receive();
  EXPECT_THAT(reject, Is<wire::Reject>(With(&Reject::reason, RejectReason::snack_reject),
                                       With(&Reject::stat_sn, wire::StatSN(1))));
  EXPECT_THAT(reject->data, ::testing::ElementsAreArray(header));
}

TEST(Rfc7143_11_17_1_TargetReject, AnUnknownOpcodeIsNotSupported) {
  TargetRig rig;
  log_in(rig);
  wire::Header header{};
  header[0] = std::byte(0x1c);
  rig.send(header);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::command_not_supported)));
  EXPECT_FALSE(rig.closed);
}

TEST(Rfc7143_4_2_4_TargetReject, ASecondLoginEndsTheConnection) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))), bytes_of(names()));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::protocol_error)));
  EXPECT_TRUE(rig.closed);
}

//= ledger R7143-7.7-01
TEST(Rfc7143_7_7_TargetFormatError, EndsTheConnection) {
  TargetRig rig;
  log_in(rig);
  auto fields = command_fields(1, 100);
  fields.final = false;  // neither W nor F
  rig.send(wire::ScsiCommand::build(fields));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::protocol_error)));
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::protocol_error);
}

TEST(Rfc7143_11_17_1_TargetReject, TooManyImmediateCommands) {
  TargetRig rig({}, {.immediate_commands = 2});
  log_in(rig);
  for (std::uint32_t itt = 1; itt <= 3; ++itt) {
    auto fields = read_fields(itt, 100, 512);
    fields.immediate = true;
    rig.send(wire::ScsiCommand::build(fields));
  }
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::immediate_command_reject)));
  EXPECT_TRUE(rig.take<Submit>() && rig.take<Submit>());
  EXPECT_FALSE(rig.take<Submit>());
}

TEST(Rfc7143_4_2_2_1_TargetWindow, IsAsWideAsTheLimitAndOpensWhenACommandEnds) {
  TargetRig rig({}, {.queue_depth = 2});
  log_in(rig);
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  rig.send(wire::ScsiCommand::build(command_fields(2, 101)));
  rig.send(wire::ScsiCommand::build(command_fields(3, 102)));  // outside the window: silently ignored
  const auto first = rig.take<Submit>();
  EXPECT_TRUE(rig.take<Submit>());
  EXPECT_FALSE(rig.take<Submit>());
  rig.complete(first->task);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::exp_cmd_sn, wire::CmdSN(102)),
                                                    With(&Response::max_cmd_sn, wire::CmdSN(102))));
}

TEST(Rfc7143_11_17_1_TargetReject, ATagInUseIsATaskInProgress) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  rig.send(wire::ScsiCommand::build(command_fields(1, 101)));
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::task_in_progress),
                                              With(&Reject::exp_cmd_sn, wire::CmdSN(101))));
}

class TargetDigests : public ::testing::Test {
 protected:
  TargetDigests() {
    rig.directory.policy.negotiation.list(text::KeyId::header_digest) = {text::Digest::crc32c, text::Digest::none};
    rig.directory.policy.negotiation.list(text::KeyId::data_digest) = {text::Digest::crc32c, text::Digest::none};
    rig.directory.policy.negotiation.number(text::KeyId::max_outstanding_r2t).preferred = 2;
    log_in(rig, {"HeaderDigest=CRC32C", "DataDigest=CRC32C", "ImmediateData=Yes", "MaxOutstandingR2T=2",
                 "MaxBurstLength=4096", "FirstBurstLength=4096"});
  }

  /// Sends a PDU with one bit of the byte at `at` wrong.
  void send_damaged(const wire::Header& header, Bytes data, std::size_t at) {
    const wire::EncodedPdu pdu(header, {}, data, {}, rig.digests);
    std::vector<std::byte> bytes;
    for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
    bytes[at] ^= std::byte(1);
    rig.send_bytes(bytes);
  }

  TargetRig rig;
};

using Rfc7143_7_8_TargetDigests = TargetDigests;

//= ledger R7143-7.8-01
TEST_F(Rfc7143_7_8_TargetDigests, AHeaderErrorEndsTheConnection) {
  send_damaged(wire::NopOut::build({.itt = wire::Itt(1)}), {}, 20);
  ASSERT_TRUE(rig.closed);
  EXPECT_EQ(rig.closed->reason, CloseReason::header_digest);
}

//= ledger R7143-7.8-02
TEST_F(Rfc7143_7_8_TargetDigests, ACommandWithDamagedDataNeverCame) {
  const auto data = pattern(512);
  send_damaged(wire::ScsiCommand::build(write_fields(1, 100, 512)), data, 60);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::data_digest_error),
                                              With(&Reject::exp_cmd_sn, wire::CmdSN(100))));
  EXPECT_TRUE(rig.asked.empty());
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 512)), data);  // once more
  EXPECT_TRUE(rig.take<Submit>());
}

//= ledger R7143-7.8-02 R7143-7.8-04 R7143-7.3-05
TEST_F(Rfc7143_7_8_TargetDigests, ADamagedDataOutFailsTheTransfer) {
  const auto data = pattern(4096);
  std::vector<std::byte> disk(4096);
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 4096)));
  const auto submit = rig.take<Submit>();
  rig.accept(submit->task, disk);
  const auto r2t = rig.receive();
  send_damaged(wire::DataOut::build(data_out_fields(1, tag_of(r2t), 0, 0, false)), Bytes(data).first(2048), 100);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::data_digest_error)));
  EXPECT_FALSE(rig.take<DataArrived>()) << "the sequence goes on to its end";
  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(r2t), 1, 2048, true)), Bytes(data).subspan(2048));
  EXPECT_EQ(rig.take<DataArrived>()->failure, TransferFailure::protocol_service_crc_error);
  EXPECT_TRUE(rig.target_is_silent()) << "the DataSN of the damaged one counts";
}

//= ledger R7143-7.8-04
TEST_F(Rfc7143_7_8_TargetDigests, TheStatusWaitsForTheDataOfAllOutstandingR2ts) {
  const auto data = pattern(8192);
  std::vector<std::byte> disk(8192);
  rig.send(wire::ScsiCommand::build(write_fields(1, 100, 8192)));
  const auto submit = rig.take<Submit>();
  rig.accept(submit->task, disk);
  const auto first = rig.receive();
  const auto second = rig.receive();
  send_damaged(wire::DataOut::build(data_out_fields(1, tag_of(first), 0, 0, true)), Bytes(data).first(4096), 100);
  EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&Reject::reason, RejectReason::data_digest_error)));
  EXPECT_FALSE(rig.take<DataArrived>());
  rig.complete(submit->task, {.status = wire::ScsiStatus::check_condition, .sense = Bytes(data).first(18)});
  EXPECT_TRUE(rig.target_is_silent()) << "the second R2T is outstanding";
  rig.send(wire::DataOut::build(data_out_fields(1, tag_of(second), 0, 4096, true)), Bytes(data).subspan(4096));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::status, wire::ScsiStatus::check_condition)));
}

}  // namespace
}  // namespace lunway::session::testing
