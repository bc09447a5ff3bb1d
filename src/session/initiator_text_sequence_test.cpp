// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sequences of Text Requests as ladders: their tags, their pieces, and new values for the Full Feature Phase.
//= rfc7143#6.4
//= rfc7143#11.10

#include <gtest/gtest.h>

#include <string>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/full_feature_ladder.h"
#include "session/testing/initiator_login_ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::session {
namespace {

using std::chrono::seconds;

struct TextLadder : FullFeature {
  wire::TextRequest::Fields text_request() { return sent<wire::TextRequest>(); }

  /// T -> I a Text Response; the window moves on with each request.
  void answer(wire::TextResponse::Fields fields, std::string_view text = {}) {
    rig.exp_cmd_sn = rig.exp_cmd_sn.next();
    rig.deliver(wire::TextResponse::build(rig.numbered(fields)), text);
  }
  static wire::TextResponse::Fields unfinished(wire::Itt itt) {
    return {.final = false, .lun = wire::Lun(5), .itt = itt, .ttt = wire::Ttt(0x99)};
  }

  /// T -> I: let us negotiate.
  void ask_for_negotiation() {
    rig.deliver(wire::AsynchronousMessage::build(rig.numbered(
        wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::negotiation_request, .parameter3 = 5})));
  }
};

/// Keys that nobody knows.
std::string unknown_keys(int count) {
  std::string pairs;
  for (int i = 0; i < count; ++i) pairs += "X-com.example.k" + std::to_string(100 + i) + "=1" + '\0';
  return pairs;
}

using Rfc7143_11_10_2_InitiatorText = TextLadder;
using Rfc7143_11_10_4_InitiatorText = TextLadder;
using Rfc7143_11_11_InitiatorText = TextLadder;
using Rfc7143_13_12_InitiatorText = TextLadder;
using Rfc7143_C_InitiatorText = TextLadder;

// --------------------------------------------------------------------------------------------------- long requests

//= ledger R7143-11.10.2-01 R7143-11.10.3-01 R7143-11.10.3-02 R7143-11.10.5-01 R7143-11.11.4-03
TEST_F(Rfc7143_11_10_2_InitiatorText, AreCutToWhatTheTargetTakes) {
  rig.log_in("MaxRecvDataSegmentLength=512");
  ask_for_negotiation();
  const auto first = text_request();
  // T -> I: a hundred keys that want an answer
  answer(unfinished(first.itt), unknown_keys(100));
  std::string text;
  int pieces = 0;
  for (bool more = true; more && pieces < 20; ++pieces) {
    const auto request = text_request();
    EXPECT_LE(last.data.size(), 512U);
    EXPECT_NE(request.continues, request.final);
    EXPECT_EQ(request.itt, first.itt);
    EXPECT_EQ(request.immediate, first.immediate);
    EXPECT_EQ(request.ttt, wire::Ttt(0x99));
    EXPECT_EQ(request.lun, wire::Lun(5));
    text += last.text();
    more = request.continues;
    // T -> I: nothing, until the text is whole
    if (more) answer(unfinished(first.itt));
  }
  EXPECT_GT(pieces, 4);
  text::PairReader reader(text);
  int answers = 0;
  while (const auto pair = reader.next()) {
    ++answers;
    EXPECT_EQ(pair->value, "NotUnderstood");
  }
  EXPECT_FALSE(reader.fault());
  EXPECT_EQ(answers, 100);
  answer({.itt = first.itt});
  EXPECT_EQ(rig.closed(), nullptr);
}

struct BadPause {
  const char* name;
  wire::TextResponse::Fields fields;
  std::string_view text;
};

class Rfc7143_11_11_InitiatorTextPauses : public TextLadder, public ::testing::WithParamInterface<BadPause> {};

TEST_P(Rfc7143_11_11_InitiatorTextPauses, EndTheConnection) {
  rig.log_in("MaxRecvDataSegmentLength=512");
  ask_for_negotiation();
  const wire::Itt itt = text_request().itt;
  answer(unfinished(itt), unknown_keys(40));
  ASSERT_TRUE(text_request().continues);
  // T -> I: no empty answer without the F bit
  wire::TextResponse::Fields fields = GetParam().fields;
  fields.itt = itt;
  answer(fields, GetParam().text);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc7143_11_11_InitiatorTextPauses,
    ::testing::Values(BadPause{"Final", {}, ""},
                      BadPause{"WithText", TextLadder::unfinished({}), std::string_view("X-a=1\0", 6)},
                      BadPause{"WithCBit", {.final = false, .continues = true, .ttt = wire::Ttt(0x99)}, ""}),
    [](const auto& test) { return std::string(test.param.name); });

// -------------------------------------------------------------------------------------------------------------- tags

