// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sessions that are lost and come back, against a target that is scripted.
//= rfc7143#6.3.5
//= rfc7143#7.1.4.4

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "initiator/commander.h"
#include "initiator/testing/client_and_target.h"
#include "wire/data_in.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/scsi_command.h"

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;

struct Ended {
  TaskId id = 0;
  std::optional<Result<ScsiResult>> result;
};

struct SessionRecovery : ClientAndTarget {
  SessionRecovery() {
    options.reconnect_time = seconds(5);
    options.default_time2wait_s = 0;
  }

  void begin() {
    log_in();
    commander.emplace(*client);
  }
  void submit(Ended& ended, std::uint8_t operation_code, std::size_t bytes_in = 0) {
    buffer.assign(bytes_in, std::byte{0});
    Command command{.cdb = std::vector<std::byte>(16), .data_in = buffer};
    command.cdb[0] = std::byte{operation_code};
    const auto task = commander->submit(std::move(command),
                                        [&ended](Result<ScsiResult> result) { ended.result = std::move(result); });
    ASSERT_TRUE(task);
    ended.id = *task;
  }

  /// T -> I: data, and GOOD with it
  void answer(wire::Itt itt, std::string_view data) {
    auto fields = target.numbered(wire::DataIn::Fields{.final = true, .has_status = true, .itt = itt});
    const std::uint32_t missing = expected_bytes - static_cast<std::uint32_t>(data.size());
    if (missing != 0) fields.residual = {wire::Residual::Kind::underflow, missing};
    target.deliver(wire::DataIn::build(fields), data);
  }
  std::uint8_t next_command() {
    const auto command = target.next_as<wire::ScsiCommand>();
    last = command.itt;
    expected_bytes = command.expected_data_transfer_length;
    page = std::to_integer<std::uint8_t>(command.cdb[2]);
    return std::to_integer<std::uint8_t>(command.cdb[0]);
  }
  /// The questions of the disk guard; `keep`: commands of the test that come between them are left unanswered.
  void say_who_you_are(std::string_view serial, std::vector<std::uint8_t>* keep = nullptr) {
    for (int answers = 0; answers < 3;) {
      const std::uint8_t code = next_command();
      if (code == 0x12 && page == 0x80) {
        answer(last, std::string("\0\x80\0\x02", 4) + std::string(serial));
      } else if (code == 0x12 && page == 0x83) {
        answer(last, std::string("\0\x83\0\x06\x01\x03\0\x02xy", 10));
      } else if (code == 0x9e) {
        std::string capacity(32, '\0');
        capacity[6] = 1;   // 65537 blocks
        capacity[10] = 2;  // of 512 bytes
        answer(last, capacity);
      } else {
        ASSERT_NE(keep, nullptr);
        keep->push_back(code);
        kept = last;
        continue;
      }
      ++answers;
    }
  }
  void learn() {
    Ended any;
    submit(any, 0x00);
    std::vector<std::uint8_t> commands;
    say_who_you_are("A1", &commands);
    if (commands.empty()) {
      next_command();
      kept = last;
    }
    target.respond(kept);
    ASSERT_TRUE(turn_until([&] { return any.result.has_value(); }));
    turn();
  }

  std::optional<Commander> commander;
  std::vector<std::byte> buffer;
  wire::Itt last, kept;
  std::uint32_t expected_bytes = 0;
  std::uint8_t page = 0;
};

using Rfc7143_6_3_5_SessionRecovery = SessionRecovery;

//= ledger(initiator) R7143-6.3.5-01 R7143-7.15-01 R7143-7.14-03 R7143-7.1.5-04 R7143-7.1.4.3-01
TEST_F(Rfc7143_6_3_5_SessionRecovery, AReadIsSentAgainInANewSessionWithTheSameIsid) {
  begin();
  const wire::Isid isid = wire::LoginRequest(target.last.header).isid();
  learn();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28);
  target.hang_up();
  target.log_in();
  const wire::LoginRequest login(target.last.header);
  EXPECT_EQ(login.isid(), isid);
  EXPECT_EQ(login.tsih(), wire::kNewSession);
  EXPECT_EQ(client->state(), SessionState::recovering);
  say_who_you_are("A1");
  EXPECT_EQ(next_command(), 0x28);
  answer(last, std::string(512, 'x'));
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  ASSERT_TRUE(*read.result) << read.result->error().message;
  EXPECT_TRUE((*read.result)->good());
  EXPECT_EQ(client->state(), SessionState::logged_in);
  EXPECT_EQ(client->recoveries(), 1U);
  EXPECT_THAT(events, Contains(HasSubstr("session lost")));
  EXPECT_THAT(events, Contains(HasSubstr("session is back")));
}

