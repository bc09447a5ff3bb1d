// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What is remembered of tokens that have ended.

#include "scsi/copy/rod_tokens.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/big_endian.h"
#include "scsi/copy/copy_limits.h"
#include "scsi/nexus.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

class RodTokenStore : public ::testing::Test {
 protected:
  std::shared_ptr<RodToken> add(std::uint64_t offset, std::uint64_t length) {
    auto token = std::make_shared<RodToken>();
    store_be64(&token->bytes[8], ++last_);
    token->ranges = {{.offset = offset, .length = length}};
    token->maker = maker;
    token->dies = Instant::max();
    token->timeout = std::chrono::seconds(1);
    return tokens.add(token, Instant()) ? token : nullptr;
  }

  std::shared_ptr<const NexusIdentity> maker = std::make_shared<NexusIdentity>();
  RodTokens tokens;

 private:
  std::uint64_t last_ = 0;
};

TEST_F(RodTokenStore, KnowsWhetherThereIsAny) {
  EXPECT_TRUE(tokens.is_empty());
  const auto token = add(512, 512);
  EXPECT_FALSE(tokens.is_empty());
  tokens.cancel({.offset = 0, .length = 512});
  tokens.cancel({.offset = 1024, .length = 512});
  EXPECT_FALSE(tokens.is_empty()) << "neighbours are no part of it";
  tokens.cancel({.offset = 0, .length = 513});
  EXPECT_TRUE(tokens.is_empty());
  EXPECT_EQ(token->state, RodToken::State::cancelled);
  tokens.end(*token, RodToken::State::deleted);
  EXPECT_EQ(token->state, RodToken::State::cancelled) << "it ends once";
}

// Who made them may be gone: the next change of the medium, wherever it is, ends those whose time is over.
TEST_F(RodTokenStore, AChangeOfTheMediumEndsThoseWhoseTimeIsOver) {
  UnitState unit((LogicalUnitOptions()));
  const auto token = std::make_shared<RodToken>();
  token->ranges = {{.offset = 0, .length = 512}};
  token->dies = Instant::max();
  token->timeout = std::chrono::seconds(1);
  ASSERT_TRUE(unit.tokens.add(token, Instant()));
  unit.end_tokens_of(4096, 512, Instant());
  EXPECT_EQ(token->state, RodToken::State::valid);
  unit.end_tokens_of(4096, 512, Instant(std::chrono::seconds(2)));
  EXPECT_EQ(token->state, RodToken::State::expired);
  EXPECT_TRUE(unit.tokens.is_empty());
}

TEST_F(RodTokenStore, RemembersOnlyTheLastThatEnded) {
  const auto valid = add(0, 512);
  const auto first = add(512, 512);
  tokens.cancel({.offset = 512, .length = 512});
  for (std::size_t i = 1; i < kMostTokensRemembered; ++i) {
    add(512, 512);
    tokens.cancel({.offset = 512, .length = 512});
  }
  EXPECT_EQ(tokens.find(first->bytes, Instant()).token, first);
  add(512, 512);
  tokens.cancel({.offset = 512, .length = 512});
  EXPECT_EQ(tokens.find(first->bytes, Instant()).token, nullptr);
  EXPECT_EQ(tokens.find(valid->bytes, Instant()).token, valid);
  EXPECT_EQ(tokens.size(), 1 + kMostTokensRemembered);
}

TEST_F(RodTokenStore, TokensInUseNeitherExpireNorMakeRoom) {
  const auto used = add(0, 512);
  ++used->users;
  EXPECT_EQ(tokens.find(used->bytes, Instant(std::chrono::seconds(9))).token->state, RodToken::State::valid);
  for (std::size_t i = 1; i < kMostTokensOfNexus; ++i) ++add(0, 512)->users;
  EXPECT_EQ(add(0, 512), nullptr);
  --used->users;
  EXPECT_NE(add(0, 512), nullptr);
  EXPECT_EQ(used->state, RodToken::State::cancelled);
}

}  // namespace
}  // namespace lunway::scsi
