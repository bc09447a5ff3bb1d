// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Chapter 7 as an initiator at ErrorRecoveryLevel 0 lives it: one damaged Data-In costs a task, all else that is
// damaged, missing or malformed costs the session.

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "session/testing/full_feature_ladder.h"
#include "session/testing/initiator_login_ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/nop_in.h"
#include "wire/reject.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"
#include "wire/text_response.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;
using Reason = InitiatorCloseReason;

struct Errors : FullFeature {
  /// The connection is closed for this reason, its tasks end with it, and what is left is a failed session.
  void expect_session_recovery(Reason reason) {
    ASSERT_NE(rig.closed(), nullptr);
    EXPECT_EQ(rig.closed()->reason, reason) << rig.closed()->detail;
    EXPECT_FALSE(rig.connection.wants_input());
    rig.connection.transport_ended(rig.time);
    rig.pump();
    EXPECT_FALSE(rig.has_sent());
    EXPECT_EQ(rig.session.active_tasks(), 0U);
    EXPECT_EQ(rig.session.state(), InitiatorSessionState::failed);
  }
};

// ----------------------------------------------------------------------------------------------- format errors

struct Malformed {
  const char* name;
  wire::Header (*build)(InitiatorRig& rig, wire::Itt ping, wire::Itt command);
};

struct Rfc7143_7_7_InitiatorFormatErrors : Errors, ::testing::WithParamInterface<Malformed> {};

//= ledger R7143-7.7-01 R7143-7.7-02
TEST_P(Rfc7143_7_7_InitiatorFormatErrors, CloseTheConnectionAndFailTheSession) {
  rig.log_in();
  const TaskId command = submit({}, {});
  const wire::Itt command_itt = sent<wire::ScsiCommand>().itt;
  ASSERT_TRUE(rig.session.ping(rig.time, {}, seconds(60)));
  rig.pump();
  const wire::Itt ping = rig.next_sent().itt();
  rig.deliver(GetParam().build(rig, ping, command_itt));
  expect_session_recovery(Reason::protocol_error);
  EXPECT_EQ(rig.fault_of(command), TaskFault::connection_lost);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc7143_7_7_InitiatorFormatErrors,
    ::testing::Values(Malformed{"AnsweringAndAskingNopIn",
                                [](InitiatorRig& rig, wire::Itt ping, wire::Itt) {
                                  return wire::NopIn::build(
                                      rig.numbered(wire::NopIn::Fields{.itt = ping, .ttt = wire::Ttt(1)}));
                                }},
                      Malformed{"CheckConditionWithoutSense",
                                [](InitiatorRig& rig, wire::Itt, wire::Itt command) {
                                  return wire::ScsiResponse::build(rig.numbered(wire::ScsiResponse::Fields{
                                      .status = wire::ScsiStatus::check_condition, .itt = command}));
                                }},
                      Malformed{"ReservedResponseCode",
                                [](InitiatorRig& rig, wire::Itt, wire::Itt command) {
                                  return wire::ScsiResponse::build(rig.numbered(wire::ScsiResponse::Fields{
                                      .response = static_cast<wire::ScsiResponseCode>(0x40), .itt = command}));
                                }},
                      Malformed{"ContinuedAndFinalText",
                                [](InitiatorRig& rig, wire::Itt ping, wire::Itt) {
                                  return wire::TextResponse::build(rig.numbered(
                                      wire::TextResponse::Fields{.final = true, .continues = true, .itt = ping}));
                                }}),
    [](const auto& test) { return std::string(test.param.name); });

// ----------------------------------------------------------------------------------------------- digest errors

struct Digests : Errors {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.header_digest = profile.policy.data_digest = {text::Digest::crc32c};
    return profile;
  }
  Digests() : other(profile()) {
    other.log_in();
    EXPECT_TRUE(other.digests.header && other.digests.data);
  }

  /// T -> I: this PDU with the byte `from_end` bytes before its end turned around.
  void deliver_damaged(const wire::Header& header, Bytes data, std::size_t from_end) {
    const wire::EncodedPdu pdu(header, data, other.digests);
    std::vector<std::byte> bytes;
    for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
    bytes[bytes.size() - 1 - from_end] ^= std::byte{1};
    other.deliver_bytes(bytes);
  }
  TaskId read_place() { return *other.session.submit(other.time, {.cdb = kCdb, .data_in = place}); }

  InitiatorRig other;
  std::vector<std::byte> place = std::vector<std::byte>(100);
};

using Rfc7143_7_8_InitiatorDigestErrors = Digests;

