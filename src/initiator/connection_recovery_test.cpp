// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Connections that are lost while their session goes on, and damage that no recovery but the session's can mend,
// against a target that is scripted.
//= rfc7143#7.1.4.3
//= rfc7143#7.1.4.4

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "initiator/testing/client_and_target.h"
#include "wire/data_in.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<std::byte, 6> kTestUnitReady{};

struct ConnectionRecovery : ClientAndTarget {
  ConnectionRecovery() {
    query = "?erl=2";
    options.reconnect_time = seconds(5);
  }

  void begin(std::string_view keys = "DefaultTime2Wait=0") {
    open();
    target.log_in(keys);
    ASSERT_TRUE(turn_until([this] { return opened.has_value(); }));
    ASSERT_TRUE(*opened) << opened->error().message;
    ASSERT_EQ(client->negotiated().error_recovery_level, 2);
  }
  /// I -> T: a command, of which the target has said that it has come.
  wire::Itt send() {
    EXPECT_TRUE(client->submit({.cdb = kTestUnitReady}, [this](session::TaskResult end) { result = std::move(end); }));
    const wire::Itt itt = target.next_as<wire::ScsiCommand>().itt;
    return itt;
  }
  /// I -> T: TASK REASSIGN, which the target does
  void expect_reassign(wire::Itt itt) {
    const auto request = target.next_as<wire::TaskManagementRequest>();
    EXPECT_EQ(request.function, wire::TaskManagementFunction::task_reassign);
    EXPECT_EQ(request.referenced_task_tag, itt);
    target.deliver(
        wire::TaskManagementResponse::build(target.numbered(wire::TaskManagementResponse::Fields{.itt = request.itt})));
  }
  const session::ScsiCompletion* completion() const {
    return result ? std::get_if<session::ScsiCompletion>(&*result) : nullptr;
  }

  std::optional<session::TaskResult> result;
};

using Rfc7143_7_1_4_3_ConnectionRecovery = ConnectionRecovery;

//= ledger(initiator) R7143-7.1.4.3-02 R7143-6.3.4-01
TEST_F(Rfc7143_7_1_4_3_ConnectionRecovery, NobodyHearsOfALostConnection) {
  begin();
  const wire::Itt itt = send();
  target.hang_up();
  target.log_in();
  const wire::LoginRequest login(target.last.header);
  EXPECT_EQ(login.tsih(), wire::Tsih(0x77));
  EXPECT_EQ(login.cid(), wire::Cid(0));
  EXPECT_EQ(client->state(), SessionState::logged_in);
  expect_reassign(itt);
  target.respond(itt);
  ASSERT_TRUE(turn_until([this] { return result.has_value(); }));
  EXPECT_NE(completion(), nullptr);
  EXPECT_EQ(client->recoveries(), 0U);
  EXPECT_EQ(client->connection_recoveries(), 1U);
  EXPECT_THAT(events, Contains(HasSubstr("lost")));
  EXPECT_THAT(events, Contains(HasSubstr("is back")));
  EXPECT_THAT(events, Not(Contains(HasSubstr("session lost"))));
}

using Rfc7143_7_5_ConnectionRecovery = ConnectionRecovery;

//= ledger(initiator) R7143-7.5-01
TEST_F(Rfc7143_7_5_ConnectionRecovery, WaitsForTime2Wait) {
  begin("DefaultTime2Wait=1;DefaultTime2Retain=20");
  target.hang_up();
  EXPECT_FALSE(target.is_called_within(milliseconds(800)));
  EXPECT_TRUE(target.is_called_within(seconds(5)));
}

TEST_F(Rfc7143_7_1_4_3_ConnectionRecovery, ATargetThatHasForgottenTheSessionGetsANewOne) {
  begin();
  target.hang_up();
  target.accept();
  const auto login = target.next_as<wire::LoginRequest>();
  EXPECT_EQ(login.tsih, wire::Tsih(0x77));
  wire::LoginResponse::Fields refusal{.status = wire::LoginStatus::session_does_not_exist};
  refusal.isid = login.isid;
  refusal.itt = login.itt;
  target.deliver(wire::LoginResponse::build(target.numbered(refusal)));
  target.accept();
  EXPECT_EQ(target.next_as<wire::LoginRequest>().tsih, wire::kNewSession);
  EXPECT_EQ(client->state(), SessionState::recovering);
  EXPECT_THAT(events, Contains(HasSubstr("session lost")));
}

TEST_F(Rfc7143_7_1_4_3_ConnectionRecovery, ALoginThatComesToNothingIsTriedAgain) {
  begin();
  const wire::Itt itt = send();
  target.hang_up();
  target.accept();
  target.next_as<wire::LoginRequest>();
  target.hang_up();
  target.log_in();
  expect_reassign(itt);
  EXPECT_EQ(client->state(), SessionState::logged_in);
}

TEST_F(Rfc7143_7_1_4_3_ConnectionRecovery, WithoutProgressTheSessionIsLostInTheEnd) {
  begin();
  send();
  for (int losses = 0; losses < 100 && client->state() == SessionState::logged_in; ++losses) {
    target.hang_up();
    target.log_in();
    if (client->state() == SessionState::logged_in) target.next();
  }
  EXPECT_EQ(client->state(), SessionState::recovering);
}

TEST_F(Rfc7143_7_1_4_3_ConnectionRecovery, AfterTime2RetainANewSessionIsBegun) {
  begin("DefaultTime2Wait=0;DefaultTime2Retain=0");
  send();
  target.hang_up();
  ASSERT_TRUE(turn_until([this] { return client->state() == SessionState::recovering; }));
  ASSERT_TRUE(turn_until([this] { return result.has_value(); }));
  EXPECT_EQ(std::get<session::TaskFailure>(*result).fault, session::TaskFault::connection_lost);
}

TEST_F(Rfc7143_7_1_4_3_ConnectionRecovery, ALogoutMeanwhileEndsIt) {
  begin("DefaultTime2Wait=1");
  target.hang_up();
  ASSERT_TRUE(turn_until([this] { return !events.empty(); }));
  client->log_out();
  wait_for_the_end();
  EXPECT_FALSE(client->failure());
}

}  // namespace
}  // namespace lunway::initiator
