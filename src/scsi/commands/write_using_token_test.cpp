// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// WRITE USING TOKEN: what is written, which tokens are good, and what ends a copy on its way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "scsi/copy/copy_limits.h"
#include "scsi/testing/token_bench.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;

// ------------------------------------------------------------------------------------------------------ what is
// written

TEST(WriteUsingToken, WritesWhatTheTokenStandsFor) {
  TokenBench bench;
  const auto made = bench.token(5, 3);
  EXPECT_TRUE(bench.write(TokenListBuilder(made).range(100, 3)).is_good());
  EXPECT_EQ(bench.blocks(bench.there, 100, 3), bench.blocks(bench.here, 5, 3));
  EXPECT_THAT(bench.there.steps, ElementsAre("parameters 552", "read 2560+1536 elsewhere", "write 51200+1536"));
  const Reply information = bench.ask(bench.there, 2);
  EXPECT_EQ(information.u8(4), 0x11);
  EXPECT_EQ(information.u8(5), 0x01);
  EXPECT_EQ(information.u8(15), 0xf1);
  EXPECT_EQ(information.be64(16), 3U);
  EXPECT_EQ(information.be32(32), 0U) << "no token";
  EXPECT_EQ(bench.ask(bench.there, 2).data_in, information.data_in) << "as often as one likes";
}

TEST(WriteUsingToken, GathersAndScatters) {
  TokenBench bench;
  ASSERT_TRUE(bench.populate(TokenListBuilder().range(40, 2).range(7, 1).range(20, 3)).is_good());
  const auto made = bench.token_in(bench.ask(bench.here, 1));
  // 40 41 7 20 21 22, from the second on.
  EXPECT_TRUE(bench.write(TokenListBuilder(made, 1).range(90, 1).range(60, 3).range(10, 1)).is_good());
  EXPECT_EQ(bench.blocks(bench.there, 90, 1), bench.blocks(bench.here, 41, 1));
  EXPECT_EQ(bench.blocks(bench.there, 60, 1), bench.blocks(bench.here, 7, 1));
  EXPECT_EQ(bench.blocks(bench.there, 61, 2), bench.blocks(bench.here, 20, 2));
  EXPECT_EQ(bench.blocks(bench.there, 10, 1), bench.blocks(bench.here, 22, 1));
  EXPECT_EQ(bench.ask(bench.there, 2).be64(16), 5U);
}

TEST(WriteUsingToken, ATokenServesMoreThanOnce) {
  TokenBench bench;
  const auto made = bench.token(5, 2);
  EXPECT_TRUE(bench.write(TokenListBuilder(made).range(0, 1)).is_good());
  EXPECT_TRUE(bench.write(TokenListBuilder(made, 1).range(1, 1)).is_good());
  EXPECT_EQ(bench.blocks(bench.there, 0, 2), bench.blocks(bench.here, 5, 2));
}

TEST(WriteUsingToken, WritesWithinTheUnitThatMadeIt) {
  TokenBench bench;
  const auto made = bench.token(5, 2);
  EXPECT_TRUE(bench.send(bench.here, bench.here.first, 0x11, 2, TokenListBuilder(made).range(50, 2).list).is_good());
  EXPECT_EQ(bench.blocks(bench.here, 50, 2), bench.blocks(bench.here, 5, 2));
}

TEST(WriteUsingToken, ServesEverybodyWhoSeesTheUnit) {
  TokenBench bench;
  const auto made = bench.token(5, 2);
  EXPECT_TRUE(bench.send(bench.there, bench.there.second, 0x11, 2, TokenListBuilder(made).range(50, 2).list).is_good());
}

TEST(WriteUsingToken, ZeroTokenWritesZeros) {
  TokenBench bench;
  std::ranges::fill(bench.there.medium, std::byte{0x55});
  EXPECT_TRUE(bench.write(TokenListBuilder(zero_token(), 77).range(4, 2).range(9, 1)).is_good());
  EXPECT_THAT(bench.there.steps, ElementsAre("parameters 568", "zero 2048+1024", "zero 4608+512"));
  EXPECT_EQ(bench.blocks(bench.there, 4, 2), bench.there.blocks_of(0, 2));
  EXPECT_EQ(bench.blocks(bench.there, 9, 1), bench.there.blocks_of(0));
  EXPECT_EQ(bench.blocks(bench.there, 8, 1), bench.there.blocks_of(0x55));
}

