// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "conformance/report/testing/sample_run.h"

namespace lunway::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string text_of_capture(std::span<const Event> events) {
  const capture::PcapngFile file = capture_of(events);
  return std::string(text_of(file.bytes()));
}

std::string text_of_bytes(const std::vector<std::byte>& bytes) { return std::string(text_of(bytes)); }

TEST(Capture, HoldsWhatWentOverTheWire) {
  const RunResult run = sample_run();
  const std::vector<Event>& events = outcome_with(run, Verdict::fail).events;
  const std::string capture = text_of_capture(events);
  for (const Event& event : events) EXPECT_THAT(capture, HasSubstr(text_of_bytes(event.bytes)));
}

TEST(Capture, NoteStandsBesideThePacketThatFollows) {
  const RunResult run = sample_run();
  const std::string capture = text_of_capture(outcome_with(run, Verdict::fail).events);
  const std::size_t note = capture.find("a login with a key");
  ASSERT_NE(note, std::string::npos);
  // A comment stands behind its packet.
  EXPECT_LT(capture.find("InitiatorName"), note);
  EXPECT_GT(capture.find("TargetAlias"), note);
}

TEST(Capture, FindingStandsBesideThePacketThatShowsIt) {
  const RunResult run = sample_run();
  const std::string capture = text_of_capture(outcome_with(run, Verdict::fail).events);
  const std::size_t finding = capture.find("FINDING: expected silence");
  ASSERT_NE(finding, std::string::npos);
  EXPECT_LT(capture.find("TargetAlias"), finding);
  EXPECT_GT(capture.find("\xde\xad"), finding);
}

TEST(Capture, RemarksWithoutAnyPacketAreLeftOut) {
  const Event note = {.kind = Event::Kind::note, .when = Instant(), .text = "alone"};
  EXPECT_THAT(text_of_capture(std::span(&note, 1)), Not(HasSubstr("alone")));
}

TEST(Capture, NothingSaidIsAnEmptyCapture) {
  EXPECT_EQ(text_of_capture({}).size(), capture::PcapngFile().bytes().size());
}

TEST(CaptureName, HasNoFolder) { EXPECT_EQ(capture_name("6.3.1/portal-group"), "6.3.1-portal-group.pcapng"); }

}  // namespace
}  // namespace lunway::conformance
