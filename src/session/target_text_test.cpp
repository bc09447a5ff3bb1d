// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Requests of the Full Feature Phase at a target, as ladders: tags, the F and C bits, and when values take effect.
//= rfc7143#6.4
//= rfc7143#11.10
//= rfc7143#11.11

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "session/testing/ladder.h"
#include "text/key_value.h"

namespace lunway::session::testing {
namespace {

using wire::RejectReason;

struct TextAnswer {
  wire::TextResponse::Fields fields;
  std::string text;
};

class TargetTextLadder : public ::testing::Test {
 protected:
  TargetTextLadder() { log_in(rig); }

  static wire::TextRequest::Fields request(bool final, wire::Ttt ttt = wire::kNoTtt) {
    wire::TextRequest::Fields fields;
    fields.immediate = true;
    fields.final = final;
    fields.lun = wire::Lun::from_flat(5);
    fields.itt = wire::Itt(50);
    fields.ttt = ttt;
    return fields;
  }

  void send(const wire::TextRequest::Fields& fields, std::string_view text) {
    rig.send(wire::TextRequest::build(fields), bytes_of(text));
  }

  /// I -> T a Text Request, T -> I a well-formed Text Response.
  TextAnswer ask(const wire::TextRequest::Fields& fields, std::string_view text = {}) {
    send(fields, text);
    const auto pdu = rig.receive();
    const bool answered = pdu && pdu->opcode() == wire::Opcode::text_response;
    EXPECT_TRUE(answered) << "no Text Response";
    if (!answered) return {};
    EXPECT_TRUE(wire::TextResponse::parse(wire::HeaderView(pdu->header)));
    return {.fields = wire::TextResponse(wire::HeaderView(pdu->header)).fields(), .text = std::string(pdu->text())};
  }

  void expect_reject(RejectReason reason) {
    EXPECT_THAT(rig.receive(), Is<wire::Reject>(With(&wire::Reject::Fields::reason, reason)));
  }

  /// The longest data segment of a long read: what the target believes that the initiator takes.
  std::size_t longest_data_in() {
    const auto data = pattern(16384);
    const std::array pieces{Bytes(data)};
    auto fields = read_fields(next_itt_++, 100, 16384);
    fields.immediate = true;
    rig.send(wire::ScsiCommand::build(fields));
    rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 16384});
    std::size_t longest = 0;
    while (const auto pdu = rig.receive()) longest = std::max(longest, pdu->data.size());
    while (rig.take<Release>()) continue;
    return longest;
  }

  TargetRig rig;
  std::uint32_t next_itt_ = 1;
};

using Rfc7143_6_2_TargetTextSequence = TargetTextLadder;
using Rfc7143_6_3_TargetTextSequence = TargetTextLadder;
using Rfc7143_6_4_TargetTextSequence = TargetTextLadder;
using Rfc7143_11_10_4_TargetTextSequence = TargetTextLadder;
using Rfc7143_11_11_TargetTextSequence = TargetTextLadder;

const std::string kShorter = text_pairs({"MaxRecvDataSegmentLength=512"});

// --- When values take effect.

//= ledger R7143-6.4-12 R7143-6.4-01 R7143-6.4-02 R7143-6.2-19 R7143-13.12-02
TEST_F(Rfc7143_6_4_TargetTextSequence, ValuesTakeEffectWhenTheSequenceIsComplete) {
  EXPECT_EQ(longest_data_in(), 8192U);
  const auto first = ask(request(false), kShorter);
  EXPECT_FALSE(first.fields.final);
  EXPECT_EQ(longest_data_in(), 8192U) << "the sequence goes on";
  const auto last = ask(request(true, first.fields.ttt));
  EXPECT_TRUE(last.fields.final);
  EXPECT_EQ(longest_data_in(), 512U);
}

