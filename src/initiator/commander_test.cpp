// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands as a host sends them, against a target that has no room, has news, or goes away.

#include "initiator/commander.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "initiator/sense.h"
#include "initiator/testing/client_and_target.h"
#include "wire/data_in.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;
using wire::ScsiStatus;

constexpr milliseconds kMoment{50};

/// UNIT ATTENTION, power on
constexpr std::array kUnitAttention{std::byte{0x70}, std::byte{0}, std::byte{6},    std::byte{0}, std::byte{0},
                                    std::byte{0},    std::byte{0}, std::byte{6},    std::byte{0}, std::byte{0},
                                    std::byte{0},    std::byte{0}, std::byte{0x29}, std::byte{0}};

/// A command and its end.
struct Sent {
  TaskId id = 0;
  std::optional<Result<ScsiResult>> result;
};

struct Commands : ClientAndTarget {
  void begin() {
    log_in();
    commander.emplace(*client);
  }
  ~Commands() override { commander.reset(); }

  /// Sends a TEST UNIT READY whose first byte is `opcode`.
  void submit(Sent& sent, bool retry = true, std::uint8_t opcode = 0) {
    Command command{.cdb = std::vector<std::byte>(6), .retry = retry};
    command.cdb[0] = std::byte{opcode};
    const auto id =
        commander->submit(std::move(command), [&sent](Result<ScsiResult> result) { sent.result = std::move(result); });
    ASSERT_TRUE(id) << id.error().message;
    sent.id = *id;
  }
  wire::Itt next_command() { return target.next_as<wire::ScsiCommand>().itt; }
  void wait_for(const Sent& sent) {
    ASSERT_TRUE(turn_until([&] { return sent.result.has_value(); }));
  }
  void expect_status(const Sent& sent, std::uint8_t status) {
    wait_for(sent);
    ASSERT_TRUE(*sent.result) << sent.result->error().message;
    EXPECT_EQ((*sent.result)->status, status);
  }
  void expect_error(const Sent& sent, ErrorKind kind) {
    wait_for(sent);
    ASSERT_FALSE(*sent.result);
    EXPECT_EQ(sent.result->error().kind, kind) << sent.result->error().message;
  }

  std::optional<Commander> commander;
};

using CommanderRetry = Commands;

TEST_F(CommanderRetry, AUnitAttentionIsToldAndAbsorbed) {
  begin();
  int told = 0;
  commander->on_unit_attention([&](const Sense& sense) { told += sense.asc == 0x29 ? 1 : 0; });
  Sent command;
  submit(command);
  target.respond(next_command(), ScsiStatus::check_condition, kUnitAttention);
  target.respond(next_command());
  expect_status(command, kStatusGood);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(commander->in_flight(), 0U);
}

TEST_F(CommanderRetry, ABusyTargetIsAskedAgainALittleLater) {
  begin();
  for (const ScsiStatus status : {ScsiStatus::busy, ScsiStatus::task_set_full}) {
    Sent command;
    submit(command);
    const wire::Itt first = next_command();
    const Instant start = runtime::read_clock();
    target.respond(first, status);
    target.respond(next_command());
    EXPECT_GE(runtime::read_clock() - start, milliseconds(10)) << "not at once";
    expect_status(command, kStatusGood);
  }
}

