// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/outbox.h"

#include <gtest/gtest.h>

#include <string>

namespace lunway::proxy {
namespace {

using std::chrono::milliseconds;
using End = Outbox::End;

constexpr Instant kBegin{};

std::vector<std::byte> bytes(std::string_view text) {
  const Bytes view = bytes_of(text);
  return {view.begin(), view.end()};
}

std::string sent_at(Outbox& outbox, Instant now) {
  std::string text;
  for (const Bytes piece : outbox.begin_send(now)) text += text_of(piece);
  if (!text.empty()) outbox.sent();
  return text;
}

TEST(Outbox, KeepsTheOrder) {
  Outbox outbox;
  outbox.add(kBegin, bytes("a"));
  outbox.add(kBegin, bytes("b"));
  EXPECT_EQ(outbox.size(), 2U);
  EXPECT_EQ(sent_at(outbox, kBegin), "ab");
  EXPECT_EQ(outbox.size(), 0U);
  EXPECT_EQ(outbox.deadline(), kNever);
}

TEST(Outbox, NothingIsGivenTwice) {
  Outbox outbox;
  outbox.add(kBegin, bytes("a"));
  EXPECT_EQ(outbox.begin_send(kBegin).size(), 1U);
  outbox.add(kBegin, bytes("b"));
  EXPECT_TRUE(outbox.begin_send(kBegin).empty());
  outbox.sent();
  EXPECT_EQ(sent_at(outbox, kBegin), "b");
}

TEST(Outbox, DelayHoldsUpWhatIsBehind) {
  Outbox outbox;
  outbox.add(kBegin, bytes("a"), milliseconds(10));
  outbox.add(kBegin, bytes("b"));
  EXPECT_EQ(outbox.deadline(), kBegin + milliseconds(10));
  EXPECT_EQ(sent_at(outbox, kBegin + milliseconds(9)), "");
  EXPECT_EQ(sent_at(outbox, kBegin + milliseconds(10)), "ab");
}

TEST(Outbox, OthersOvertake) {
  Outbox outbox;
  outbox.add_behind(kBegin, bytes("a"), {}, 2);
  outbox.add(kBegin, bytes("b"));
  outbox.add(kBegin, bytes("c"));
  outbox.add(kBegin, bytes("d"));
  EXPECT_EQ(sent_at(outbox, kBegin), "bcad");
}

TEST(Outbox, WhoIsToBeOvertakenDoesNotWaitForEver) {
  Outbox outbox;
  outbox.add_behind(kBegin, bytes("a"), {}, 1);
  EXPECT_EQ(sent_at(outbox, kBegin), "");
  EXPECT_EQ(outbox.deadline(), kBegin + Outbox::kOvertakingTime);
  EXPECT_EQ(sent_at(outbox, kBegin + Outbox::kOvertakingTime), "a");
}

TEST(Outbox, EndComesBehindEverything) {
  Outbox outbox;
  outbox.add_behind(kBegin, bytes("a"), {}, 1);
  outbox.end(End::finish);
  EXPECT_EQ(outbox.reached_end(), End::none);
  EXPECT_EQ(sent_at(outbox, kBegin), "a");
  EXPECT_EQ(outbox.reached_end(), End::finish);
}

TEST(Outbox, NothingComesBehindTheEnd) {
  Outbox outbox;
  outbox.end(End::cut);
  outbox.add(kBegin, bytes("a"));
  outbox.add_behind(kBegin, bytes("b"), {}, 1);
  outbox.end(End::finish);
  EXPECT_EQ(outbox.size(), 0U);
  EXPECT_EQ(outbox.reached_end(), End::cut);
}

TEST(Outbox, BatchesAreBounded) {
  Outbox outbox;
  for (std::size_t i = 0; i < Outbox::kBatch + 1; ++i) outbox.add(kBegin, bytes("a"));
  EXPECT_EQ(outbox.begin_send(kBegin).size(), Outbox::kBatch);
}

}  // namespace
}  // namespace lunway::proxy
