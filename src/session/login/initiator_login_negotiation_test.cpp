// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Key by key: what an initiator makes of the answers to its offers, and of a target's own proposals. T is the test.
//= rfc7143#13

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "session/testing/initiator_login_ladder.h"

namespace lunway::session {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using text::KeyId;
using Parameters = text::SessionParameters;

struct Answers {
  KeyId key;
  text::NumberWish wish;
  const char* offer;
  /// Answers that any responder could give, and what they make of the key.
  std::vector<std::pair<std::string, std::uint32_t>> possible;
  /// Everything else: out of range, or no result of the key's function.
  std::vector<std::string> impossible;
  std::uint32_t (*result)(const Parameters&);
};

InitiatorProfile profile_that_offers(KeyId key, text::NumberWish wish) {
  InitiatorProfile profile = InitiatorRig::profile();
  wish.offer = true;
  profile.policy.number(key) = wish;
  return profile;
}

/// T -> I: `answer` to the key, agreement to all other offers.
struct Login : InitiatorLoginLadder {
  explicit Login(InitiatorProfile profile) : InitiatorLoginLadder(std::move(profile)) { pass_security(); }
  void TestBody() override {}

  using InitiatorLoginLadder::accept;
  using InitiatorLoginLadder::offers;
  bool is_logged_in() const { return rig.connection.state() == InitiatorConnectionState::logged_in; }
};

void check(const Answers& row) {
  const std::string key(text::info_of(row.key).name);
  for (const auto& [answer, result] : row.possible) {
    Login login(profile_that_offers(row.key, row.wish));
    EXPECT_THAT(login.offers, HasSubstr(text_of_pairs(key + "=" + row.offer)));
    login.accept(key + "=" + answer);
    EXPECT_TRUE(login.is_logged_in()) << answer;
    EXPECT_EQ(row.result(login.rig.session.parameters()), result) << answer;
  }
  for (const std::string& answer : row.impossible) {
    Login login(profile_that_offers(row.key, row.wish));
    login.accept(key + "=" + answer);
    ASSERT_NE(login.rig.closed(), nullptr) << answer;
    EXPECT_EQ(login.rig.closed()->reason, InitiatorCloseReason::protocol_error) << answer;
    EXPECT_THAT(login.rig.closed()->detail, HasSubstr(key)) << answer;
  }
}

// ----------------------------------------------------------------------------------------------------------- numbers

//= ledger R7143-13.2-01
TEST(Rfc7143_13_2_InitiatorMaxConnections, IsAMinimum) {
  check({.key = KeyId::max_connections,
         .wish = {.preferred = 8, .worst = 1},
         .offer = "8",
         .possible = {{"8", 8}, {"3", 3}, {"1", 1}, {"0x4", 4}},
         .impossible = {"9", "0", "65535", "65536", "1~4", "x", "", "-1", "None"},
         .result = [](const Parameters& p) -> std::uint32_t { return p.max_connections; }});
}

//= ledger R7143-13.13-01
TEST(Rfc7143_13_13_InitiatorMaxBurstLength, IsAMinimum) {
  check({.key = KeyId::max_burst_length,
         .wish = {.preferred = 1 << 20, .worst = 512},
         .offer = "1048576",
         .possible = {{"1048576", 1 << 20}, {"512", 512}, {"262144", 262144}},
         .impossible = {"1048577", "511", "0", "16777215", "16777216", "512~1024", "4K", ""},
         .result = [](const Parameters& p) { return p.max_burst_length; }});
}

//= ledger R7143-13.14-01
TEST(Rfc7143_13_14_InitiatorFirstBurstLength, IsAMinimum) {
  check({.key = KeyId::first_burst_length,
         .wish = {.preferred = 32768, .worst = 512},
         .offer = "32768",
         .possible = {{"32768", 32768}, {"512", 512}},
         .impossible = {"32769", "511", "16777216", "Yes", ""},
         .result = [](const Parameters& p) { return p.first_burst_length; }});
}

//= ledger R7143-13.14-01
TEST(Rfc7143_13_14_InitiatorFirstBurstLength, NeverExceedsMaxBurstLength) {
  InitiatorProfile profile = profile_that_offers(KeyId::first_burst_length, {.preferred = 1 << 20, .worst = 512});
  profile.policy.number(KeyId::max_burst_length) = {.preferred = 65536, .worst = 512};
  Login offered(profile);
  EXPECT_THAT(offered.offers, HasSubstr(text_of_pairs("FirstBurstLength=65536")));
  // T -> I: less for the one, and no less for the other
  offered.accept("MaxBurstLength=4096;FirstBurstLength=65536");
  EXPECT_TRUE(offered.is_logged_in());
  EXPECT_EQ(offered.rig.session.parameters().max_burst_length, 4096U);
  EXPECT_EQ(offered.rig.session.parameters().first_burst_length, 4096U);
}

//= ledger R7143-13.15-01
TEST(Rfc7143_13_15_InitiatorDefaultTime2Wait, IsAMaximum) {
  check({.key = KeyId::default_time2wait,
         .wish = {.preferred = 5, .worst = 3600},
         .offer = "5",
         .possible = {{"5", 5}, {"6", 6}, {"3600", 3600}},
         .impossible = {"4", "0", "3601", "", "5~6"},
         .result = [](const Parameters& p) -> std::uint32_t { return p.default_time2wait_s; }});
}

//= ledger R7143-13.16-01
TEST(Rfc7143_13_16_InitiatorDefaultTime2Retain, IsAMinimum) {
  check({.key = KeyId::default_time2retain,
         .wish = {.preferred = 30, .worst = 0},
         .offer = "30",
         .possible = {{"30", 30}, {"20", 20}, {"0", 0}},
         .impossible = {"31", "3600", "3601", "00", ""},
         .result = [](const Parameters& p) -> std::uint32_t { return p.default_time2retain_s; }});
}

//= ledger R7143-13.17-01
TEST(Rfc7143_13_17_InitiatorMaxOutstandingR2T, IsAMinimum) {
  check({.key = KeyId::max_outstanding_r2t,
         .wish = {.preferred = 16, .worst = 1},
         .offer = "16",
         .possible = {{"16", 16}, {"1", 1}},
         .impossible = {"17", "0", "65535", "65536", ""},
         .result = [](const Parameters& p) -> std::uint32_t { return p.max_outstanding_r2t; }});
}

//= ledger R7143-13.20-01 R7143-7.1.5-01 R7143-7.1.5-02 R7143-7.1.5-04
TEST(Rfc7143_13_20_InitiatorErrorRecoveryLevel, IsAMinimum) {
  // Whatever the profile wants, the engine offers what it can do.
  check({.key = KeyId::error_recovery_level,
         .wish = {.preferred = 2, .worst = 0},
         .offer = "2",
         .possible = {{"2", 2}, {"1", 1}, {"0", 0}},
         .impossible = {"3", ""},
         .result = [](const Parameters& p) -> std::uint32_t { return p.error_recovery_level; }});
}

//= ledger R7144-7.1.1-02
TEST(Rfc7144_7_1_1_InitiatorProtocolLevel, IsAMinimum) {
  check({.key = KeyId::protocol_level,
         .wish = {.preferred = 2, .worst = 0},
         .offer = "2",
         .possible = {{"2", 2}, {"1", 1}, {"0", 0}, {"NotUnderstood", 1}},
         .impossible = {"3", "31", "32", ""},
         .result = [](const Parameters& p) -> std::uint32_t { return p.protocol_level; }});
}

// ---------------------------------------------------------------------------------------------------------- booleans

struct Boolean {
  KeyId key;
  bool is_or;
  std::uint32_t (*result)(const Parameters&);
};

const std::vector<Boolean>& booleans() {
  static const std::vector<Boolean> kAll{
      {KeyId::initial_r2t, true, [](const Parameters& p) -> std::uint32_t { return p.initial_r2t ? 1 : 0; }},
      {KeyId::immediate_data, false, [](const Parameters& p) -> std::uint32_t { return p.immediate_data ? 1 : 0; }},
      {KeyId::data_pdu_in_order, true,
       [](const Parameters& p) -> std::uint32_t { return p.data_pdu_in_order ? 1 : 0; }},
      {KeyId::data_sequence_in_order, true,
       [](const Parameters& p) -> std::uint32_t { return p.data_sequence_in_order ? 1 : 0; }},
  };
  return kAll;
}

/// The offer that leaves the choice to the target, and the one that decides.
void check_boolean(const Boolean& row) {
  const std::uint32_t open = row.is_or ? 0 : 1;
  check({.key = row.key,
         .wish = {.preferred = open, .worst = 1 - open},
         .offer = row.is_or ? "No" : "Yes",
         .possible = {{"Yes", 1}, {"No", 0}},
         .impossible = {"yes", "1", "", "Yes,No", "None"},
         .result = row.result});
  check({.key = row.key,
         .wish = {.preferred = 1 - open, .worst = 1 - open},
         .offer = row.is_or ? "Yes" : "No",
         .possible = {{row.is_or ? "Yes" : "No", 1 - open}},
         .impossible = {row.is_or ? "No" : "Yes"},
         .result = row.result});
}

//= ledger R7143-13.10-01
TEST(Rfc7143_13_10_InitiatorInitialR2T, IsAnOr) { check_boolean(booleans().at(0)); }
TEST(Rfc7143_13_11_InitiatorImmediateData, IsAnAnd) { check_boolean(booleans().at(1)); }
TEST(Rfc7143_13_18_InitiatorDataPDUInOrder, IsAnOr) { check_boolean(booleans().at(2)); }
TEST(Rfc7143_13_19_InitiatorDataSequenceInOrder, IsAnOr) { check_boolean(booleans().at(3)); }

// ------------------------------------------------------------------------------------------------------------- lists

InitiatorProfile profile_with_lists() {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.header_digest = {text::Digest::crc32c, text::Digest::none};
  profile.policy.data_digest = {text::Digest::none, text::Digest::crc32c};
  profile.policy.task_reporting =
      text::ListWish({text::TaskReporting::fast_abort, text::TaskReporting::response_fence});
  return profile;
}

//= ledger R7143-13.1-01
TEST(Rfc7143_13_1_InitiatorDigests, AreOfferedAndTakenForHeadersAndData) {
  for (const text::Digest header : {text::Digest::none, text::Digest::crc32c}) {
    for (const text::Digest data : {text::Digest::none, text::Digest::crc32c}) {
      Login login(profile_with_lists());
      EXPECT_THAT(login.offers, HasSubstr(text_of_pairs("HeaderDigest=CRC32C,None;DataDigest=None,CRC32C")));
      const auto word = [](text::Digest digest) { return digest == text::Digest::none ? "None" : "CRC32C"; };
      login.accept(std::string("HeaderDigest=") + word(header) + ";DataDigest=" + word(data));
      ASSERT_TRUE(login.is_logged_in());
      EXPECT_EQ(login.rig.connection.parameters().header_digest, header);
      EXPECT_EQ(login.rig.connection.parameters().data_digest, data);
    }
  }
}

TEST(Rfc7143_13_1_InitiatorDigests, ThatWereNotOfferedEndTheLogin) {
  for (const char* answer : {"HeaderDigest=Y-com.example.sum", "HeaderDigest=CRC32C,None",
                             "DataDigest=", "DataDigest=crc32c", "DataDigest=Irrelevant,None"}) {
    Login login(profile_with_lists());
    login.accept(answer);
    ASSERT_NE(login.rig.closed(), nullptr) << answer;
    EXPECT_EQ(login.rig.closed()->reason, InitiatorCloseReason::protocol_error);
  }
}

//= ledger R7143-13.23-02
TEST(Rfc7143_13_23_InitiatorTaskReporting, OffersTheTwoBasicValuesWhateverIsWanted) {
  using text::TaskReporting;
  for (const auto& [wish, offer] :
       {std::pair(text::ListWish{TaskReporting::fast_abort}, "FastAbort,ResponseFence,RFC3720"),
        std::pair(text::ListWish{TaskReporting::rfc3720}, "RFC3720,ResponseFence"),
        std::pair(text::ListWish{TaskReporting::response_fence, TaskReporting::rfc3720}, "ResponseFence,RFC3720")}) {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.task_reporting = wish;
    Login login(profile);
    EXPECT_THAT(login.offers, HasSubstr(text_of_pairs("TaskReporting=" + std::string(offer))));
  }
}

TEST(Rfc7143_13_23_InitiatorTaskReporting, IsWhatTheTargetSelectsOfTheOffer) {
  using text::TaskReporting;
  for (const auto& [answer, value] :
       {std::pair("FastAbort", TaskReporting::fast_abort), std::pair("ResponseFence", TaskReporting::response_fence),
        std::pair("RFC3720", TaskReporting::rfc3720)}) {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.task_reporting = {TaskReporting::fast_abort, TaskReporting::response_fence, TaskReporting::rfc3720};
    Login login(profile);
    login.accept("TaskReporting=" + std::string(answer));
    ASSERT_TRUE(login.is_logged_in());
    EXPECT_EQ(login.rig.session.parameters().task_reporting, value);
    // FastAbort was not offered here.
    profile.policy.task_reporting = {TaskReporting::response_fence, TaskReporting::rfc3720};
    Login careful(profile);
    careful.accept("TaskReporting=" + std::string(answer));
    EXPECT_EQ(careful.is_logged_in(), value != TaskReporting::fast_abort);
  }
}

// ------------------------------------------------------------------------------------------- what the target proposes

struct TargetsTurn : InitiatorLoginLadder {
  explicit TargetsTurn(InitiatorProfile profile = InitiatorRig::profile()) : InitiatorLoginLadder(std::move(profile)) {
    pass_security();
  }
  /// T -> I: keys, no T bit. I -> T: the answers.
  std::string answer_to(const std::string& keys) {
    deliver(response(kOperational), keys);
    request();
    return std::string(last.text());
  }
};

using Rfc7143_13_24_InitiatorProtocolLevel = TargetsTurn;
using Rfc7143_13_25_InitiatorObsoleteKeys = TargetsTurn;
using Rfc7143_13_26_InitiatorNodeArchitecture = TargetsTurn;

//= ledger R7143-13.24-01
TEST_F(Rfc7143_13_24_InitiatorProtocolLevel, IsOne) {
  EXPECT_THAT(offers, Not(HasSubstr("iSCSIProtocolLevel"))) << "1 is the default";
  EXPECT_EQ(answer_to("iSCSIProtocolLevel=2"), text_of_pairs("iSCSIProtocolLevel=1"));
}

//= ledger R7143-13.25-01 R7143-13.25-02 R7143-13.25-03 R7143-13.25-04 R7143-13.25-05
TEST_F(Rfc7143_13_25_InitiatorObsoleteKeys, AreRejected) {
  EXPECT_EQ(answer_to("IFMarker=Yes;OFMarker=No;IFMarkInt=1~2;OFMarkInt=Reject~1"),
            text_of_pairs("IFMarker=Reject;OFMarker=Reject;IFMarkInt=Reject;OFMarkInt=Reject"));
}

//= ledger R7143-13.26.1-02 R7143-13.26.2-01 R7143-13.26.2-02
TEST_F(Rfc7143_13_26_InitiatorNodeArchitecture, ChangesNothingWhateverItSays) {
  EXPECT_EQ(answer_to("X#NodeArchitecture=OtherOS/9,MaxBurstLength=512"), "");
  accept();
  ASSERT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
  InitiatorRig other;
  other.log_in();
  EXPECT_EQ(rig.session.parameters(), other.session.parameters());
  EXPECT_EQ(rig.connection.parameters(), other.connection.parameters());
}

//= ledger R7143-13.26.1-02
TEST_F(Rfc7143_13_26_InitiatorNodeArchitecture, TwiceIsAProtocolError) {
  answer_to("X#NodeArchitecture=OtherOS/9");
  deliver(response(kOperational), "X#NodeArchitecture=OtherOS/9");
  expect_closed(InitiatorCloseReason::protocol_error, "X#NodeArchitecture");
}

//= ledger R7143-13.26.1-01
TEST_F(Rfc7143_13_26_InitiatorNodeArchitecture, LongerThan255BytesIsAProtocolError) {
  answer_to("X#NodeArchitecture=" + std::string(255, 'a'));
  EXPECT_EQ(rig.closed(), nullptr);
  Login other(InitiatorRig::profile());
  other.accept("X#NodeArchitecture=" + std::string(256, 'a'));
  ASSERT_NE(other.rig.closed(), nullptr);
  EXPECT_EQ(other.rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

struct Rfc7143_13_26_InitiatorThatNamesItself : TargetsTurn {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.node_architecture = "Lunway/0.1";
    return profile;
  }
  Rfc7143_13_26_InitiatorThatNamesItself() : TargetsTurn(profile()) {}
};

//= ledger R7143-13.26.2-06 R7143-13.26.1-02
TEST_F(Rfc7143_13_26_InitiatorThatNamesItself, DoesSoOnceAndNeedNotBeUnderstood) {
  EXPECT_THAT(offers, HasSubstr(text_of_pairs("X#NodeArchitecture=Lunway/0.1")));
  EXPECT_EQ(answer_to("X#NodeArchitecture=NotUnderstood"), "");
  accept();
  EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::logged_in);
}

struct Rfc7143_13_10_InitiatorInDiscovery : TargetsTurn {
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.target_name.clear();
    profile.session_type = text::SessionType::discovery;
    return profile;
  }
  Rfc7143_13_10_InitiatorInDiscovery() : TargetsTurn(profile()) {}
};

//= ledger R7143-13.10-01 R7143-13.21-01 R7144-7.1.1-02
TEST_F(Rfc7143_13_10_InitiatorInDiscovery, AnswersIrrelevantAndNoErrorRecovery) {
  EXPECT_EQ(answer_to("InitialR2T=No;iSCSIProtocolLevel=2;ErrorRecoveryLevel=1"),
            text_of_pairs("InitialR2T=Irrelevant;iSCSIProtocolLevel=Irrelevant;ErrorRecoveryLevel=0"));
}

}  // namespace
}  // namespace lunway::session