//= ledger R7143-7.8-01
TEST_F(Rfc7143_7_8_InitiatorDigestErrors, InAHeaderCloseTheConnection) {
  deliver_damaged(wire::NopIn::build(other.windowed(wire::NopIn::Fields{.ttt = wire::Ttt(1)})), {}, 0);
  ASSERT_NE(other.closed(), nullptr);
  EXPECT_EQ(other.closed()->reason, Reason::header_digest);
  EXPECT_FALSE(other.has_sent()) << "the ping is not answered";
}

//= ledger R7143-7.8-05 R7143-7.8-06
TEST_F(Rfc7143_7_8_InitiatorDigestErrors, InDataAbortTheTaskAndEndItWithAnError) {
  const TaskId task = read_place();
  other.pump();
  const wire::Itt itt = other.next_sent().itt();
  deliver_damaged(wire::DataIn::build(other.windowed(wire::DataIn::Fields{.itt = itt})), Bytes(pattern).first(100), 4);
  EXPECT_EQ(other.closed(), nullptr);
  const auto abort = other.next_sent();
  ASSERT_EQ(abort.opcode(), wire::Opcode::task_management_request);
  EXPECT_EQ(wire::TaskManagementRequest(abort.header).referenced_task_tag(), itt);
  other.deliver(
      wire::TaskManagementResponse::build(other.numbered(wire::TaskManagementResponse::Fields{.itt = abort.itt()})));
  EXPECT_EQ(other.fault_of(task), TaskFault::data_digest);
}

//= ledger R7143-7.8-09
TEST_F(Rfc7143_7_8_InitiatorDigestErrors, InDataTurnAStatusThatWasOnItsWayIntoTheError) {
  const TaskId task = read_place();
  other.pump();
  const wire::Itt itt = other.next_sent().itt();
  deliver_damaged(wire::DataIn::build(other.windowed(wire::DataIn::Fields{.itt = itt})), Bytes(pattern).first(100), 4);
  other.deliver(wire::ScsiResponse::build(other.numbered(wire::ScsiResponse::Fields{.itt = itt})));
  EXPECT_EQ(other.fault_of(task), TaskFault::data_digest);
  EXPECT_EQ(other.closed(), nullptr);
}

// "either party detecting a digest error may choose to escalate the error to session recovery"
//= ledger R7143-7.8-05 R7143-7.8-10 R7143-7.8-11 R7143-7.8-12
TEST_F(Rfc7143_7_8_InitiatorDigestErrors, InAnAsynchronousMessageFailTheSession) {
  const wire::Header message = wire::AsynchronousMessage::build(
      other.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::logout_request, .parameter3 = 0}));
  deliver_damaged(message, Bytes(pattern).first(4), 4);
  ASSERT_NE(other.closed(), nullptr);
  EXPECT_EQ(other.closed()->reason, Reason::data_digest);
  EXPECT_EQ(other.events.size(), 1U) << "nothing of its header was believed";
  other.advance(seconds(30));
  EXPECT_FALSE(other.has_sent());
  other.connection.transport_ended(other.time);
  EXPECT_EQ(other.session.state(), InitiatorSessionState::failed);
}

// --------------------------------------------------------------------------------------------- sequence errors

using Rfc7143_7_9_InitiatorSequenceErrors = Errors;

using Rfc7143_7_9_InitiatorExpDataSN = FullFeature;

//= ledger R7143-7.9-01
TEST_F(Rfc7143_7_9_InitiatorExpDataSN, ThatImpliesMissingDataEndsTheCommandWithAnError) {
  rig.log_in();
  for (const auto status : {wire::ScsiStatus::good, wire::ScsiStatus::busy}) {
    for (const std::uint32_t count : {2U, 3U, 0x80000002U, 0xffffffffU}) {
      const TaskId task = read(512);
      const wire::Itt itt = sent<wire::ScsiCommand>().itt;
      data_in(itt, 0, 0, 512);
      respond(itt, {.status = status, .exp_data_sn = wire::DataSN(count)});
      EXPECT_EQ(rig.fault_of(task), TaskFault::data_missing);
      EXPECT_EQ(rig.closed(), nullptr);
    }
  }
}

TEST_F(Rfc7143_7_9_InitiatorExpDataSN, ThatImpliesNothingIsTaken) {
  rig.log_in("ImmediateData=No");
  // As many as came; none, which targets in wide use say whatever they have sent.
  for (const std::uint32_t count : {1U, 0U}) {
    const TaskId task = read(512);
    const wire::Itt itt = sent<wire::ScsiCommand>().itt;
    data_in(itt, 0, 0, 512);
    respond(itt, {.exp_data_sn = wire::DataSN(count)});
    EXPECT_NE(completion(task), nullptr);
  }
  // No Data-In can be missing of a write, however its R2Ts are counted.
  const TaskId task = write(512);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  r2t(itt, 0, 0, 512);
  sent<wire::DataOut>();
  respond(itt, {.exp_data_sn = wire::DataSN(2)});
  EXPECT_NE(completion(task), nullptr);
}

