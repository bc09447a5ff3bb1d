// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A registration and a server that the test plays, in virtual time. Each step is the next output, in order.

#include "isns/registration.h"

#include <gtest/gtest.h>

#include "isns/limits.h"
#include "isns/testing/hex.h"
#include "isns/testing/messages.h"

namespace lunway::isns {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::from_hex;
using testing::ipv4;
using testing::listing;

Inventory one_target() {
  return {.entity = "e",
          .portals = {{.address = ipv4(192, 0, 2, 1), .port = 3260, .portal_group_tag = 1}},
          .nodes = {{.name = "iqn.a", .alias = "", .portal_groups = {1}}}};
}

Inventory two_targets() {
  Inventory inventory = one_target();
  inventory.nodes.push_back({.name = "iqn.b", .alias = "", .portal_groups = {1}});
  return inventory;
}

Inventory many_targets() {
  Inventory inventory = one_target();
  for (int i = 0; i < 200; ++i) inventory.nodes.push_back({"iqn." + std::to_string(i), "", {1}});
  return inventory;
}

const std::string kClosed = "the server closed the connection";
const std::string kUnreachable = "the server cannot be reached";

class RegistrationTest : public ::testing::Test {
 protected:
  void start(Inventory inventory = one_target()) {
    registration_.emplace(std::move(inventory));
    registration_->start();
    EXPECT_EQ(next(), "connect");
  }

  /// Registers over a fresh connection and takes the outputs of it.
  void register_now(std::uint32_t period_s = 600, Inventory inventory = one_target()) {
    start(std::move(inventory));
    registration_->connected(now_);
    EXPECT_EQ(next().substr(0, 11), "DevAttrReg+");
    answer(Function::dev_attr_reg, Status::successful, granted(period_s));
    EXPECT_EQ(next().substr(0, 10), "registered");
    EXPECT_EQ(next(), "");
  }

  /// The next output in words; of a request, its function and its operating attributes.
  std::string next() {
    const std::optional<Output> output = registration_->next_output();
    if (!output) return "";
    if (std::holds_alternative<Connect>(*output)) return "connect";
    if (std::holds_alternative<Disconnect>(*output)) return "disconnect";
    if (const auto* event = std::get_if<Event>(&*output)) return describe(*event);
    Bytes bytes = std::get<Transmit>(*output).bytes;
    const auto header = PduHeader::parse(bytes.first<kHeaderBytes>());
    asked_ = header->transaction_id;
    const std::string attributes = listing(bytes.subspan(kHeaderBytes));
    return std::string(describe(static_cast<Function>(header->function))) +
           ((header->flags & flag::kReplace) != 0 ? "+replace" : "") + attributes.substr(attributes.find("; 0") + 3);
  }

  void answer(Function function, Status status = Status::successful, const AttributeWriter& attributes = {}) {
    registration_->receive(now_, testing::response(function, asked_, status, attributes));
  }

  static AttributeWriter granted(std::uint32_t period_s) {
    AttributeWriter attributes;
    return attributes.text(Tag::entity_identifier, "e")
        .delimiter()
        .text(Tag::entity_identifier, "e")
        .number(Tag::registration_period, period_s);
  }

  static AttributeWriter nothing_found() {
    AttributeWriter attributes;
    return attributes.text(Tag::entity_identifier, "e").delimiter();
  }

  /// Jumps to the deadline; returns how far that was.
  Duration pass_deadline() {
    const Instant deadline = registration_->deadline();
    EXPECT_NE(deadline, kNever);
    const Duration waited = deadline - now_;
    now_ = deadline;
    registration_->expire(now_);
    return waited;
  }