//= ledger R7143-6.2-19 R7143-6.4-12
TEST_F(Rfc7143_6_4_TargetTextSequence, ANegotiationThatIsStartedAgainHasChangedNothing) {
  ask(request(false), kShorter);
  EXPECT_TRUE(ask(request(true), text_pairs({"X-com.example.k=1"})).fields.final);  // a new one: no tag
  EXPECT_EQ(longest_data_in(), 8192U);
}

//= ledger R7143-6.4-10 R7143-6.2-19 R7143-7.12-03 R7143-7.12-04 R7143-7.12-05
TEST_F(Rfc7143_6_4_TargetTextSequence, ARepeatedKeyIsRejectedAndChangesNothing) {
  const auto first = ask(request(false), kShorter);
  send(request(true, first.fields.ttt), text_pairs({"MaxRecvDataSegmentLength=1024"}));
  expect_reject(RejectReason::protocol_error);
  EXPECT_EQ(longest_data_in(), 8192U);
  send(request(true), kShorter + kShorter);
  expect_reject(RejectReason::protocol_error);
  EXPECT_EQ(longest_data_in(), 8192U);
  EXPECT_TRUE(ask(request(true)).fields.final);
  EXPECT_EQ(longest_data_in(), 8192U) << "a sequence that succeeds brings nothing of those that failed";
  EXPECT_FALSE(rig.closed);
}

//= ledger R7143-6.3-09 R7143-6.3-11
TEST_F(Rfc7143_6_3_TargetTextSequence, KeysOfTheLoginPhaseAreRejected) {
  for (const char* pair : {"AuthMethod=None", "CHAP_A=5", "MaxBurstLength=65536", "HeaderDigest=None",
                           "ErrorRecoveryLevel=0", "InitiatorName=iqn.2026-11.io.lunway:other"}) {
    send(request(true), text_pairs({pair}));
    expect_reject(RejectReason::protocol_error);
  }
  EXPECT_FALSE(rig.closed);
}

// --- The F bit and the tag.

//= ledger R7143-6.4-08 R7143-11.10.4-01 R7143-11.11.1-03 R7143-11.11.1-04 R7143-11.10.4-03
//= ledger R7143-11.11.4-01
TEST_F(Rfc7143_11_11_TargetTextSequence, AnUnfinishedSequenceHasATagAndTheLun) {
  for (const std::string& text : {kShorter, std::string()}) {
    const auto answer = ask(request(false), text);
    EXPECT_FALSE(answer.fields.final) << "F=1 in answer to F=0 is a protocol error";
    EXPECT_NE(answer.fields.ttt, wire::kNoTtt);
    EXPECT_EQ(answer.fields.lun, wire::Lun::from_flat(5));
    EXPECT_EQ(answer.fields.itt, wire::Itt(50));
  }
}

//= ledger R7143-11.11.1-02 R7143-11.11.4-02 R7143-11.11.1-01 R7143-6.4-07
TEST_F(Rfc7143_11_11_TargetTextSequence, AFinishedSequenceHasNoTagAndNoQuestion) {
  const auto answer = ask(request(true), kShorter + text_pairs({"X-com.example.k=1"}));
  EXPECT_TRUE(answer.fields.final);
  EXPECT_EQ(answer.fields.ttt, wire::kNoTtt);
  text::PairReader reader(answer.text);
  while (const auto pair = reader.next()) {
    EXPECT_TRUE(pair->value == "NotUnderstood" || pair->key == "MaxRecvDataSegmentLength") << pair->key;
  }
}

//= ledger R7143-6.4-06
TEST_F(Rfc7143_6_4_TargetTextSequence, AFinalRequestIsNotPutOffWithAnEmptyAnswer) {
  for (const std::string& text : {kShorter, std::string(), text_pairs({"SendTargets="})}) {
    const auto answer = ask(request(true), text);
    EXPECT_TRUE(answer.fields.final || !answer.text.empty());
  }
}

