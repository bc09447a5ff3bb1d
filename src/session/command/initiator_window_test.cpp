// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/initiator_window.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace lunway::session {
namespace {

using wire::CmdSN;

TEST(Rfc7143_4_2_2_1_InitiatorWindow, IsClosedUntilTheTargetHasSpoken) {
  InitiatorWindow window(CmdSN(0xffffffff));
  EXPECT_FALSE(window.is_open());
  window.update(CmdSN(0xffffffff), CmdSN(0));
  EXPECT_TRUE(window.is_open());
  EXPECT_EQ(window.take(), CmdSN(0xffffffff));
  EXPECT_EQ(window.take(), CmdSN(0));
  EXPECT_FALSE(window.is_open());
}

/// Updates at random, held against numbers that never wrap.
//= ledger R7143-4.2.2.1-10 R7143-4.2.2.1-18
TEST(Rfc7143_4_2_2_1_InitiatorWindow, FollowsTheRulesForStaleAndContradictoryNumbers) {
  rc::check([](std::uint32_t first) {
    constexpr std::int64_t kBase = 100;  // so that stale numbers stay positive
    const auto sn = [first](std::int64_t number) {
      return CmdSN(first).advanced_by(static_cast<std::uint32_t>(number - kBase));
    };
    InitiatorWindow window{CmdSN(first)};
    std::int64_t next = kBase, expected = kBase, max = kBase - 1;
    const auto updates = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(-20, 20), rc::gen::inRange(-20, 20)));
    for (const auto& [expected_step, max_step] : updates) {
      const std::int64_t exp_cmd_sn = expected + expected_step;
      const std::int64_t max_cmd_sn = max + max_step;
      window.update(sn(exp_cmd_sn), sn(max_cmd_sn));
      if (max_cmd_sn >= exp_cmd_sn - 1) {
        max = std::max(max, max_cmd_sn);
        if (exp_cmd_sn <= next) expected = std::max(expected, exp_cmd_sn);
      }
      RC_ASSERT(window.expected() == sn(expected));
      RC_ASSERT(window.is_open() == (next <= max));
      if (!window.is_open()) continue;
      RC_ASSERT(window.take() == sn(next));
      ++next;
    }
  });
}

}  // namespace
}  // namespace lunway::session
