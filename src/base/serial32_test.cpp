// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "base/serial32.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <concepts>

namespace lunway {
namespace {

using Number = Serial32<struct NumberTag>;

static_assert(!std::totally_ordered<Number>, "a serial number that wraps has no total order");

TEST(Rfc7143_4_2_2_1_SerialNumber, OrderSurvivesTheWrap) {
  EXPECT_TRUE(Number(0xffffffff).precedes(Number(0)));
  EXPECT_FALSE(Number(0).precedes(Number(0xffffffff)));
  EXPECT_EQ(Number(0xfffffffe).distance_to(Number(3)), 5U);
  EXPECT_EQ(Number(0xffffffff).next(), Number(0));
  EXPECT_EQ(Number(0).previous(), Number(0xffffffff));
}

TEST(Rfc7143_4_2_2_1_SerialNumber, NumbersHalfTheCircleApartHaveNoOrder) {
  EXPECT_FALSE(Number(0).precedes(Number(0x80000000)));
  EXPECT_FALSE(Number(0x80000000).precedes(Number(0)));
}

RC_GTEST_PROP(Rfc7143_4_2_2_1_SerialNumber, EitherPrecedesOrEqualsOrFollows, (std::uint32_t a, std::uint32_t b)) {
  RC_PRE(a - b != 0x80000000U);
  const int relations = int{Number(a).precedes(Number(b))} + int{Number(b).precedes(Number(a))} + int{a == b};
  RC_ASSERT(relations == 1);
}

}  // namespace
}  // namespace lunway