//= ledger R7143-11.10.4-02
TEST_F(Rfc7143_11_10_4_InitiatorText, TheTagOfAFinalResponseMeansNothing) {
  rig.log_in();
  const auto task = rig.session.send_targets(rig.time, "", seconds(10));
  rig.pump();
  const wire::Itt itt = text_request().itt;
  answer({.lun = wire::Lun(5), .itt = itt, .ttt = wire::Ttt(0x99)});
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_NE(rig.result_of<DiscoveryCompletion>(*task), nullptr);
  // I -> T: the next sequence starts from nothing
  ASSERT_TRUE(rig.session.send_targets(rig.time, "", seconds(10)));
  rig.pump();
  const auto next = text_request();
  EXPECT_EQ(next.ttt, wire::kNoTtt);
  EXPECT_EQ(next.lun, wire::Lun{});
}

// ----------------------------------------------------------------------------------------- values that may change

//= ledger R7143-13.12-02
TEST_F(Rfc7143_13_12_InitiatorText, TheTargetMayTakeLessFromNowOn) {
  rig.log_in("ImmediateData=Yes;MaxRecvDataSegmentLength=4096");
  write(4096);
  sent<wire::ScsiCommand>();
  EXPECT_EQ(last.data.size(), 4096U);
  ask_for_negotiation();
  const wire::Itt itt = text_request().itt;
  answer(unfinished(itt), std::string_view("MaxRecvDataSegmentLength=512\0", 29));
  text_request();
  // I -> T: the sequence is not over
  write(4096);
  sent<wire::ScsiCommand>();
  EXPECT_EQ(last.data.size(), 4096U);
  answer({.itt = itt});
  // I -> T: now it is
  write(4096);
  const wire::Itt command = sent<wire::ScsiCommand>().itt;
  EXPECT_EQ(last.data.size(), 512U);
  r2t(command, 0, 512, 3584);
  for (std::uint32_t sn = 0; sn < 7; ++sn) expect_data_out(0x500, sn, 512 * (sn + 1), 512, sn == 6);
}

TEST_F(Rfc7143_13_12_InitiatorText, AnEndlessNegotiationIsGivenUpAndChangesNothing) {
  rig.log_in("MaxRecvDataSegmentLength=4096");
  ask_for_negotiation();
  const std::string filler = "MaxRecvDataSegmentLength=512" + std::string(1, '\0') + std::string(8000, 'x');
  int rounds = 0;
  for (; rig.has_sent() && rounds < 100; ++rounds) {
    auto part = unfinished(text_request().itt);
    part.continues = true;
    answer(part, filler);
  }
  EXPECT_LT(rounds, 20);
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(rig.connection.parameters().peer_max_recv_data_segment_length, 4096U);
}

// ------------------------------------------------------------------------------------------------------- SendTargets

//= ledger R7143-AppC-06 R7143-AppC-07
TEST_F(Rfc7143_C_InitiatorText, SendTargetsIsTheOnlyKeyAndMayComeAgain) {
  rig.log_in();
  for (const std::string value : {"", "iqn.2026-11.io.lunway:disk", ""}) {
    const auto task = rig.session.send_targets(rig.time, value, seconds(10));
    rig.pump();
    const wire::Itt itt = text_request().itt;
    EXPECT_EQ(last.text(), "SendTargets=" + value + '\0');
    answer({.itt = itt});
    EXPECT_NE(rig.result_of<DiscoveryCompletion>(*task), nullptr);
  }
}

//= ledger R7143-AppC-17
TEST(Rfc7143_C_InitiatorDiscovery, StaysOpenForAnotherSendTargets) {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.target_name.clear();
  profile.session_type = text::SessionType::discovery;
  InitiatorRig rig(profile);
  rig.log_in();
  for (int times = 0; times < 3; ++times) {
    const auto task = rig.session.send_targets(rig.time, "All", seconds(10));
    rig.pump();
    const SentPdu request = rig.next_sent();
    EXPECT_EQ(request.text(), std::string_view("SendTargets=All\0", 16));
    rig.exp_cmd_sn = rig.exp_cmd_sn.next();
    rig.deliver(wire::TextResponse::build(rig.numbered(wire::TextResponse::Fields{.itt = request.itt()})));
    EXPECT_NE(rig.result_of<DiscoveryCompletion>(*task), nullptr);
    EXPECT_FALSE(rig.has_sent()) << "no logout";
  }
}

struct Rfc7143_C_InitiatorLogin : InitiatorLoginLadder {};

//= ledger R7143-AppC-01
TEST_F(Rfc7143_C_InitiatorLogin, SendTargetsWaitsForTheFullFeaturePhase) {
  ASSERT_TRUE(rig.session.send_targets(rig.time, "", seconds(10)));
  rig.pump();
  const auto says_it = [&] { return last.text().find("SendTargets") != std::string_view::npos; };
  request();
  EXPECT_FALSE(says_it());
  EXPECT_FALSE(rig.has_sent());
  deliver(transit(kSecurity, kOperational), "AuthMethod=None");
  offer();
  EXPECT_FALSE(says_it());
  EXPECT_FALSE(rig.has_sent());
  accept();
  last = rig.next_sent();
  EXPECT_EQ(last.opcode(), wire::Opcode::text_request);
  EXPECT_TRUE(says_it());
}

}  // namespace
}  // namespace lunway::session