//= ledger R7143-11.10.4-04 R7143-6.2-22 R7143-6.2-19 R7143-10.3-01
TEST_F(Rfc7143_11_10_4_TargetTextSequence, AStalledSequenceIsForgotten) {
  const auto first = ask(request(false), kShorter);
  rig.advance(ConnectionLimits{}.text_exchange_idle);
  while (rig.receive()) continue;  // a ping
  send(request(true, first.fields.ttt), {});
  expect_reject(RejectReason::invalid_pdu_field);
  EXPECT_EQ(longest_data_in(), 8192U);
}

//= ledger R7143-6.2-05
TEST_F(Rfc7143_6_2_TargetTextSequence, OneResponseForOneRequest) {
  ask(request(true), text_pairs({"SendTargets="}));
  EXPECT_TRUE(rig.target_is_silent());
  send(request(false), kShorter);  // and a second one before the answer is read
  send(request(true), {});
  EXPECT_TRUE(rig.receive());
  EXPECT_TRUE(rig.receive());
  EXPECT_TRUE(rig.target_is_silent());
}

// --- The C bit.

//= ledger R7143-6.2-02
TEST_F(Rfc7143_6_2_TargetTextSequence, AContinuedTextIsAnsweredWithNothingUntilItIsWhole) {
  const std::string text = kShorter;
  auto fields = request(false);
  fields.continues = true;
  const auto pause = ask(fields, std::string_view(text).substr(0, 10));
  EXPECT_TRUE(pause.text.empty());
  EXPECT_FALSE(pause.fields.final);
  EXPECT_FALSE(pause.fields.continues);
  EXPECT_TRUE(ask(request(true, pause.fields.ttt), std::string_view(text).substr(10)).fields.final);
  EXPECT_EQ(longest_data_in(), 512U);
}

//= ledger R7143-6.2-01
TEST_F(Rfc7143_6_2_TargetTextSequence, CWithFIsRejected) {
  auto fields = request(true);
  fields.continues = true;
  send(fields, kShorter);
  expect_reject(RejectReason::protocol_error);
}

//= ledger R7143-6.4-04 R7143-11.11.2-01 R7143-11.11.6-01 R7143-11.11.4-01 R7143-6.2-01
TEST(Rfc7143_11_11_TargetLongAnswer, KeepsWithinTheInitiatorsDataSegmentsAndSetsNoFWithC) {
  TargetRig rig;
  rig.directory.targets.assign(40, rig.directory.targets.front());
  rig.send(wire::LoginRequest::build(login_fields(from_to(kOperational, kFullFeature))),
           bytes_of(text_pairs({"InitiatorName=iqn.2026-11.io.lunway:initiator", "SessionType=Discovery",
                                "MaxRecvDataSegmentLength=512"})));
  ASSERT_TRUE(rig.receive());
  wire::TextRequest::Fields request{.immediate = true, .itt = wire::Itt(9)};
  rig.send(wire::TextRequest::build(request), bytes_of(text_pairs({"SendTargets=All"})));
  std::string list;
  int parts = 0;
  while (const auto pdu = rig.receive()) {
    ++parts;
    ASSERT_LT(parts, 100);
    EXPECT_LE(pdu->data.size(), 512U);
    list += pdu->text();
    const wire::TextResponse answer{wire::HeaderView(pdu->header)};
    EXPECT_NE(answer.continues(), answer.final());
    EXPECT_EQ(answer.final(), answer.ttt() == wire::kNoTtt);
    if (answer.final()) break;
    request.ttt = answer.ttt();
    rig.send(wire::TextRequest::build(request));
  }
  EXPECT_GT(parts, 1);
  std::size_t records = 0;
  text::PairReader reader(list, {.bytes = 1U << 20U, .pairs = 1U << 20U});
  while (const auto pair = reader.next()) records += pair->key == "TargetName" ? 1U : 0U;
  EXPECT_EQ(records, 40U);
}

}  // namespace
}  // namespace lunway::session::testing