TEST(WriteUsingToken, ZerosAreWrittenWhereTheVolumeCannotMakeThem) {
  LogicalUnitOptions options = TokenBench::there_options();
  options.can_zero = false;
  TokenBench bench(options);
  std::ranges::fill(bench.there.medium, std::byte{0x55});
  EXPECT_TRUE(bench.write(TokenListBuilder(zero_token()).range(4, 2)).is_good());
  EXPECT_THAT(bench.there.steps, ElementsAre("parameters 552", "write 2048+1024"));
  EXPECT_EQ(bench.blocks(bench.there, 4, 2), bench.there.blocks_of(0, 2));
}

TEST(WriteUsingToken, FlushesWithoutWriteCache) {
  LogicalUnitOptions options = TokenBench::there_options();
  options.write_cache_enabled = false;
  TokenBench bench(options);
  EXPECT_TRUE(bench.write(TokenListBuilder(bench.token(0, 1)).range(0, 1)).is_good());
  EXPECT_EQ(bench.there.steps.back(), "flush 0+0");
}

TEST(WriteUsingToken, WritesAsMuchAsThereIs) {
  TokenBench bench;
  EXPECT_TRUE(bench.write(TokenListBuilder(bench.token(5, 3), 1).range(100, 9)).is_good());
  EXPECT_EQ(bench.blocks(bench.there, 100, 2), bench.blocks(bench.here, 6, 2));
  EXPECT_EQ(bench.blocks(bench.there, 102, 1), bench.there.blocks_of(0));
  const Reply information = bench.ask(bench.there, 2);
  EXPECT_EQ(information.u8(5), 0x03) << "with partial token usage";
  EXPECT_EQ(information.be64(16), 2U);
}

TEST(WriteUsingToken, LargerBlocksAreFilledUpWithZeros) {
  LogicalUnitOptions options = TokenBench::there_options();
  options.block_size = 4096;
  options.capacity_blocks = 32;
  TokenBench bench(options);
  std::ranges::fill(bench.there.medium, std::byte{0x55});
  ASSERT_TRUE(bench.populate(TokenListBuilder().range(10, 5).range(100, 6)).is_good());
  const auto made = bench.token_in(bench.ask(bench.here, 1));
  EXPECT_TRUE(bench.write(TokenListBuilder(made).range(3, 4)).is_good());
  auto expected = bench.blocks(bench.here, 10, 5);
  const auto more = bench.blocks(bench.here, 100, 6);
  expected.insert(expected.end(), more.begin(), more.end());
  expected.resize(8192);
  EXPECT_EQ(bench.blocks(bench.there, 3, 2, 4096), expected);
  EXPECT_EQ(bench.blocks(bench.there, 5, 1, 4096), bench.there.blocks_of(0x55));
  EXPECT_EQ(bench.ask(bench.there, 2).u8(5), 0x03);
  EXPECT_EQ(bench.ask(bench.there, 2).be64(16), 2U) << "in blocks of this unit";
  EXPECT_TRUE(bench.write(TokenListBuilder(made, 1).range(9, 1)).is_good()) << "from byte 4096 on";
  EXPECT_TRUE(std::equal(more.begin() + 3 * 512, more.end(), bench.there.medium.begin() + 9 * 4096));
}

TEST(WriteUsingToken, SmallerBlocksNeedNotBeginWhereTheOthersDo) {
  LogicalUnitOptions options = TokenBench::there_options();
  options.block_size = 4096;
  options.capacity_blocks = 32;
  TokenBench bench(options);
  for (std::size_t at = 0; at < bench.there.medium.size(); ++at) {
    bench.there.medium[at] = static_cast<std::byte>(at / 512 * 7);
  }
  Bench& coarse = bench.there;
  ASSERT_TRUE(bench.send(coarse, coarse.first, 0x10, 1, TokenListBuilder().range(4, 1).range(9, 3).list).is_good());
  const auto made = bench.token_in(bench.ask(coarse, 1));
  ASSERT_TRUE(
      bench.send(bench.here, bench.here.first, 0x11, 2, TokenListBuilder(made, 3).range(0, 7).range(80, 17).list)
          .is_good());
  auto rod = bench.blocks(coarse, 4, 1, 4096);
  const auto more = bench.blocks(coarse, 9, 3, 4096);
  rod.insert(rod.end(), more.begin(), more.end());
  EXPECT_TRUE(std::equal(rod.begin() + 3 * 512, rod.begin() + 10 * 512, bench.here.medium.begin()));
  EXPECT_TRUE(std::equal(rod.begin() + 10 * 512, rod.begin() + 27 * 512, bench.here.medium.begin() + 80 * 512));
}