using Rfc7143_7_1_4_4_SessionRecovery = SessionRecovery;

//= ledger(initiator) R7143-7.1.4-02 R7143-7.1.4.4-01
TEST_F(Rfc7143_7_1_4_4_SessionRecovery, WhatWasDamagedIsSentAgainInANewSession) {
  begin();
  learn();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28);
  // ABORTED COMMAND, PROTOCOL SERVICE CRC ERROR
  std::array<std::byte, 18> sense{};
  sense[0] = std::byte{0x70};
  sense[2] = std::byte{0x0b};
  sense[7] = std::byte{10};
  sense[12] = std::byte{0x47};
  sense[13] = std::byte{0x05};
  target.respond(last, wire::ScsiStatus::check_condition, sense);
  EXPECT_TRUE(target.sees_the_end());
  target.log_in();
  EXPECT_EQ(client->state(), SessionState::recovering);
  say_who_you_are("A1");
  EXPECT_EQ(next_command(), 0x28);
  answer(last, std::string(512, 'x'));
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  ASSERT_TRUE(*read.result) << read.result->error().message;
  EXPECT_TRUE((*read.result)->good());
  EXPECT_EQ(client->recoveries(), 1U);
  EXPECT_THAT(events, Contains(HasSubstr("READ(10) was damaged on its way")));
}

TEST_F(SessionRecovery, ACompareAndWriteEndsWithAnErrorThatNamesIt) {
  begin();
  learn();
  Ended command;
  submit(command, 0x89);
  EXPECT_EQ(next_command(), 0x89);
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return command.result.has_value(); }));
  ASSERT_FALSE(*command.result);
  EXPECT_EQ(command.result->error().kind, ErrorKind::connection_lost);
  EXPECT_THAT(command.result->error().message, HasSubstr("COMPARE AND WRITE"));
  EXPECT_EQ(client->state(), SessionState::recovering) << "the session comes back all the same";
}

TEST_F(SessionRecovery, UnlessItsUserHasSaidOtherwise) {
  options.replay = Replay::always;
  begin();
  learn();
  Ended command;
  submit(command, 0x89);
  EXPECT_EQ(next_command(), 0x89);
  target.hang_up();
  target.log_in();
  say_who_you_are("A1");
  EXPECT_EQ(next_command(), 0x89);
  target.respond(last);
  ASSERT_TRUE(turn_until([&] { return command.result.has_value(); }));
  EXPECT_TRUE(*command.result);
}

TEST_F(SessionRecovery, NothingIsSentToAnotherDisk) {
  begin();
  learn();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28);
  target.hang_up();
  target.log_in();
  EXPECT_EQ(next_command(), 0x12);
  answer(last, std::string("\0\x80\0\x02Z9", 6));
  EXPECT_EQ(next_command(), 0x12);
  answer(last, std::string("\0\x83\0\x06\x01\x03\0\x02xy", 10));
  EXPECT_EQ(next_command(), 0x9e);
  std::string capacity(32, '\0');
  capacity[6] = 1;
  capacity[10] = 2;
  answer(last, capacity);
  EXPECT_TRUE(target.sees_the_end());
  wait_for_the_end();
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  ASSERT_FALSE(*read.result);
  EXPECT_THAT(read.result->error().message, HasSubstr("serial number was A1, now it is Z9"));
}

TEST_F(SessionRecovery, ALoginThatIsRefusedForGoodEndsIt) {
  begin();
  learn();
  target.hang_up();
  target.accept();
  const auto request = target.next_as<wire::LoginRequest>();
  target.deliver(wire::LoginResponse::build(target.numbered(
      wire::LoginResponse::Fields{.isid = request.isid, .itt = request.itt, .status = wire::LoginStatus::not_found})));
  wait_for_the_end();
  ASSERT_TRUE(client->failure());
  EXPECT_EQ(client->failure()->kind, ErrorKind::login_refused);
  EXPECT_THAT(client->failure()->message, HasSubstr("1 try"));
}

