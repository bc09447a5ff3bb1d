// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "proxy/testing/recorder.h"
#include "wire/data_in.h"
#include "wire/data_out.h"
#include "wire/nop_in.h"
#include "wire/nop_out.h"
#include "wire/text_response.h"

namespace lunway::proxy {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using wire::Opcode;
using wire::Role;

constexpr Instant kBegin{};
constexpr wire::Digests kBoth{.header = true, .data = true};
const std::string kDigestKeys = pairs({"HeaderDigest=CRC32C", "DataDigest=CRC32C"});

void append(std::vector<std::byte>& to, const std::vector<std::byte>& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

struct Setting {
  explicit Setting(std::string_view text = "", AddressPolicy policy = AddressPolicy::matching,
                   const std::string& proxy_host = "127.0.0.1")
      : rules(*parse_rules(text)),
        exchange({.number = 1,
                  .seed = 1,
                  .begun = kBegin,
                  .addresses = {.policy = policy,
                                .target = {{.host = "127.0.0.1", .port = 3260, .portal_group_tag = {}}},
                                .proxy = {.host = proxy_host, .port = 9, .portal_group_tag = {}}}},
                 rules, recorder) {}

  void log_in(const std::string& keys = kDigestKeys) {
    exchange.receive(kBegin, Role::initiator, login_request(keys));
    exchange.receive(kBegin, Role::target, login_response(keys));
    drain(exchange, Role::initiator, kBegin);
    drain(exchange, Role::target, kBegin);
    recorder.opcodes.clear();
  }
  std::vector<std::byte> passes(Role from, const std::vector<std::byte>& bytes) {
    exchange.receive(kBegin, from, bytes);
    return drain(exchange, from, kBegin);
  }

  Recorder recorder;
  RuleBook rules;
  Exchange exchange;
};

std::vector<std::byte> data_in(std::string_view data, wire::Digests digests = kBoth) {
  return encoded(wire::DataIn::build({.itt = wire::Itt(1)}), data, digests);
}

std::vector<std::byte> ping(wire::Digests digests = kBoth) {
  return encoded(wire::NopOut::build({.itt = wire::Itt(2)}), "ping", digests);
}

// From the first PDU behind the login on, in both directions.
TEST(Rfc7143_13_1_Exchange, FollowsTheDigestsOfTheLogin) {
  Setting setting;
  setting.log_in();
  EXPECT_EQ(setting.passes(Role::initiator, ping()), ping());
  EXPECT_EQ(setting.passes(Role::target, data_in("x")), data_in("x"));
  EXPECT_EQ(setting.passes(Role::target, data_in("yz")), data_in("yz"));
  EXPECT_THAT(setting.recorder.opcodes, ElementsAre(Opcode::nop_out, Opcode::data_in, Opcode::data_in));
  EXPECT_THAT(setting.recorder.notes, Contains("full feature phase: HeaderDigest=CRC32C, DataDigest=CRC32C"));
}

TEST(Rfc7143_13_1_Exchange, TargetMayGoOnInTheSameSegmentOfTcp) {
  Setting setting;
  setting.passes(Role::initiator, login_request(kDigestKeys));
  std::vector<std::byte> bytes = login_response(kDigestKeys);
  append(bytes, data_in("x"));
  EXPECT_EQ(setting.passes(Role::target, bytes), bytes);
  EXPECT_THAT(setting.recorder.opcodes, Contains(Opcode::data_in));
}

RC_GTEST_PROP(Exchange, CutsMeanNothing, ()) {
  Setting setting;
  setting.log_in();
  std::vector<std::byte> stream;
  for (const auto& size : *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(0, 3000))) {
    append(stream, data_in(std::string(size, 'd')));
  }
  std::vector<std::byte> passed;
  for (Bytes rest(stream); !rest.empty();) {
    const Bytes piece = rest.first(*rc::gen::inRange<std::size_t>(1, rest.size() + 1));
    setting.exchange.receive(kBegin, Role::target, piece);
    append(passed, drain(setting.exchange, Role::target, kBegin));
    rest = rest.subspan(piece.size());
  }
  RC_ASSERT(passed == stream);
}

RC_GTEST_PROP(Exchange, PassesWhatIsNoIscsi, (const std::vector<std::uint8_t>& noise)) {
  Setting setting;
  const Bytes view = std::as_bytes(std::span(noise));
  setting.exchange.receive(kBegin, Role::initiator, view);
  setting.exchange.finish(kBegin, Role::initiator);
  const std::vector<std::byte> passed = drain(setting.exchange, Role::initiator, kBegin);
  RC_ASSERT(std::ranges::equal(passed, view));
  RC_ASSERT(setting.exchange.outbox(Role::initiator).reached_end() == Outbox::End::finish);
}

TEST(Exchange, GoesOnUnreadBehindAWrongHeaderDigest) {
  Setting setting;
  setting.log_in();
  std::vector<std::byte> broken = ping();
  broken[20] ^= std::byte{1};
  append(broken, ping());
  EXPECT_EQ(setting.passes(Role::initiator, broken), broken);
  EXPECT_THAT(setting.recorder.opcodes, ElementsAre());
  EXPECT_THAT(setting.recorder.notes, Contains(HasSubstr("initiator: a header digest is wrong")));
}

TEST(Exchange, TellsAWrongDataDigestAndPassesIt) {
  Setting setting;
  setting.log_in();
  setting.recorder.digests_ok.clear();
  std::vector<std::byte> broken = data_in("abcd");
  broken.back() ^= std::byte{1};
  EXPECT_EQ(setting.passes(Role::target, broken), broken);
  EXPECT_THAT(setting.recorder.digests_ok, ElementsAre(false));
}

TEST(Exchange, DropsDuplicatesAndReorders) {
  Setting drops("drop every=2");
  drops.log_in();
  std::vector<std::byte> three = data_in("1");
  append(three, data_in("2"));
  append(three, data_in("3"));
  std::vector<std::byte> without = data_in("1");
  append(without, data_in("3"));
  EXPECT_EQ(drops.passes(Role::target, three), without);

  Setting doubles("duplicate times=1");
  doubles.log_in();
  std::vector<std::byte> twice = data_in("1");
  append(twice, data_in("1"));
  EXPECT_EQ(doubles.passes(Role::target, data_in("1")), twice);

  Setting swaps("reorder times=1");
  swaps.log_in();
  std::vector<std::byte> swapped = data_in("2");
  append(swapped, data_in("1"));
  append(swapped, data_in("3"));
  EXPECT_EQ(swaps.passes(Role::target, three), swapped);
}

TEST(Exchange, CorruptsAfterItHasRead) {
  Setting setting("corrupt=data byte=0 times=1");
  setting.log_in();
  setting.recorder.digests_ok.clear();
  const std::vector<std::byte> passed = setting.passes(Role::target, data_in("abcd"));
  EXPECT_NE(passed, data_in("abcd"));
  EXPECT_EQ(passed.size(), data_in("abcd").size());
  EXPECT_THAT(setting.recorder.digests_ok, ElementsAre(true));
  EXPECT_EQ(setting.passes(Role::target, data_in("efgh")), data_in("efgh")) << "the stream is still followed";
}

TEST(Exchange, CutsInTheMidstOfAPdu) {
  Setting setting("cut=50");
  setting.log_in();
  std::vector<std::byte> first = data_in("0123456789");
  std::vector<std::byte> both = first;
  append(both, data_in("more"));
  first.resize(50);
  EXPECT_EQ(setting.passes(Role::target, both), first);
  EXPECT_EQ(setting.exchange.outbox(Role::target).reached_end(), Outbox::End::cut);
  EXPECT_TRUE(setting.passes(Role::target, data_in("late")).empty());
}

TEST(Exchange, IsFullWhenNobodyTakes) {
  Setting setting("delay=1min");
  setting.log_in("");
  const std::vector<std::byte> large = data_in(std::string(Exchange::kFull, 'x'), {});
  EXPECT_FALSE(setting.exchange.is_full(Role::target));
  setting.exchange.receive(kBegin, Role::target, large);
  EXPECT_TRUE(setting.exchange.is_full(Role::target));
  EXPECT_FALSE(setting.exchange.is_full(Role::initiator));
  drain(setting.exchange, Role::target, kBegin + std::chrono::minutes(1));
  EXPECT_FALSE(setting.exchange.is_full(Role::target));
}

std::vector<std::byte> targets(std::string_view text, wire::Digests digests) {
  return encoded(wire::TextResponse::build({.itt = wire::Itt(1)}), text, digests);
}

TEST(Rfc7143_C_Exchange, DiscoveryLeadsBackToTheProxy) {
  Setting setting;
  setting.log_in();
  EXPECT_EQ(setting.passes(Role::target, targets(pairs({"TargetAddress=127.0.0.1:3260,1"}), kBoth)),
            targets(pairs({"TargetAddress=127.0.0.1:9,1"}), kBoth));
}

TEST(Rfc7143_C_Exchange, KeepChangesNothing) {
  Setting setting("", AddressPolicy::keep);
  setting.log_in();
  const auto list = targets(pairs({"TargetAddress=127.0.0.1:3260,1"}), kBoth);
  EXPECT_EQ(setting.passes(Role::target, list), list);
}

TEST(Rfc7143_C_Exchange, RedirectionLeadsBackToTheProxy) {
  Setting setting;
  const auto moved = wire::LoginStatus::target_moved_temporarily;
  EXPECT_EQ(setting.passes(Role::target, login_response(pairs({"TargetAddress=127.0.0.1:3260"}), {}, moved)),
            login_response(pairs({"TargetAddress=127.0.0.1:9"}), {}, moved));
}

// The initiator could not take it.
TEST(Rfc7143_13_12_Exchange, ReplacingDoesNotPassWhatTheInitiatorTakes) {
  Setting setting("", AddressPolicy::all, std::string(200, 'h'));
  setting.log_in(pairs({"MaxRecvDataSegmentLength=512"}));
  const auto list = targets(pairs({"TargetAddress=a", "TargetAddress=b", "TargetAddress=c"}), {});
  EXPECT_EQ(setting.passes(Role::target, list), list);
  EXPECT_THAT(setting.recorder.notes, Contains(HasSubstr("no room")));
}

}  // namespace
}  // namespace lunway::proxy