TEST_F(CommanderRetry, HasALimit) {
  options.retries = 3;
  begin();
  Sent command;
  submit(command);
  for (int attempt = 0; attempt < 4; ++attempt) target.respond(next_command(), ScsiStatus::busy);
  expect_status(command, kStatusBusy);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(CommanderRetry, IsLeftOutWhereTheCallerSaysSo) {
  begin();
  Sent command;
  submit(command, false);
  target.respond(next_command(), ScsiStatus::check_condition, kUnitAttention);
  expect_status(command, kStatusCheckCondition);
  EXPECT_TRUE((*command.result)->sense);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(CommanderRetry, OtherStatusesAreTheCallers) {
  begin();
  Sent command;
  submit(command);
  target.respond(next_command(), ScsiStatus::reservation_conflict);
  expect_status(command, kStatusReservationConflict);
}

using CommanderAbort = Commands;

TEST_F(CommanderAbort, OfWhatWasSentAsksTheTarget) {
  begin();
  Sent command;
  submit(command);
  const wire::Itt itt = next_command();
  commander->abort(command.id);
  const auto abort = target.next_as<wire::TaskManagementRequest>();
  EXPECT_EQ(abort.referenced_task_tag, itt);
  target.deliver(
      wire::TaskManagementResponse::build(target.numbered(wire::TaskManagementResponse::Fields{.itt = abort.itt})));
  expect_error(command, ErrorKind::aborted);
}

TEST_F(CommanderAbort, OfWhatWaitsForItsNextAttemptIsImmediate) {
  begin();
  Sent command;
  submit(command);
  // Long enough in a row for a pause that is longer than this test.
  for (int attempt = 0; attempt < 4; ++attempt) target.respond(next_command(), ScsiStatus::busy);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
  commander->abort(command.id);
  expect_error(command, ErrorKind::aborted);
  EXPECT_TRUE(target.hears_nothing_for(milliseconds(200)));
}

TEST_F(CommanderAbort, IsFinalForACommandThatTheTargetWantsRepeated) {
  begin();
  Sent command;
  submit(command);
  const wire::Itt itt = next_command();
  commander->abort(command.id);
  target.respond(itt, ScsiStatus::busy);
  expect_status(command, kStatusBusy);
}

TEST_F(CommanderAbort, OfNothingIsIgnored) {
  begin();
  commander->abort(12345);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

using CommanderBacklog = Commands;

/// More than the engine holds at a time.
constexpr std::size_t kMany = 1200;

TEST_F(CommanderBacklog, EveryCommandIsSentInItsTurn) {
  begin();
  std::vector<Sent> commands(kMany);
  for (std::size_t i = 0; i < kMany; ++i) submit(commands[i], true, static_cast<std::uint8_t>(i % 200));
  EXPECT_EQ(commander->in_flight(), kMany);
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto command = target.next_as<wire::ScsiCommand>();
    ASSERT_EQ(command.cdb[0], static_cast<std::byte>(i % 200)) << i;
    target.respond(command.itt);
  }
  ASSERT_TRUE(turn_until([this] { return commander->in_flight() == 0; }));
  for (const Sent& command : commands) expect_status(command, kStatusGood);
}

TEST_F(CommanderBacklog, EveryCommandIsToldOfALostConnection) {
  begin();
  std::vector<Sent> commands(kMany);
  for (Sent& command : commands) submit(command);
  next_command();
  target.hang_up();
  ASSERT_TRUE(turn_until([this] { return commander->in_flight() == 0; }));
  for (const Sent& command : commands) expect_error(command, ErrorKind::connection_lost);
}

TEST_F(CommanderBacklog, HasALimit) {
  begin();
  std::vector<Sent> commands(Session::kMaxQueued);
  for (Sent& command : commands) submit(command);
  const auto id = commander->submit({.cdb = std::vector<std::byte>(6)}, [](const Result<ScsiResult>&) {});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::resources);
}

TEST_F(CommanderBacklog, ACommandInAPauseIsToldOfALostConnectionToo) {
  begin();
  Sent command;
  submit(command);
  target.respond(next_command(), ScsiStatus::busy);
  turn();
  target.hang_up();
  expect_error(command, ErrorKind::connection_lost);
}

using CommanderArguments = Commands;

TEST_F(CommanderArguments, ACdbHas1To260Bytes) {
  begin();
  for (const std::size_t size : {std::size_t{0}, std::size_t{261}}) {
    const auto id = commander->submit({.cdb = std::vector<std::byte>(size)}, [](const Result<ScsiResult>&) {});
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().kind, ErrorKind::invalid_argument);
  }
}

TEST_F(CommanderArguments, NothingIsTakenAfterTheEnd) {
  begin();
  target.hang_up();
  wait_for_the_end();
  const auto id = commander->submit({.cdb = std::vector<std::byte>(6)}, [](const Result<ScsiResult>&) {});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::connection_lost);
}

}  // namespace
}  // namespace lunway::initiator