TEST(WriteUsingToken, MovesInPieces) {
  LogicalUnitOptions options = TokenBench::there_options();
  options.capacity_blocks = 2048;
  TokenBench bench(options);
  Bench& large = bench.there;
  for (std::size_t at = 0; at < large.medium.size(); ++at) large.medium[at] = static_cast<std::byte>(at / 512 % 251);
  ASSERT_TRUE(bench.send(large, large.first, 0x10, 1, TokenListBuilder().range(0, 700).list).is_good());
  const auto made = bench.token_in(bench.ask(large, 1));
  ASSERT_TRUE(bench.send(large, large.first, 0x11, 2, TokenListBuilder(made).range(1000, 700).list).is_good());
  EXPECT_THAT(large.steps, ElementsAre("parameters 552", "read 0+262144", "write 512000+262144", "read 262144+96256",
                                       "write 774144+96256"));
  EXPECT_EQ(bench.blocks(large, 1000, 700), bench.blocks(large, 0, 700));
}

TEST(WriteUsingToken, NothingToDoIsGood) {
  TokenBench bench;
  EXPECT_TRUE(bench.there.run({0x83, 0x11, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}).is_good());
  EXPECT_TRUE(bench.write(TokenListBuilder(bench.token(0, 1)).range(0, 0)).is_good());
  EXPECT_THAT(bench.there.steps, ElementsAre("parameters 552"));
}

// ------------------------------------------------------------------------------------------------- what is wrong with
// lists

TEST(WriteUsingToken, ListIsChecked) {
  TokenBench bench;
  const auto made = bench.token(0, 2);
  const auto good = [&] { return TokenListBuilder(made).range(0, 1); };
  TokenListBuilder many(made);
  for (std::uint32_t i = 0; i <= kMostTokenRanges; ++i) many.range(i, 1);
  const struct {
    const char* what;
    TokenListBuilder list;
    SenseCode code;
    const char* field;
  } cases[] = {
      {"data length", good().set(1, 0x25), SenseCode::invalid_field_in_parameter_list, "parameter 0"},
      {"no range", good().set(535, 15), SenseCode::invalid_field_in_parameter_list, "parameter 534"},
      {"too many ranges", many, SenseCode::too_many_segment_descriptors, "parameter 534"},
      {"same block twice", good().range(0, 1), SenseCode::invalid_field_in_parameter_list, "parameter 536"},
      {"beyond the end", TokenListBuilder(made).range(Bench::kBlocks, 1), SenseCode::logical_block_address_out_of_range,
       "parameter 536"},
      {"offset at the end", TokenListBuilder(made, 2).range(0, 1), SenseCode::invalid_field_in_parameter_list,
       "parameter 8"},
      {"offset that wraps", TokenListBuilder(made, UINT64_MAX / 512 + 2).range(0, 1),
       SenseCode::invalid_field_in_parameter_list, "parameter 8"},
  };
  for (const auto& wrong : cases) {
    const Reply reply = bench.write(wrong.list);
    EXPECT_EQ(reply.key(), SenseKey::illegal_request) << wrong.what;
    EXPECT_EQ(reply.code(), wrong.code) << wrong.what;
    EXPECT_EQ(reply.field(), wrong.field) << wrong.what;
  }
  EXPECT_EQ(bench.there.medium, std::vector<std::byte>(bench.there.medium.size()));
  auto cut = good().list;
  cut.resize(535);
  EXPECT_EQ(bench.send(bench.there, bench.there.first, 0x11, 1, cut).code(), SenseCode::parameter_list_length_error);
  EXPECT_TRUE(bench.write(good()).is_good()) << "the token is none the worse for it";
}

// ------------------------------------------------------------------------------------------------- which tokens are
// good

