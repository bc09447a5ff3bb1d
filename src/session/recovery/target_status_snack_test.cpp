// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Numbered responses are sent once more: Status SNACK at a target, and how it finds out that one is missing.
//= rfc7143#11.16
//= rfc7143#7.1.4.2

#include "session/testing/recovery_ladder.h"

namespace lunway::session::testing {
namespace {

using wire::RejectReason;
using NopIn = wire::NopIn::Fields;
using Response = wire::ScsiResponse::Fields;

class StatusLadder : public RecoveryLadder {
 protected:
  using RecoveryLadder::RecoveryLadder;

  /// A command without data that ends well; its status has been received.
  FromTarget command(std::uint32_t itt, std::uint32_t cmd_sn, const CommandResult& result = {}) {
    auto fields = command_fields(itt, cmd_sn);
    fields.exp_stat_sn = acknowledged;
    rig.send(wire::ScsiCommand::build(fields));
    const auto submit = rig.take<Submit>();
    EXPECT_TRUE(submit);
    rig.complete(submit->task, result);
    auto response = rig.receive();
    EXPECT_THAT(response, Is<wire::ScsiResponse>());
    EXPECT_TRUE(rig.take<Release>()) << "without data there is nothing to keep";
    return response.value_or(FromTarget{});
  }
  void ping(std::uint32_t itt, Bytes payload) {
    wire::NopOut::Fields fields;
    fields.immediate = true;
    fields.itt = wire::Itt(itt);
    fields.cmd_sn = wire::CmdSN(100);
    fields.exp_stat_sn = acknowledged;
    rig.send(wire::NopOut::build(fields), payload);
  }
};

class Rfc7143_11_16_TargetStatusSnack : public StatusLadder {};

//= ledger R7143-11.16-02 R7143-11.16-03 R7143-11.4.9-01
TEST_F(Rfc7143_11_16_TargetStatusSnack, BringsTheResponseWithItsOldNumberAndItsSense) {
  log_in_for_recovery();
  const std::array<std::byte, 18> sense{std::byte{0x70}, {}, std::byte{5}};
  const FromTarget lost = command(1, 100, {.status = wire::ScsiStatus::check_condition, .sense = sense});
  command(2, 101);
  status_snack(1, 1);
  const auto again = rig.receive();
  EXPECT_THAT(again, Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(1)), With(&Response::stat_sn, kFirstStatus),
                                            With(&Response::exp_cmd_sn, wire::CmdSN(102))));
  EXPECT_EQ(again->data, lost.data);
  EXPECT_TRUE(rig.target_is_silent());
  EXPECT_EQ(wire::ResponseHeader(wire::HeaderView(command(3, 102).header)).stat_sn(), wire::StatSN(3))
      << "StatSN did not move";
}

TEST_F(Rfc7143_11_16_TargetStatusSnack, BringsARunAndAllThatIsNotAcknowledged) {
  log_in_for_recovery();
  for (std::uint32_t i = 0; i < 3; ++i) command(1 + i, 100 + i);
  status_snack(2, 0);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(2))));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(3))));
  acknowledged = wire::StatSN(3);
  status_snack(0, 0);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(3))));
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_11_16_TargetStatusSnack, BringsEveryNumberedPdu) {
  log_in_for_recovery();
  ping(5, Bytes(data).first(100));
  const auto answer = rig.receive();
  ASSERT_THAT(answer, Is<wire::NopIn>());
  rig.send(wire::SnackRequest::build({.type = wire::SnackType::data_or_r2t, .itt = wire::Itt(9)}));
  const auto reject = rig.receive();
  ASSERT_THAT(reject, Is<wire::Reject>());
  status_snack(1, 2);
  const auto answer_again = rig.receive();
  ASSERT_TRUE(answer_again);
  EXPECT_EQ(answer_again->header, answer->header);
  EXPECT_EQ(answer_again->data, answer->data);
  const auto reject_again = rig.receive();
  ASSERT_TRUE(reject_again);
  EXPECT_EQ(reject_again->header, reject->header);
  EXPECT_EQ(reject_again->data, reject->data);
}

