// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/sense_segment.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/testing/arbitrary.h"
#include "wire/testing/hex.h"

namespace lunway::wire {
namespace {

using namespace testing;

TEST(Rfc7143_11_4_7_SenseSegment, GoldenBytes) {
  const auto sense = bytes_from_hex("70 00 05");
  const auto rest = bytes_from_hex("aa bb");
  const SenseSegment segment{.sense = sense, .rest = rest};
  std::vector<std::byte> buffer(segment.size());
  segment.write(buffer);
  EXPECT_EQ(buffer, bytes_from_hex("00 03 70 00 05 aa bb"));
}

TEST(Rfc7143_11_4_7_SenseSegment, NothingToSayIsNoSegment) {
  EXPECT_EQ(SenseSegment{}.size(), 0U);
  EXPECT_TRUE(SenseSegment::parse({})->sense.empty());
}

TEST(Rfc7143_11_4_7_1_SenseSegment, TheSenseEndsWithinTheSegment) {
  EXPECT_EQ(SenseSegment::parse(bytes_from_hex("00")).error().section, "11.4.7");
  EXPECT_EQ(SenseSegment::parse(bytes_from_hex("00 03 70 00")).error().section, "11.4.7.1");
}

RC_GTEST_PROP(Rfc7143_11_4_7_SenseSegment, SurvivesTheWire, ()) {
  const auto sense = any_bytes(*rc::gen::inRange<std::size_t>(0, 252));
  const auto rest = any_bytes(*rc::gen::inRange<std::size_t>(0, 20));
  const SenseSegment segment{.sense = sense, .rest = rest};
  std::vector<std::byte> buffer(512);

  const auto read = SenseSegment::parse(segment.write(buffer));

  RC_ASSERT(read.has_value());
  RC_ASSERT(std::ranges::equal(read->sense, sense));
  RC_ASSERT(std::ranges::equal(read->rest, rest));
}

}  // namespace
}  // namespace lunway::wire