TEST(WriteUsingToken, EachFaultOfATokenHasItsCode) {
  TokenBench bench;
  const auto made = bench.token(0, 2);
  const auto changed = [&](std::size_t at, unsigned value) {
    auto token = made;
    token.at(at) = static_cast<std::byte>(value);
    return token;
  };
  auto foreign = changed(31, 3);
  foreign[300] = std::byte{};
  auto unknown = made;
  std::fill(unknown.begin() + 8, unknown.begin() + 16, std::byte{0xee});
  const struct {
    const char* what;
    std::vector<std::byte> token;
    SenseCode code;
  } cases[] = {
      {"length", changed(7, 0xf7), SenseCode::invalid_token_operation_invalid_token_length},
      {"access upon reference", changed(1, 0x01), SenseCode::invalid_token_operation_unsupported_token_type},
      {"point in time, persistent", changed(3, 0x02), SenseCode::invalid_token_operation_unsupported_token_type},
      {"no CSCD descriptor", changed(16, 0xe0), SenseCode::invalid_token_operation_token_corrupt},
      {"no NAA", changed(21, 1), SenseCode::invalid_token_operation_token_corrupt},
      {"another unit", foreign, SenseCode::invalid_token_operation_remote_token_usage_not_supported},
      {"one bit", changed(511, load_u8(&made[511]) ^ 1U), SenseCode::invalid_token_operation_token_corrupt},
      {"more bytes", changed(61, 9), SenseCode::invalid_token_operation_token_corrupt},
      {"another identifier", unknown, SenseCode::invalid_token_operation_token_unknown},
  };
  for (const auto& wrong : cases) {
    const Reply reply = bench.write(TokenListBuilder(wrong.token).range(0, 1));
    EXPECT_EQ(reply.key(), SenseKey::illegal_request) << wrong.what;
    EXPECT_EQ(reply.code(), wrong.code) << wrong.what;
    EXPECT_EQ(bench.ask(bench.there, 2).field(), "cdb 2") << "there was no copy: " << wrong.what;
  }
  EXPECT_EQ(bench.blocks(bench.there, 0, 1), bench.there.blocks_of(0));
}

TEST(WriteUsingToken, UnitsThatTheInitiatorDoesNotSeeAreRemote) {
  TokenBench bench;
  const auto made = bench.token(0, 2);
  bench.there.neighbours.clear();
  EXPECT_EQ(bench.write(TokenListBuilder(made).range(0, 1)).code(),
            SenseCode::invalid_token_operation_remote_token_usage_not_supported);
}

TEST(WriteUsingToken, MayDeleteTheToken) {
  TokenBench bench;
  const auto made = bench.token(0, 2);
  EXPECT_TRUE(bench.write(TokenListBuilder(made).range(0, 1).set(2, 0x02)).is_good());
  EXPECT_EQ(bench.write(TokenListBuilder(made).range(0, 1)).code(), SenseCode::invalid_token_operation_token_deleted);
}

TEST(WriteUsingToken, IdentifierInUseIsRefused) {
  TokenBench bench;
  const auto made = bench.token(0, 2);
  Reply inner;
  bool has_come = false;
  bench.there.while_performing = [&](const Step& step) {
    const auto* access = std::get_if<Access>(&step);
    if (access == nullptr || access->verb != Access::Verb::write) return;
    if (std::exchange(has_come, true)) return;
    inner = bench.write(TokenListBuilder(made).range(5, 1), 2);
  };
  EXPECT_TRUE(bench.write(TokenListBuilder(made).range(0, 1), 2).is_good());
  EXPECT_EQ(inner.code(), SenseCode::operation_in_progress);
}

// ------------------------------------------------------------------------------------------ what goes wrong on the way

/// Calls `what` before the nth access of the next command.
void before_access(Bench& bench, unsigned nth, const std::function<void()>& what) {
  bench.while_performing = [nth, what, count = 0U](const Step& step) mutable {
    if (std::holds_alternative<Access>(step) && count++ == nth) what();
  };
}

struct LargeTokenBench : TokenBench {
  static LogicalUnitOptions options() {
    LogicalUnitOptions options = there_options();
    options.capacity_blocks = 2048;
    return options;
  }
  LargeTokenBench() : TokenBench(options()) {}

  /// A copy of three pieces, within `there`.
  std::vector<std::byte> large_token() {
    promise(send(there, there.first, 0x10, 1, TokenListBuilder().range(0, 1200).list).is_good());
    return token_in(ask(there, 1));
  }
};