//= ledger R7143-11.16-07
TEST_F(Rfc7143_11_16_TargetStatusSnack, ForANumberThatWasNotSentOrIsAcknowledgedIsAProtocolError) {
  log_in_for_recovery();
  command(1, 100);
  command(2, 101);
  acknowledged = wire::StatSN(2);
  status_snack(1, 1);
  expect_reject(RejectReason::protocol_error);
  status_snack(2, 3);
  expect_reject(RejectReason::protocol_error);
  status_snack(900, 0);
  expect_reject(RejectReason::protocol_error);
  EXPECT_TRUE(rig.target_is_silent());
}

struct FewResponses : StatusLadder {
  FewResponses() : StatusLadder({.retained_responses = 4}) {}
};

using Rfc7143_11_16_FewResponses = FewResponses;

TEST_F(Rfc7143_11_16_FewResponses, ASnackForOneThatIsKeptNoLongerIsRejected) {
  log_in_for_recovery();
  for (std::uint32_t i = 0; i < 5; ++i) {
    command(1 + i, 100 + i);
    // The target asks for an acknowledgement when half of its room is taken.
    if (i != 1) continue;
    EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&NopIn::itt, wire::kNoItt)));
  }
  status_snack(1, 1);
  expect_reject(RejectReason::snack_reject);
}

class Rfc7143_7_1_4_2_TargetStatus : public StatusLadder {};

//= ledger R7143-7.1.4.2-02
TEST_F(Rfc7143_7_1_4_2_TargetStatus, IsAskedAboutWhenNobodyAcknowledgesIt) {
  log_in_for_recovery();
  command(1, 100);
  rig.advance(ConnectionLimits().acknowledgement_wait);
  const auto question = rig.receive();
  EXPECT_THAT(question, Is<wire::NopIn>(With(&NopIn::itt, wire::kNoItt), With(&NopIn::stat_sn, kFirstStatus.next())));
  EXPECT_TRUE(wire::NopIn(wire::HeaderView(question->header)).wants_answer());
  acknowledge(kFirstStatus.next());
  rig.advance(ConnectionLimits().acknowledgement_wait);
  EXPECT_TRUE(rig.target_is_silent());
}

TEST_F(Rfc7143_7_1_4_2_TargetStatus, HasAPduOfItsOwn) {
  log_in_for_recovery();
  read(1, 100, 512);
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&wire::DataIn::Fields::has_status, false)));
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::exp_data_sn, wire::DataSN(1))));
}

TEST_F(Rfc7143_7_1_4_2_TargetStatus, IsFreedWithItsConnection) {
  log_in_for_recovery();
  read(1, 100, 512);
  receive_read(1);
  rig.connection->peer_closed(rig.now);
  rig.drain();
  EXPECT_TRUE(rig.take<Release>());
  EXPECT_EQ(rig.session->active_tasks(), 0U);
}

class Rfc7143_13_20_TargetErrorRecoveryLevel : public RecoveryLadder {};

//= ledger(target) R7143-13.20-01 R7143-7.1.5-02
TEST_F(Rfc7143_13_20_TargetErrorRecoveryLevel, IsTheLesserOfBoth) {
  rig.directory.policy.negotiation.number(text::KeyId::error_recovery_level) = {.preferred = 1, .worst = 0};
  log_in(rig, {"ErrorRecoveryLevel=2"});
  EXPECT_EQ(rig.requested->session.error_recovery_level, 1);
}

TEST_F(Rfc7143_13_20_TargetErrorRecoveryLevel, ARetryOfACommandThatHasComeIsIgnored) {
  log_in_for_recovery();
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  const auto submit = rig.take<Submit>();
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  EXPECT_FALSE(rig.take<Submit>());
  rig.complete(submit->task);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>());
  EXPECT_TRUE(rig.take<Release>());
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  EXPECT_FALSE(rig.take<Submit>());
  EXPECT_TRUE(rig.target_is_silent());
}

}  // namespace
}  // namespace lunway::session::testing