  Instant now_{seconds(1000)};
  std::optional<Registration> registration_;
  std::uint16_t asked_ = 0;
};

class Rfc4171_5_6_5_1_Registration : public RegistrationTest {};

TEST_F(Rfc4171_5_6_5_1_Registration, ReplacesWhatAnEarlierRunHasLeft) {
  start();
  registration_->connected(now_);
  EXPECT_EQ(next(), "DevAttrReg+replace; 1=e; 2=2; 6=600; 16=.1; 17=3260; 32=iqn.a; 33=1; 51=1; 49=.1; 50=3260");
  EXPECT_EQ(next(), "");
  answer(Function::dev_attr_reg, Status::successful, granted(600));
  EXPECT_EQ(next(), "registered 1 target and 1 portal");
  EXPECT_EQ(next(), "");
}

TEST_F(Rfc4171_5_6_5_1_Registration, SendsOneMessageAfterTheOther) {
  start(many_targets());
  registration_->connected(now_);
  EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
  EXPECT_EQ(next(), "");
  answer(Function::dev_attr_reg, Status::successful, granted(600));
  EXPECT_TRUE(next().starts_with("DevAttrReg; 1=e"));
  EXPECT_EQ(next(), "");
}

TEST_F(Rfc4171_5_6_5_1_Registration, AddsWhatIsNewAndThenRemovesWhatIsGone) {
  register_now();
  Inventory inventory = two_targets();
  inventory.nodes.erase(inventory.nodes.begin());
  registration_->update(now_, inventory);
  EXPECT_EQ(next(), "DevAttrReg; 1=e; 2=2; 6=600; 16=.1; 17=3260; 32=iqn.b; 33=1; 51=1; 49=.1; 50=3260");
  answer(Function::dev_attr_reg, Status::successful, granted(600));
  EXPECT_EQ(next(), "DevDereg; 32=iqn.a");
  answer(Function::dev_dereg);
  EXPECT_EQ(next(), "");
}

TEST_F(Rfc4171_5_6_5_1_Registration, TakesUpAChangeThatCameWhileItWasAsking) {
  start();
  registration_->connected(now_);
  EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
  registration_->update(now_, two_targets());
  EXPECT_EQ(next(), "");
  answer(Function::dev_attr_reg, Status::successful, granted(600));
  EXPECT_EQ(next(), "registered 1 target and 1 portal");
  EXPECT_TRUE(next().starts_with("DevAttrReg; "));
}

TEST_F(Rfc4171_5_6_5_1_Registration, DoesNothingWhenNothingChanged) {
  register_now();
  registration_->update(now_, one_target());
  EXPECT_EQ(next(), "");
}

TEST_F(Rfc4171_5_6_5_1_Registration, ThatIsRefusedIsTriedAgainLaterAndToldOnce) {
  start();
  registration_->connected(now_);
  EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
  answer(Function::dev_attr_reg, Status::source_unauthorized);
  EXPECT_EQ(next(), "the server refused DevAttrReg: Source Unauthorized (8)");
  EXPECT_EQ(next(), "disconnect");
  EXPECT_EQ(pass_deadline(), seconds(1));
  EXPECT_EQ(next(), "connect");
  registration_->connected(now_);
  EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
  answer(Function::dev_attr_reg, Status::source_unauthorized);
  EXPECT_EQ(next(), "disconnect");
  EXPECT_EQ(pass_deadline(), seconds(2));
}

class Rfc4171_6_2_6_RegistrationPeriod : public RegistrationTest {};

TEST_F(Rfc4171_6_2_6_RegistrationPeriod, IsTheServersAndRefreshedThreeTimesInIt) {
  register_now(90);
  EXPECT_EQ(pass_deadline(), seconds(30));
  EXPECT_EQ(next(), "DevAttrQry; 1; 6");
  answer(Function::dev_attr_qry, Status::successful, granted(60));
  EXPECT_EQ(next(), "");
  EXPECT_EQ(pass_deadline(), seconds(20)) << "the server has changed its mind";
}

TEST_F(Rfc4171_6_2_6_RegistrationPeriod, ThatIsLongIsRefreshedEveryFiveMinutes) {
  register_now(0xffffffff);
  EXPECT_EQ(pass_deadline(), minutes(5));
}

TEST_F(Rfc4171_6_2_6_RegistrationPeriod, ThatIsShortDoesNotMakeAFlood) {
  register_now(1);
  EXPECT_EQ(pass_deadline(), seconds(1));
}

TEST_F(Rfc4171_6_2_6_RegistrationPeriod, OfZeroIsNotWhatWasAskedFor) {
  register_now(0);
  EXPECT_EQ(pass_deadline(), seconds(200));
}

TEST_F(Rfc4171_6_2_6_RegistrationPeriod, ThatEndedUnnoticedMeansRegisteringAnew) {
  for (const Status status : {Status::successful, Status::no_such_entry, Status::source_unknown}) {
    register_now();
    pass_deadline();
    EXPECT_EQ(next(), "DevAttrQry; 1; 6");
    answer(Function::dev_attr_qry, status, nothing_found());
    EXPECT_EQ(next(), "the server has forgotten the registration");
    EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
    answer(Function::dev_attr_reg, Status::successful, granted(600));
    EXPECT_EQ(next(), "registered 1 target and 1 portal");
  }
}

using RegistrationWithoutServer = RegistrationTest;

TEST_F(RegistrationWithoutServer, TriesAgainAfterEverLongerTimes) {
  start();
  registration_->disconnected(now_);
  EXPECT_EQ(next(), kUnreachable);
  for (const int wait_s : {1, 2, 4, 8, 16, 32, 60, 60}) {
    EXPECT_EQ(next(), "");
    EXPECT_EQ(pass_deadline(), seconds(wait_s));
    EXPECT_EQ(next(), "connect");
    EXPECT_EQ(registration_->deadline(), kNever);
    registration_->disconnected(now_);
  }
}

TEST_F(RegistrationWithoutServer, AsksFirstWhenItComesBack) {
  register_now();
  registration_->disconnected(now_);
  EXPECT_EQ(next(), kClosed);
  pass_deadline();
  EXPECT_EQ(next(), "connect");
  registration_->connected(now_);
  EXPECT_EQ(next(), "DevAttrQry; 1; 6");
  answer(Function::dev_attr_qry, Status::successful, granted(600));
  EXPECT_EQ(next(), "registered 1 target and 1 portal");
  EXPECT_EQ(next(), "");
}

TEST_F(RegistrationWithoutServer, BringsChangesWhenItComesBack) {
  register_now();
  registration_->disconnected(now_);
  EXPECT_EQ(next(), kClosed);
  registration_->update(now_, two_targets());
  EXPECT_EQ(next(), "");
  pass_deadline();
  EXPECT_EQ(next(), "connect");
  registration_->connected(now_);
  EXPECT_TRUE(next().starts_with("DevAttrReg; "));
}

TEST_F(RegistrationWithoutServer, BeginsAnewWhenAChangeWasCutOff) {
  register_now();
  registration_->update(now_, two_targets());
  EXPECT_TRUE(next().starts_with("DevAttrReg; "));
  registration_->disconnected(now_);
  EXPECT_EQ(next(), kClosed);
  pass_deadline();
  EXPECT_EQ(next(), "connect");
  registration_->connected(now_);
  EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
}

TEST_F(RegistrationWithoutServer, ForgivesOnlyAConnectionThatHeld) {
  register_now();
  registration_->disconnected(now_);
  EXPECT_EQ(next(), kClosed);
  EXPECT_EQ(pass_deadline(), seconds(1));
  EXPECT_EQ(next(), "connect");
  registration_->connected(now_);
  registration_->disconnected(now_);
  EXPECT_EQ(pass_deadline(), seconds(2));
  registration_->connected(now_);
  now_ += minutes(1);
  registration_->disconnected(now_);
  EXPECT_EQ(pass_deadline(), seconds(1));
}

TEST_F(RegistrationWithoutServer, DoesNotWaitForeverForAnAnswer) {
  start();
  registration_->connected(now_);
  EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
  registration_->expire(now_ + milliseconds(9999));
  EXPECT_EQ(next(), "") << "early calls are harmless";
  EXPECT_EQ(pass_deadline(), seconds(10));
  EXPECT_EQ(next(), "the server does not answer");
  EXPECT_EQ(next(), "disconnect");
}

class Rfc4171_5_6_5_4_Stop : public RegistrationTest {};

TEST_F(Rfc4171_5_6_5_4_Stop, DeregistersTheEntity) {
  register_now();
  registration_->stop(now_);
  EXPECT_EQ(next(), "DevDereg; 1=e");
  EXPECT_FALSE(registration_->has_ended());
  answer(Function::dev_dereg);
  EXPECT_EQ(next(), "disconnect");
  EXPECT_EQ(next(), "deregistered");
  EXPECT_TRUE(registration_->has_ended());
  EXPECT_EQ(registration_->deadline(), kNever);
}

TEST_F(Rfc4171_5_6_5_4_Stop, TakesTwoSecondsAtMost) {
  register_now();
  registration_->stop(now_);
  EXPECT_EQ(next(), "DevDereg; 1=e");
  EXPECT_EQ(pass_deadline(), seconds(2));
  EXPECT_EQ(next(), "disconnect");
  EXPECT_EQ(next(), "ended without a deregistration; the server will let it expire");
  EXPECT_TRUE(registration_->has_ended());
}

TEST_F(Rfc4171_5_6_5_4_Stop, LetsTheRequestThatIsOnItsWayEndFirst) {
  register_now(600, two_targets());
  registration_->update(now_, one_target());
  EXPECT_TRUE(next().starts_with("DevAttrReg; "));
  answer(Function::dev_attr_reg, Status::successful, granted(600));
  EXPECT_EQ(next(), "DevDereg; 32=iqn.b");
  registration_->stop(now_);
  EXPECT_EQ(next(), "");
  answer(Function::dev_dereg);
  EXPECT_EQ(next(), "DevDereg; 1=e");
  answer(Function::dev_dereg);
  EXPECT_EQ(next(), "disconnect");
  EXPECT_EQ(next(), "deregistered");
}

TEST_F(Rfc4171_5_6_5_4_Stop, DoesNotWaitForAServerThatIsAway) {
  start();
  registration_->stop(now_);
  EXPECT_EQ(next(), "disconnect");
  EXPECT_EQ(next(), "");
  EXPECT_TRUE(registration_->has_ended());
  registration_->connected(now_);
  registration_->disconnected(now_);
  EXPECT_EQ(next(), "");
}

TEST_F(Rfc4171_5_6_5_4_Stop, EndsWithTheConnection) {
  register_now();
  registration_->stop(now_);
  EXPECT_EQ(next(), "DevDereg; 1=e");
  registration_->disconnected(now_);
  EXPECT_EQ(next(), "disconnect");
  EXPECT_EQ(next(), "ended without a deregistration; the server will let it expire");
  EXPECT_TRUE(registration_->has_ended());
}

class Rfc4171_5_HostileServer : public RegistrationTest {
 protected:
  void expect_violation(Bytes bytes, const std::string& what) {
    start();
    registration_->connected(now_);
    EXPECT_TRUE(next().starts_with("DevAttrReg+replace"));
    registration_->receive(now_, bytes);
    EXPECT_EQ(next(), "the server sent " + what);
    EXPECT_EQ(next(), "disconnect");
    registration_->receive(now_, bytes);
    EXPECT_EQ(next(), "") << "nothing is heard after the end";
    pass_deadline();
    EXPECT_EQ(next(), "connect");
  }
};

TEST_F(Rfc4171_5_HostileServer, IsLeftAndTriedAgainLater) {
  expect_violation(from_hex("00028001 00044c00 00010000 00000000"), "a PDU of another version than 1");
  expect_violation(from_hex("00018001 00044c00 00020000 00000000"), "a response to nothing that was asked");
  expect_violation(from_hex("00018004 00044c00 00010000 00000000"), "a response to nothing that was asked");
  expect_violation(from_hex("00018001 00004c00 00010000"), "a response without a status code");
  expect_violation(from_hex("00018001 000c4c00 00010000 00000000 00000006 ffffffff"),
                   "an attribute with a wrong length");
  expect_violation(
      from_hex("00018001 001c4c00 00010000 00000000  00000000 00000000  00000006 00000008 00000000 00000000"),
      "an attribute with a malformed value");
  expect_violation(from_hex("00018001 00104c00 00010000 00000000  00000000 00000004 00000000"),
                   "an attribute with a malformed value");
}

TEST_F(Rfc4171_5_HostileServer, MayNotAnswerTwice) {
  register_now();
  answer(Function::dev_attr_reg, Status::successful, granted(600));
  EXPECT_EQ(next(), "the server sent a response to nothing that was asked");
}

TEST_F(Rfc4171_5_HostileServer, IsNotHeardWhenItAsks) {
  register_now();
  registration_->receive(now_, from_hex("0001000d 00004c00 00010000"));
  EXPECT_EQ(next(), "");
  EXPECT_EQ(pass_deadline(), seconds(200)) << "and puts off nothing";
}

}  // namespace
}  // namespace lunway::isns