TEST(WriteUsingToken, AChangeOnTheWayEndsTheCopy) {
  LargeTokenBench bench;
  const auto made = bench.large_token();
  // The second piece is being read, and somebody writes to the last block.
  Reply change;
  before_access(bench.there, 2, [&] {
    change = bench.there.run_as(bench.there.second, {0x2a, 0, 0, 0, 4, 0xaf, 0, 0, 1, 0}, bench.there.blocks_of(1));
  });
  const Reply reply = bench.write(TokenListBuilder(made).range(1300, 700));
  EXPECT_TRUE(change.is_good());
  EXPECT_EQ(reply.key(), SenseKey::copy_aborted);
  EXPECT_EQ(reply.code(), SenseCode::invalid_token_operation_token_cancelled);
  EXPECT_EQ(load_be32(&reply.sense[3]), 700U - 512U) << "blocks that are missing";
  const Reply information = bench.ask(bench.there, 2);
  EXPECT_EQ(information.u8(5), 0x02);
  EXPECT_EQ(information.u8(12), 0x02);
  EXPECT_EQ(information.be64(16), 512U);
  EXPECT_EQ(information.u8(14), reply.sense.size());
  EXPECT_EQ(bench.blocks(bench.there, 1300 + 512, 188), bench.there.blocks_of(0, 188)) << "nothing that was read then";
}

TEST(WriteUsingToken, DoesNotExpireWhileItIsUsed) {
  LargeTokenBench bench;
  const auto made = bench.large_token();
  before_access(bench.there, 2, [&] {
    bench.there.now += std::chrono::seconds(kMostTokenTimeoutSeconds);
    EXPECT_TRUE(bench.write(TokenListBuilder(made).range(2047, 1), 3).is_good());
  });
  EXPECT_TRUE(bench.write(TokenListBuilder(made).range(1300, 700)).is_good());
}

