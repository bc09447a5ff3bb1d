// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/pcap/capture_judge.h"

#include <gtest/gtest.h>

#include "capture/conversation.h"
#include "conformance/check/testing/talk.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

/// A session as it should be, cut into pieces of `piece` bytes. `break_it` lets the target leave out a StatSN.
std::vector<std::byte> capture_of_a_session(std::size_t piece, bool break_it = false, wire::Digests digests = {}) {
  capture::PcapngFile file;
  capture::Conversation conversation(file);
  Talk talk;
  const auto say = [&](wire::Role sender, const Pdu& pdu, wire::Digests with = {}) {
    const std::vector<std::byte> bytes = encode(pdu, with);
    for (Bytes rest(bytes); !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
      const Bytes part = rest.first(std::min(piece, rest.size()));
      sender == Talk::initiator ? conversation.from_initiator(part) : conversation.from_target(part);
    }
  };
  Text offers = Talk::names();
  Text answers = {{"TargetPortalGroupTag", "1"}};
  for (Text* text : {&offers, &answers}) {
    text->push_back({"HeaderDigest", digests.header ? "CRC32C" : "None"});
    text->push_back({"DataDigest", digests.data ? "CRC32C" : "None"});
  }
  say(Talk::initiator, talk.login_request().with_text(offers));
  say(Talk::target, talk.login_response().with_text(answers));
  say(Talk::initiator, talk.nop_out(2).with_data(bytes_of("ping")), digests);
  if (break_it) ++talk.stat_sn;
  say(Talk::target, talk.nop_in(2).with_data(bytes_of("ping")), digests);
  return {file.bytes().begin(), file.bytes().end()};
}

TEST(CaptureJudge, FindsNothingInAGoodSessionHoweverItIsCut) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{48}, std::size_t{4096}}) {
    const std::vector<std::byte> file = capture_of_a_session(piece);
    const Result<CaptureReport> report = judge_capture(file, {.port = 3260});
    ASSERT_TRUE(report.has_value());
    ASSERT_EQ(report->conversations.size(), 1U);
    EXPECT_EQ(report->conversations[0].pdus, 4U);
    EXPECT_EQ(report->conversations[0].remark, "");
    EXPECT_TRUE(report->findings.empty()) << report->findings[0].violation.finding.got;
    EXPECT_FALSE(report->is_damaged);
  }
}

TEST(CaptureJudge, LearnsTheDigestsFromTheLogin) {
  const std::vector<std::byte> file = capture_of_a_session(100, false, {.header = true, .data = true});
  const Result<CaptureReport> report = judge_capture(file);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->conversations[0].pdus, 4U);
  EXPECT_TRUE(report->findings.empty());
}

TEST(CaptureJudge, SaysWhoAndInWhichFrame) {
  const std::vector<std::byte> file = capture_of_a_session(4096, true);
  const Result<CaptureReport> report = judge_capture(file);
  ASSERT_TRUE(report.has_value());
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->findings[0].violation.rule->id, "stat-sn/one-by-one");
  EXPECT_EQ(report->findings[0].violation.by, wire::Role::target);
  EXPECT_EQ(report->findings[0].frame, report->frames);
}

TEST(CaptureJudge, FindsAConversationOfAnyPortByItsLogin) {
  const Result<CaptureReport> report = judge_capture(capture_of_a_session(4096), {.port = 1});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->conversations.size(), 1U);
}

TEST(CaptureJudge, SurvivesEveryCutOfTheFile) {
  const std::vector<std::byte> file = capture_of_a_session(4096);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Result<CaptureReport> report = judge_capture(Bytes(file).first(size));
    EXPECT_TRUE(!report || report->findings.empty());
  }
}

TEST(CaptureJudge, TakesNothingElseForACapture) {
  EXPECT_FALSE(judge_capture(bytes_of("This is a text, and no capture of anything at all.")).has_value());
}

}  // namespace
}  // namespace lunway::conformance
