// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/sense.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace lunway::initiator {
namespace {

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> all;
  for (const unsigned value : values) all.push_back(static_cast<std::byte>(value));
  return all;
}

TEST(SenseData, FixedForm) {
  const auto sense = parse_sense(bytes({0xf0, 0, 0x05, 0, 0, 0x12, 0x34, 10, 0, 0, 0, 0, 0x21, 0x00, 0, 0, 0, 0}));
  ASSERT_TRUE(sense);
  EXPECT_EQ(sense->key, 5);
  EXPECT_EQ(sense->information, 0x1234U);
  EXPECT_FALSE(sense->deferred);
  EXPECT_EQ(sense->to_string(), "ILLEGAL REQUEST, logical block address out of range (05h 21h/00h)");
}

TEST(SenseData, DescriptorFormWithInformation) {
  const auto sense =
      parse_sense(bytes({0x72, 0x03, 0x11, 0x00, 0, 0, 0, 12, 0x00, 0x0a, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 2}));
  ASSERT_TRUE(sense);
  EXPECT_EQ(sense->key, 3);
  EXPECT_EQ(sense->information, 0x1'0000'0002U);
}

TEST(SenseData, DescriptorLengthsThatLieStayInside) {
  const auto full = bytes({0x72, 0x03, 0x11, 0x00, 0, 0, 0, 255, 0x00, 0x0a, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 2});
  for (std::size_t size = 1; size <= full.size(); ++size) {
    const auto sense = parse_sense(Bytes(full).first(size));
    ASSERT_TRUE(sense);
    EXPECT_EQ(sense->information.has_value(), size == full.size());
  }
}

TEST(SenseData, ShortAndUnknownFormsAreValues) {
  EXPECT_FALSE(parse_sense({}));
  EXPECT_FALSE(parse_sense(bytes({0x7f, 0, 0})));
  const auto cut = parse_sense(bytes({0x70, 0, 0x06}));
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->asc, 0);
  EXPECT_EQ(cut->to_string(), "UNIT ATTENTION (06h 00h/00h)");
}

TEST(Advice, FollowsStatusAndSense) {
  const auto power_on = parse_sense(bytes({0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0}));
  const auto deferred = parse_sense(bytes({0x71, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0}));
  const auto becoming_ready = parse_sense(bytes({0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04, 1}));
  const auto illegal = parse_sense(bytes({0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0}));
  EXPECT_EQ(advise(kStatusGood, {}), Advice::report);
  EXPECT_EQ(advise(kStatusBusy, {}), Advice::repeat_later);
  EXPECT_EQ(advise(kStatusTaskSetFull, {}), Advice::repeat_later);
  EXPECT_EQ(advise(kStatusReservationConflict, {}), Advice::report);
  EXPECT_EQ(advise(kStatusCheckCondition, {}), Advice::report);
  EXPECT_EQ(advise(kStatusCheckCondition, power_on), Advice::repeat_at_once);
  EXPECT_EQ(advise(kStatusCheckCondition, deferred), Advice::report);
  EXPECT_EQ(advise(kStatusCheckCondition, becoming_ready), Advice::repeat_later);
  EXPECT_EQ(advise(kStatusCheckCondition, illegal), Advice::report);
  EXPECT_TRUE(changes_what_we_know(*power_on));
  EXPECT_FALSE(changes_what_we_know(*illegal));
}

TEST(ScsiResult, IsASentence) {
  EXPECT_EQ((ScsiResult{.status = 0x28}).to_string(), "TASK SET FULL");
  EXPECT_EQ((ScsiResult{.status = 0x7f}).to_string(), "status 7fh");
}

}  // namespace
}  // namespace lunway::initiator