//= ledger R7143-7.9-03 R7143-7.9-04
TEST_F(Rfc7143_7_9_InitiatorSequenceErrors, AMissingResponseFailsTheSession) {
  rig.log_in();
  submit({}, {});
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  rig.stat_sn = rig.stat_sn.next();
  respond(itt);
  expect_session_recovery(Reason::protocol_error);
}

//= ledger R7143-7.9-05
TEST_F(Rfc7143_7_9_InitiatorSequenceErrors, DuplicatesAreDiscarded) {
  rig.log_in();
  const TaskId task = read(200);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 0, 100);
  data_in(itt, 0, 0, 100);
  data_in(itt, 1, 100, 100, true);
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 200U);
}

//= ledger R7143-7.9-05
TEST_F(Rfc7143_7_9_InitiatorSequenceErrors, DuplicateR2TsAreDiscarded) {
  rig.log_in("ImmediateData=No");
  write(1000);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  r2t(itt, 0, 0, 1000);
  r2t(itt, 0, 0, 1000);
  expect_data_out(0x500, 0, 0, 1000, true);
  EXPECT_FALSE(rig.has_sent());
  EXPECT_EQ(rig.closed(), nullptr);
}

// ------------------------------------------------------------------------------------------ rejects and timeouts

using Rfc7143_7_11_InitiatorTimeouts = Errors;

//= ledger R7143-7.11-02
TEST_F(Rfc7143_7_11_InitiatorTimeouts, ACommandThatTakesTooLongIsAborted) {
  rig.log_in();
  const TaskId task = read(512, seconds(10));
  const auto command = sent<wire::ScsiCommand>();
  rig.advance(seconds(10));
  const auto abort = sent<wire::TaskManagementRequest>();
  EXPECT_EQ(abort.function, wire::TaskManagementFunction::abort_task);
  EXPECT_EQ(abort.referenced_task_tag, command.itt);
  EXPECT_EQ(abort.ref_cmd_sn, command.cmd_sn);
  rig.deliver(
      wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{.itt = abort.itt})));
  EXPECT_EQ(rig.fault_of(task), TaskFault::timed_out);
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
}

// ---------------------------------------------------------------------------------------- negotiation failures

using Rfc7143_7_12_InitiatorLoginFailures = InitiatorLoginLadder;

//= ledger R7143-7.12-01 R7143-7.12-02
TEST_F(Rfc7143_7_12_InitiatorLoginFailures, EndTheLoginAndTheConnection) {
  pass_security();
  accept("MaxBurstLength=Reject;HeaderDigest=Reject;ErrorRecoveryLevel=5");
  expect_closed(Reason::protocol_error, "ErrorRecoveryLevel");
  EXPECT_FALSE(rig.has_sent());
  EXPECT_EQ(rig.session.state(), InitiatorSessionState::free);
}

// -------------------------------------------------------------------------------------------- lost connections

using Rfc7143_7_14_InitiatorLosses = Errors;

//= ledger R7143-7.14-03
TEST_F(Rfc7143_7_14_InitiatorLosses, LeadToSessionRecovery) {
  rig.log_in();
  const TaskId task = submit({}, {});
  sent<wire::ScsiCommand>();
  rig.connection.transport_ended(rig.time);
  rig.pump();
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
  expect_session_recovery(Reason::transport_ended);
  EXPECT_FALSE(rig.session.submit(rig.time, {.cdb = kCdb})) << "the session is over";
}

using Rfc7143_7_1_4_3_InitiatorLosses = Errors;

//= ledger R7143-7.1.4.3-04
TEST_F(Rfc7143_7_1_4_3_InitiatorLosses, ThatTheTargetAnnouncesAreLikeThoseOfTheTransport) {
  rig.log_in();
  const TaskId task = submit({}, {});
  sent<wire::ScsiCommand>();
  rig.deliver(wire::AsynchronousMessage::build(
      rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::connection_drop, .parameter1 = 0})));
  expect_session_recovery(Reason::target_dropped);
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
}

//= ledger R7143-7.14-04
TEST_F(Rfc7143_7_14_InitiatorLosses, ThatTheTargetAnnouncesAreSessionRecoveryToo) {
  rig.log_in();
  const TaskId task = submit({}, {});
  sent<wire::ScsiCommand>();
  rig.deliver(wire::AsynchronousMessage::build(
      rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::session_drop})));
  expect_session_recovery(Reason::target_dropped);
  EXPECT_EQ(rig.fault_of(task), TaskFault::connection_lost);
}

}  // namespace
}  // namespace lunway::session
