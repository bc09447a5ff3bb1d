// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The initiator's half of Text exchanges as ladders: one at a time, cut where the target's buffers end, and given up
// as the RFC says. The negotiations are those that a target asks for with an Asynchronous Message.

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

#include "session/testing/full_feature_ladder.h"
#include "session/testing/initiator_login_ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/reject.h"
#include "wire/task_management_request.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;

struct Texts : FullFeature {
  /// T -> I: Async Message, Negotiation Request
  void ask_to_negotiate() {
    rig.deliver(wire::AsynchronousMessage::build(rig.numbered(
        wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::negotiation_request, .parameter3 = 5})));
  }
  /// T -> I: the last Text Response
  void end(wire::Itt itt, std::string_view data = {}) {
    rig.deliver(wire::TextResponse::build(rig.numbered(wire::TextResponse::Fields{.itt = itt})), data);
  }
  /// T -> I: a Text Response that wants another request
  void go_on(wire::Itt itt, std::string_view data, bool continues = false) {
    // Every Text Request but an immediate one takes a CmdSN.
    rig.exp_cmd_sn = rig.exp_cmd_sn.next();
    rig.deliver(wire::TextResponse::build(rig.numbered(wire::TextResponse::Fields{
                    .final = false, .continues = continues, .lun = wire::Lun(5), .itt = itt, .ttt = wire::Ttt(99)})),
                data);
  }
  std::uint32_t peer_segment() const { return rig.connection.parameters().peer_max_recv_data_segment_length; }
};

// -------------------------------------------------------------------------------------------------- one at a time

using Rfc7143_6_2_InitiatorOneText = Texts;

//= ledger R7143-6.2-05 R7143-11.10-01
TEST_F(Rfc7143_6_2_InitiatorOneText, ASecondExchangeWaitsForTheEndOfTheFirst) {
  rig.log_in();
  const auto first = rig.session.send_targets(rig.time, "", seconds(10));
  const auto second = rig.session.send_targets(rig.time, "", seconds(10));
  rig.pump();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  EXPECT_FALSE(rig.has_sent());
  // Other tasks do not wait.
  const TaskId command = submit({}, {});
  respond(sent<wire::ScsiCommand>().itt);
  EXPECT_NE(completion(command), nullptr);
  // Between two requests of the first, the second does not slip in.
  go_on(itt, text_of_pairs("TargetName=iqn.2026-11.io.lunway:disk"));
  EXPECT_EQ(sent<wire::TextRequest>().itt, itt);
  EXPECT_FALSE(rig.has_sent());
  end(itt);
  EXPECT_NE(rig.result_of<DiscoveryCompletion>(*first), nullptr);
  const auto next = sent<wire::TextRequest>();
  EXPECT_NE(next.itt, itt);
  end(next.itt);
  EXPECT_NE(rig.result_of<DiscoveryCompletion>(*second), nullptr);
}

//= ledger R7143-6.2-05
TEST_F(Rfc7143_6_2_InitiatorOneText, ANegotiationFollowsTheTextThatIsUnderWay) {
  rig.log_in();
  ASSERT_TRUE(rig.session.send_targets(rig.time, "", seconds(10)));
  rig.pump();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  ask_to_negotiate();
  EXPECT_FALSE(rig.has_sent());
  end(itt);
  EXPECT_NE(sent<wire::TextRequest>().itt, itt);
}

TEST_F(Rfc7143_6_2_InitiatorOneText, TwoWishesToNegotiateAreOneNegotiation) {
  rig.log_in();
  ask_to_negotiate();
  ask_to_negotiate();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  EXPECT_FALSE(rig.has_sent());
  end(itt);
  EXPECT_FALSE(rig.has_sent());
  ask_to_negotiate();
  sent<wire::TextRequest>();
}

// ----------------------------------------------------------------------------------------------------- long texts

using Rfc7143_6_2_InitiatorLongText = Texts;

//= ledger R7143-6.2-01 R7143-6.2-03
TEST_F(Rfc7143_6_2_InitiatorLongText, AResponseThatContinuesIsAnsweredWithAnEmptyRequest) {
  rig.log_in();
  ask_to_negotiate();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  go_on(itt, "MaxRecvDataSegm", true);
  const auto request = sent<wire::TextRequest>();
  EXPECT_EQ(last.text(), "");
  EXPECT_FALSE(request.continues);
  EXPECT_EQ(request.ttt, wire::Ttt(99));
  EXPECT_EQ(request.lun, wire::Lun(5));
  end(itt, std::string_view("entLength=4096\0", 15));
  EXPECT_EQ(peer_segment(), 4096U);
}

/// 40 keys that the initiator does not understand.
std::string unknown_keys() {
  std::string pairs;
  for (int i = 0; i < 40; ++i) pairs += "X-com.example.key" + std::to_string(i) + "=1;";
  pairs.pop_back();
  return text_of_pairs(pairs);
}

