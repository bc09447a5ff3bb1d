// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management of the initiator library against a server in the same process: functions while commands are under
// way, queries, what other sessions see.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "lunway/initiator.h"
#include "tests/integration/memory_server.h"

namespace lunway::testing {
namespace {

using initiator::AbortOutcome;
using initiator::ErrorKind;
using initiator::ManagementResult;
using initiator::Options;
using initiator::Result;
using initiator::Session;
using initiator::TaskManagement;
using initiator::TaskReporting;

constexpr std::size_t kBytes = 1 << 20;

class Rfc7143_4_2_3_Library : public ::testing::TestWithParam<TaskReporting> {
 protected:
  Session connect(std::uint64_t isid = 1) {
    Options options;
    options.isid = isid;
    options.task_reporting = GetParam();
    // What a reset ends stays ended.
    options.reconnect_time = {};
    // So that writes wait for R2Ts.
    options.initial_r2t = true;
    options.immediate_data = false;
    options.max_burst_length = 16384;
    auto session = Session::connect(server.url(), std::move(options));
    if (!session) throw std::runtime_error(session.error().message);
    return std::move(*session);
  }

  MemoryServer server;
};

TEST_P(Rfc7143_4_2_3_Library, WhatWasOfferedIsAgreedOn) {
  const Session session = connect();
  EXPECT_EQ(session.negotiated().task_reporting, GetParam());
  EXPECT_EQ(session.negotiated().protocol_level, 2);
}

TEST_P(Rfc7143_4_2_3_Library, AResetEndsWritesUnderWayAndTheUnitServesOn) {
  Session session = connect();
  std::vector<std::byte> data(kBytes, std::byte{0x5a});
  for (const auto function : {TaskManagement::abort_task_set, TaskManagement::clear_task_set, TaskManagement::lun_reset,
                              TaskManagement::target_warm_reset}) {
    std::vector<std::optional<Result<>>> ends(8);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      ASSERT_TRUE(session.submit_write(i * 64, data, [&ends, i](Result<> result) { ends[i] = std::move(result); }));
    }
    session.service();
    const auto answer = session.manage(function);
    ASSERT_TRUE(answer) << answer.error().message;
    while (session.in_flight() != 0) session.wait(std::chrono::milliseconds(10));
    for (int turns = 0; turns < 10; ++turns) session.service();
    for (const auto& end : ends) {
      ASSERT_TRUE(end);
      EXPECT_TRUE(*end || end->error().kind == ErrorKind::aborted) << end->error().message;
    }
    EXPECT_TRUE(session.write(0, data));
    std::vector<std::byte> back(kBytes);
    ASSERT_TRUE(session.read(0, back));
    EXPECT_EQ(back, data);
  }
  EXPECT_TRUE(session.logout());
}

TEST_P(Rfc7143_4_2_3_Library, AnAbortSaysWhatBecameOfTheCommand) {
  Session session = connect();
  std::vector<std::byte> data(kBytes);
  for (int round = 0; round < 20; ++round) {
    std::optional<Result<>> end;
    const auto write = session.submit_write(0, data, [&](Result<> result) { end = std::move(result); });
    ASSERT_TRUE(write);
    for (int turns = 0; turns < round; ++turns) session.service();
    const auto outcome = session.abort_and_wait(*write);
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_TRUE(end);
    EXPECT_EQ(*outcome == AbortOutcome::ended_first, end->has_value());
  }
}

TEST_P(Rfc7143_4_2_3_Library, QueriesFindWhatThereIs) {
  Session session = connect();
  ASSERT_TRUE(session.capacity());
  const auto idle = session.manage(TaskManagement::query_task_set);
  ASSERT_TRUE(idle) << idle.error().message;
  EXPECT_FALSE(idle->found);
  EXPECT_FALSE(session.query_task(12345)->found);

  auto quiet = session.manage(TaskManagement::query_asynchronous_event);
  ASSERT_TRUE(quiet) << quiet.error().message;
  EXPECT_FALSE(quiet->found);
  Session other = connect(2);
  ASSERT_TRUE(other.manage(TaskManagement::lun_reset));
  const auto news = session.manage(TaskManagement::query_asynchronous_event);
  ASSERT_TRUE(news) << news.error().message;
  EXPECT_TRUE(news->found);
  ASSERT_TRUE(news->event);
  EXPECT_EQ(news->event->key, 6);
  EXPECT_EQ(news->event->asc, 0x29);
  // Being asked has not taken it away.
  const auto reported = session.execute({.cdb = std::vector<std::byte>(6), .retry = false});
  ASSERT_TRUE(reported && reported->sense);
  EXPECT_EQ(reported->sense->asc, 0x29);
}

TEST_P(Rfc7143_4_2_3_Library, AResetOfTheNexusEndsTheSessionAndNoOther) {
  Session session = connect();
  Session other = connect(2);
  ASSERT_TRUE(other.capacity());
  const auto answer = session.manage(TaskManagement::i_t_nexus_reset);
  EXPECT_TRUE(answer || answer.error().kind == ErrorKind::connection_lost);
  while (session.state() != initiator::SessionState::closed) session.wait(std::chrono::milliseconds(10));
  EXPECT_TRUE(other.capacity());
  EXPECT_TRUE(other.logout());
}

INSTANTIATE_TEST_SUITE_P(TaskReporting, Rfc7143_4_2_3_Library,
                         ::testing::Values(TaskReporting::rfc3720, TaskReporting::response_fence,
                                           TaskReporting::fast_abort));

}  // namespace
}  // namespace lunway::testing
