// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/serve_reload.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>
#include <vector>

namespace lunway::cli {
namespace {

/// A file that changes while others take long over what they have read of it.
TEST(Reloads, WhatWasWrittenBeforeTheLastRequestIsInForce) {
  std::atomic<int> file = 0;
  std::atomic<int> in_force = 0;
  Reloads reloads([&]() -> Reloaded {
    const int content = file;
    poll(nullptr, 0, content % 2 == 0 ? 1 : 5);
    in_force = content;
    return {};
  });
  for (int round = 0; round < 5; ++round) {
    std::vector<std::jthread> requests;
    for (int i = 0; i < 8; ++i) {
      ++file;
      requests.emplace_back([&reloads] { EXPECT_TRUE(reloads.run()); });
      poll(nullptr, 0, 1);
    }
    requests.clear();
    EXPECT_EQ(in_force, file);
  }
}

}  // namespace
}  // namespace lunway::cli