//= ledger R7143-6.2-01
TEST_F(Rfc7143_6_2_InitiatorLongText, IsCutWhereTheTargetsBufferEnds) {
  rig.log_in("MaxRecvDataSegmentLength=512");
  ask_to_negotiate();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  go_on(itt, unknown_keys());
  // I -> T: answers in parts; C is set in all but the last, F in the last only
  std::string said;
  for (bool continues = true; continues;) {
    const auto part = sent<wire::TextRequest>();
    ASSERT_LE(last.data.size(), 512U);
    ASSERT_NE(last.data.size(), 0U);
    EXPECT_NE(part.continues, part.final);
    said += last.text();
    continues = part.continues;
    if (continues) go_on(itt, "");
  }
  EXPECT_TRUE(said.starts_with(std::string_view("X-com.example.key0=NotUnderstood\0", 33)));
  EXPECT_TRUE(said.ends_with(std::string_view("X-com.example.key39=NotUnderstood\0", 34)));
  end(itt);
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_F(Rfc7143_6_2_InitiatorLongText, AnAnswerBetweenItsPartsBreaksTheRules) {
  rig.log_in("MaxRecvDataSegmentLength=512");
  ask_to_negotiate();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  go_on(itt, unknown_keys());
  EXPECT_TRUE(sent<wire::TextRequest>().continues);
  end(itt);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

// ---------------------------------------------------------------------------------------------- negotiations

using Rfc7143_6_4_InitiatorNegotiation = Texts;

//= ledger R7143-6.4-03 R7143-6.4-05 R7143-6.4-12 R7143-6.2-19 R7143-6.4-01 R7143-6.4-02
TEST_F(Rfc7143_6_4_InitiatorNegotiation, ValuesCountFromTheEndOfTheSequenceOn) {
  rig.log_in();
  ask_to_negotiate();
  const auto first = sent<wire::TextRequest>();
  EXPECT_TRUE(first.final);
  EXPECT_EQ(first.ttt, wire::kNoTtt);
  // T -> I: F=0
  go_on(first.itt, text_of_pairs("MaxRecvDataSegmentLength=1024"));
  const auto second = sent<wire::TextRequest>();
  EXPECT_TRUE(second.final) << "it still wants to finish";
  EXPECT_EQ(second.itt, first.itt);
  write(2048);
  sent<wire::ScsiCommand>();
  EXPECT_EQ(last.data.size(), 2048U) << "not in effect yet";
  end(first.itt);
  EXPECT_EQ(peer_segment(), 1024U);
  write(2048);
  sent<wire::ScsiCommand>();
  EXPECT_EQ(last.data.size(), 1024U);
}

//= ledger R7143-6.4-11 R7143-6.4-09 R7143-6.2-19
TEST_F(Rfc7143_6_4_InitiatorNegotiation, IsResetWhenAKeyComesAgain) {
  rig.log_in();
  ask_to_negotiate();
  const auto first = sent<wire::TextRequest>();
  go_on(first.itt, text_of_pairs("MaxRecvDataSegmentLength=1024"));
  sent<wire::TextRequest>();
  go_on(first.itt, text_of_pairs("MaxRecvDataSegmentLength=2048"));
  // I -> T: the reserved tag, under the same Initiator Task Tag
  const auto reset = sent<wire::TextRequest>();
  EXPECT_EQ(reset.itt, first.itt);
  EXPECT_EQ(reset.ttt, wire::kNoTtt);
  EXPECT_EQ(reset.lun, wire::Lun());
  EXPECT_EQ(last.text(), "");
  end(first.itt);
  EXPECT_EQ(peer_segment(), 8192U) << "nothing of it takes effect";
  EXPECT_EQ(rig.closed(), nullptr);
  // The next negotiation is a new one.
  ask_to_negotiate();
  end(sent<wire::TextRequest>().itt, text_of_pairs("MaxRecvDataSegmentLength=2048"));
  EXPECT_EQ(peer_segment(), 2048U);
}

//= ledger R7143-6.4-12
TEST_F(Rfc7143_6_4_InitiatorNegotiation, ThatFailsAtItsEndChangesNothing) {
  rig.log_in();
  ask_to_negotiate();
  end(sent<wire::TextRequest>().itt, text_of_pairs("MaxRecvDataSegmentLength=1024;MaxBurstLength=512"));
  EXPECT_EQ(peer_segment(), 8192U);
  EXPECT_FALSE(rig.has_sent()) << "the target holds nothing that could be reset";
  EXPECT_EQ(rig.closed(), nullptr);
}

using Rfc7143_10_3_InitiatorNegotiation = Texts;

//= ledger R7143-10.3-01 R7143-10.3-02
TEST_F(Rfc7143_10_3_InitiatorNegotiation, AnEndlessOneIsResetWhenAllKeysHadTheirTurn) {
  rig.log_in();
  ask_to_negotiate();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  wire::Ttt ttt = wire::Ttt(99);
  std::size_t exchanges = 0;
  for (; exchanges < 5000 && ttt != wire::kNoTtt; ++exchanges) {
    go_on(itt, "");
    ttt = sent<wire::TextRequest>().ttt;
  }
  EXPECT_EQ(ttt, wire::kNoTtt);
  EXPECT_GT(exchanges, text::kKeyCount);
}

using Rfc7143_7_12_InitiatorNegotiation = Texts;

//= ledger R7143-7.12-03 R7143-7.12-04 R7143-7.12-05
TEST_F(Rfc7143_7_12_InitiatorNegotiation, ThatFailsHalfWayLeavesTheOldValues) {
  rig.log_in("MaxRecvDataSegmentLength=4096");
  ask_to_negotiate();
  const wire::Itt itt = sent<wire::TextRequest>().itt;
  go_on(itt, text_of_pairs("MaxRecvDataSegmentLength=1024"));
  sent<wire::TextRequest>();
  go_on(itt, text_of_pairs("MaxBurstLength=512"));  // no key of the Full Feature Phase
  EXPECT_EQ(sent<wire::TextRequest>().ttt, wire::kNoTtt);
  end(itt, text_of_pairs("MaxRecvDataSegmentLength=2048"));
  EXPECT_EQ(peer_segment(), 4096U);
  // What came is discarded, too: the next negotiation starts without it.
  ask_to_negotiate();
  end(sent<wire::TextRequest>().itt);
  EXPECT_EQ(peer_segment(), 4096U);
}

TEST_F(Rfc7143_7_12_InitiatorNegotiation, ThatWasRejectedCanBeAskedForAgain) {
  rig.log_in();
  ask_to_negotiate();
  sent<wire::TextRequest>();
  const wire::Header rejected = last.header;
  rig.exp_cmd_sn = rig.exp_cmd_sn.next();
  rig.deliver(wire::Reject::build(rig.numbered(wire::Reject::Fields{.reason = wire::RejectReason::negotiation_reset})),
              Bytes(rejected));
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(peer_segment(), 8192U);
  ask_to_negotiate();
  sent<wire::TextRequest>();
}

// ---------------------------------------------------------------------------------------------------- hostility

/// Keys of all kinds, sometimes cut in the middle.
std::string any_text(std::mt19937& random) {
  constexpr std::array<std::string_view, 9> kPairs{"MaxRecvDataSegmentLength=1024",
                                                   "MaxRecvDataSegmentLength=0",
                                                   "TargetAddress=10.0.0.1,1",
                                                   "X-a=1",
                                                   "X-b=NotUnderstood",
                                                   "HeaderDigest=None",
                                                   "=",
                                                   "",
                                                   "TargetName=iqn.2026-11.io.lunway:disk"};
  std::string text;
  for (auto pairs = random() % 40; pairs > 0; --pairs) text += std::string(kPairs[random() % kPairs.size()]) + '\0';
  if (random() % 4 == 0) text.resize(text.size() / 2);
  return text;
}

wire::TextResponse::Fields any_response(std::mt19937& random, wire::Itt itt) {
  wire::TextResponse::Fields fields{.final = random() % 2 == 0, .itt = itt};
  if (fields.final) return fields;
  fields.continues = random() % 2 == 0;
  fields.ttt = wire::Ttt(static_cast<std::uint32_t>(random() % 3));
  return fields;
}

// An exchange may end well, fail or end the connection. One that goes on keeps to the target's limits, and nothing is
// left of it in the end.
TEST_F(Texts, RandomResponsesNeverBreakTheEngine) {
  std::mt19937 random(7143);
  for (int round = 0; round < 500; ++round) {
    InitiatorRig hostile;
    hostile.log_in("MaxRecvDataSegmentLength=512");
    const auto asked = hostile.session.send_targets(hostile.time, "", seconds(10));
    hostile.pump();
    hostile.deliver(wire::AsynchronousMessage::build(hostile.numbered(
        wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::negotiation_request, .parameter3 = 5})));
    for (int i = 0; i < 12 && hostile.closed() == nullptr && hostile.has_sent(); ++i) {
      const SentPdu request = hostile.next_sent();
      ASSERT_EQ(request.opcode(), wire::Opcode::text_request);
      ASSERT_LE(request.data.size(), 512U);
      hostile.exp_cmd_sn = hostile.exp_cmd_sn.next();
      hostile.deliver(wire::TextResponse::build(hostile.numbered(any_response(random, request.itt()))),
                      std::string_view(any_text(random)));
    }
    hostile.connection.transport_ended(hostile.time);
    hostile.pump();
    ASSERT_EQ(hostile.done.size(), 1U);
    EXPECT_EQ(hostile.done[0].task, *asked);
    EXPECT_EQ(hostile.session.active_tasks(), 0U);
  }
}

}  // namespace
}  // namespace lunway::session