TEST(WriteUsingToken, AbortEndsTheCopy) {
  LargeTokenBench bench;
  const auto made = bench.large_token();
  Reply progress;
  Reply abort;
  before_access(bench.there, 2, [&] {
    progress = bench.ask(bench.there, 2);
    abort = bench.there.run({0x83, 0x1c, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  });
  const Reply reply = bench.write(TokenListBuilder(made).range(1300, 700));
  EXPECT_EQ(progress.u8(5), 0x11) << "in progress, in the foreground";
  EXPECT_EQ(progress.be64(16), 512U);
  EXPECT_TRUE(abort.is_good());
  EXPECT_EQ(reply.key(), SenseKey::copy_aborted);
  EXPECT_EQ(reply.code(), SenseCode::commands_cleared_by_device_server);
  const Reply information = bench.ask(bench.there, 2);
  EXPECT_EQ(information.u8(5), 0x60) << "terminated";
  EXPECT_EQ(information.u8(12), 0x40) << "TASK ABORTED";
  EXPECT_EQ(information.u8(14), 0);
  EXPECT_EQ(information.be64(16), 512U);
  EXPECT_EQ(bench.there.run({0x83, 0x1c, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).field(), "cdb 2");
}

TEST(WriteUsingToken, AbandonedCopyIsTerminatedAndLeavesTheToken) {
  TokenBench bench;
  const auto list = TokenListBuilder(bench.token(0, 2)).range(0, 1).list;
  std::vector<std::byte> cdb(16);
  store_u8(&cdb[0], 0x83);
  store_u8(&cdb[1], 0x11);
  store_u8(&cdb[9], 2);
  store_be16(&cdb[12], static_cast<std::uint16_t>(list.size()));
  Task task;
  Reply reply;
  Bench& there = bench.there;
  const Step parameters = there.unit.begin(
      task, there.first,
      {.cdb = cdb, .expected_data_out = list.size(), .luns = {}, .waker = &there, .copy_host = &there});
  const Step read = there.unit.resume(task, there.perform(parameters, list, reply));
  ASSERT_TRUE(std::holds_alternative<Access>(read));
  EXPECT_TRUE(task.uses(bench.here.unit));
  there.unit.abandon(task);
  EXPECT_FALSE(task.uses(bench.here.unit));
  EXPECT_EQ(bench.ask(there, 2).u8(5), 0x60);
  there.now += std::chrono::seconds(kMostTokenTimeoutSeconds);
  EXPECT_EQ(bench.send(there, there.first, 0x11, 2, list).code(), SenseCode::invalid_token_operation_token_expired);
}

TEST(WriteUsingToken, ForwardsWhatAMediumSays) {
  const struct {
    unsigned access;
    Outcome::Failure failure;
    SenseCode code;
    SenseCode forwarded;
  } cases[] = {
      {0, Outcome::Failure::read_failed, SenseCode::third_party_device_failure, SenseCode::unrecovered_read_error},
      {1, Outcome::Failure::write_failed, SenseCode::third_party_device_failure, SenseCode::write_error},
      {0, Outcome::Failure::unit_lost, SenseCode::copy_target_device_not_reachable, SenseCode::internal_target_failure},
  };
  for (const auto& wrong : cases) {
    TokenBench bench;
    const auto made = bench.token(0, 2);
    before_access(bench.there, wrong.access, [&] { bench.there.fail_next = wrong.failure; });
    const Reply reply = bench.write(TokenListBuilder(made).range(0, 2));
    EXPECT_EQ(reply.key(), SenseKey::copy_aborted);
    EXPECT_EQ(reply.code(), wrong.code);
    EXPECT_EQ(load_be32(&reply.sense[3]), 2U);
    EXPECT_EQ(static_cast<SenseCode>(load_be16(&reply.sense[31])), wrong.forwarded);
    EXPECT_EQ(bench.ask(bench.there, 2).u8(5), 0x02);
  }
}

// ------------------------------------------------------------------------------------------------------ who may write

TEST(WriteUsingToken, IsAWriteToItsUnit) {
  TokenBench bench;
  const auto list = TokenListBuilder(bench.token(0, 2)).range(0, 1);
  bench.there.unit.set_write_protected(true);
  bench.there.first.clear(UnitAttention::mode_parameters_changed);
  EXPECT_EQ(bench.write(list).code(), SenseCode::write_protected);
  bench.there.unit.set_write_protected(false);
  for (Nexus* const nexus : {&bench.there.first, &bench.there.second}) {
    nexus->clear(UnitAttention::mode_parameters_changed);
  }
  ASSERT_TRUE(bench.there.run({0x1b, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(bench.write(list).key(), SenseKey::not_ready);
  ASSERT_TRUE(bench.there.run({0x1b, 0, 0, 0, 1, 0}).is_good());
  ASSERT_TRUE(bench.there.run_as(bench.there.second, {0x16, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(bench.write(list).status, Status::reservation_conflict);
}

TEST(WriteUsingToken, MeetsAReservationThatCameBeforeItsList) {
  TokenBench bench;
  const auto list = TokenListBuilder(bench.token(0, 2)).range(0, 1);
  bool is_reserved = false;
  bench.there.while_performing = [&](const Step& step) {
    if (!std::holds_alternative<ReceiveParameters>(step) || std::exchange(is_reserved, true)) return;
    EXPECT_TRUE(bench.there.run_as(bench.there.second, {0x16, 0, 0, 0, 0, 0}).is_good());
    bench.there.run({0x12, 0, 0, 0, 36, 0});  // the first initiator is the one that runs again
  };
  EXPECT_EQ(bench.write(list).status, Status::reservation_conflict);
  EXPECT_TRUE(is_reserved);
  EXPECT_EQ(bench.blocks(bench.there, 0, 1), bench.there.blocks_of(0));
}

TEST(WriteUsingToken, IsAReadOfTheOther) {
  TokenBench bench;
  const auto list = TokenListBuilder(bench.token(0, 2)).range(0, 1);
  ASSERT_TRUE(bench.here.run_as(bench.here.second, {0x16, 0, 0, 0, 0, 0}).is_good());
  const Reply reply = bench.write(list);
  EXPECT_EQ(reply.key(), SenseKey::copy_aborted);
  EXPECT_EQ(load_u8(&reply.sense[18]), 0x18) << "RESERVATION CONFLICT of the source";
  EXPECT_EQ(bench.blocks(bench.there, 0, 1), bench.there.blocks_of(0));
  EXPECT_TRUE(bench.send(bench.there, bench.there.second, 0x11, 2, list.list).is_good()) << "its holder may";
}

}  // namespace
}  // namespace lunway::scsi