TEST_F(SessionRecovery, ATargetThatIsNotReadyYetIsAskedAgain) {
  begin();
  learn();
  target.hang_up();
  target.accept();
  const auto request = target.next_as<wire::LoginRequest>();
  target.deliver(wire::LoginResponse::build(target.numbered(wire::LoginResponse::Fields{
      .isid = request.isid, .itt = request.itt, .status = wire::LoginStatus::service_unavailable})));
  target.log_in();
  say_who_you_are("A1");
  ASSERT_TRUE(turn_until([&] { return client->state() == SessionState::logged_in; }));
}

TEST_F(SessionRecovery, TriesAreBounded) {
  options.reconnect_tries = 2;
  begin();
  learn();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28);
  for (int i = 0; i < 2; ++i) {
    target.hang_up();
    target.accept();
  }
  target.hang_up();
  wait_for_the_end();
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  ASSERT_FALSE(*read.result);
  EXPECT_THAT(read.result->error().message, HasSubstr("2 tries"));
}

TEST_F(SessionRecovery, CommandsOfTheMeantimeWait) {
  begin();
  learn();
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return client->is_recovering(); }));
  Ended compare;
  submit(compare, 0x89);
  target.log_in();
  say_who_you_are("A1");
  EXPECT_EQ(next_command(), 0x89) << "it had not been sent before";
  target.respond(last);
  ASSERT_TRUE(turn_until([&] { return compare.result.has_value(); }));
  EXPECT_TRUE(*compare.result);
}

TEST_F(SessionRecovery, AnAbortEndsAWaitingCommand) {
  begin();
  learn();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28);
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return client->is_recovering(); }));
  turn();
  commander->abort(read.id);
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  ASSERT_FALSE(*read.result);
  EXPECT_EQ(read.result->error().kind, ErrorKind::aborted);
}

TEST_F(SessionRecovery, ALogoutMeanwhileIsTheEnd) {
  begin();
  learn();
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return client->is_recovering(); }));
  client->log_out();
  wait_for_the_end();
}

TEST_F(SessionRecovery, ASecondLossOnTheWayIsOneMoreTry) {
  begin();
  learn();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28);
  target.hang_up();
  target.log_in();
  EXPECT_EQ(next_command(), 0x12);
  target.hang_up();
  target.log_in();
  say_who_you_are("A1");
  EXPECT_EQ(next_command(), 0x28);
  answer(last, std::string(512, 'x'));
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  EXPECT_TRUE(*read.result);
  EXPECT_EQ(client->recoveries(), 1U);
}

TEST_F(SessionRecovery, ADiskThatSaysNothingOfItselfGetsNothingTwice) {
  begin();
  Ended any;
  submit(any, 0x00);
  for (int i = 0; i < 4; ++i) {
    const std::uint8_t code = next_command();
    if (code == 0x12)
      answer(last, std::string("\0\0\0\0", 4));
    else if (code == 0x9e)
      answer(last, std::string(32, '\1'));
    else
      target.respond(last);
  }
  ASSERT_TRUE(turn_until([&] { return any.result.has_value(); }));
  turn();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28);
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  ASSERT_FALSE(*read.result);
  EXPECT_THAT(read.result->error().message, HasSubstr("not known which disk"));
  target.log_in();
  EXPECT_TRUE(turn_until([&] { return client->state() == SessionState::logged_in; }));
}

TEST_F(SessionRecovery, WithoutTimeForItTheSessionStaysLost) {
  options.reconnect_time = {};
  begin();
  Ended read;
  submit(read, 0x28, 512);
  EXPECT_EQ(next_command(), 0x28) << "and nobody asks what disk it is";
  target.hang_up();
  ASSERT_TRUE(turn_until([&] { return read.result.has_value(); }));
  EXPECT_EQ(client->state(), SessionState::closed);
}

}  // namespace
}  // namespace lunway::initiator
