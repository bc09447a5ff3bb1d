// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Transfers of any size: which commands they become, where the data goes, and how they fail.

#include "initiator/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <vector>

#include "base/big_endian.h"
#include "initiator/testing/client_and_target.h"
#include "wire/data_in.h"
#include "wire/scsi_command.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::size_t kBlock = 512;
constexpr milliseconds kMoment{50};

/// What a READ(10) or WRITE(10) asks for.
struct Asked {
  wire::Itt itt;
  std::uint32_t lba = 0;
  std::uint32_t blocks = 0;
};

struct Transfers : ClientAndTarget {
  void begin(unsigned depth = 2, std::uint32_t max_transfer_bytes = 8 * kBlock) {
    options.depth = depth;
    options.max_transfer_bytes = max_transfer_bytes;
    log_in();
    commander.emplace(*client);
    std::iota(reinterpret_cast<unsigned char*>(pattern.data()),
              reinterpret_cast<unsigned char*>(pattern.data()) + pattern.size(), static_cast<unsigned char>(1));
  }
  ~Transfers() override {
    transfer.reset();
    commander.reset();
  }

  void start(const Transfer::Range& range) {
    transfer.emplace(*commander, options, range, [this](Result<> ended) { result = std::move(ended); });
    transfer->start(facts);
  }
  void read(std::uint64_t lba, std::size_t size) {
    buffer.assign(size, std::byte{0xee});
    start({.lba = lba, .in = buffer, .out = {}});
  }
  void write(std::uint64_t lba, std::size_t size) { start({.lba = lba, .in = {}, .out = Bytes(pattern).first(size)}); }

  Asked next_command() {
    const auto fields = target.next_as<wire::ScsiCommand>();
    return {fields.itt, load_be32(&fields.cdb[2]), load_be16(&fields.cdb[7])};
  }
  void expect_command(std::uint32_t lba, std::uint32_t blocks) {
    asked.push_back(next_command());
    EXPECT_EQ(asked.back().lba, lba);
    EXPECT_EQ(asked.back().blocks, blocks);
  }
  /// T -> I: data of the pattern at `offset`, with GOOD
  void send_data(const Asked& command, std::size_t offset, wire::Residual residual = {}) {
    const std::size_t size = command.blocks * kBlock - residual.count;
    target.deliver(wire::DataIn::build(target.numbered(wire::DataIn::Fields{.final = true,
                                                                            .has_status = true,
                                                                            .status = wire::ScsiStatus::good,
                                                                            .residual = residual,
                                                                            .itt = command.itt})),
                   Bytes(pattern).subspan(offset, size));
  }
  void wait() {
    ASSERT_TRUE(turn_until([this] { return result.has_value(); }));
  }
  void expect_success() {
    wait();
    EXPECT_TRUE(*result) << result->error().message;
  }
  void expect_error(ErrorKind kind, const std::string& message = "") {
    wait();
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().kind, kind);
    EXPECT_THAT(result->error().message, HasSubstr(message));
  }

  UnitFacts facts{.capacity = {.blocks = 1000, .block_size = kBlock}};
  std::optional<Commander> commander;
  std::optional<Transfer> transfer;
  std::optional<Result<>> result;
  std::vector<std::byte> pattern = std::vector<std::byte>(64 * kBlock);
  std::vector<std::byte> buffer;
  std::vector<Asked> asked;
};

TEST_F(Transfers, AReadIsCutAndPutTogetherAgain) {
  begin();
  read(100, 20 * kBlock);
  expect_command(100, 8);
  expect_command(108, 8);
  // The parts come back in any order.
  send_data(asked[1], 8 * kBlock);
  expect_command(116, 4);
  send_data(asked[2], 16 * kBlock);
  EXPECT_FALSE(result);
  send_data(asked[0], 0);
  expect_success();
  EXPECT_TRUE(std::ranges::equal(buffer, Bytes(pattern).first(20 * kBlock)));
}

TEST_F(Transfers, AWriteSendsEachPartWithItsCommand) {
  begin();
  write(7, 12 * kBlock);
  expect_command(7, 8);
  EXPECT_TRUE(std::ranges::equal(target.last.data, Bytes(pattern).first(8 * kBlock)));
  expect_command(15, 4);
  EXPECT_TRUE(std::ranges::equal(target.last.data, Bytes(pattern).subspan(8 * kBlock, 4 * kBlock)));
  target.respond(asked[1].itt);
  target.respond(asked[0].itt);
  expect_success();
}

TEST_F(Transfers, KeepNoMoreCommandsInFlightThanAsked) {
  begin(3, kBlock);
  read(0, 5 * kBlock);
  for (std::uint32_t lba = 0; lba < 3; ++lba) expect_command(lba, 1);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
  send_data(asked[0], 0);
  expect_command(3, 1);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(Transfers, KeepToTheLimitOfTheUnit) {
  begin();
  facts.max_transfer_blocks = 3;
  read(0, 5 * kBlock);
  expect_command(0, 3);
  expect_command(3, 2);
}

TEST_F(Transfers, MoveAtLeastOneBlockACommand) {
  begin(1, 100);
  read(0, 2 * kBlock);
  expect_command(0, 1);
}

TEST_F(Transfers, OfNothingAreDoneAtOnce) {
  begin();
  read(1000, 0);
  expect_success();
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(Transfers, AFailureStopsThemAfterWhatIsUnderWay) {
  begin();
  write(0, 40 * kBlock);
  expect_command(0, 8);
  expect_command(8, 8);
  target.respond(asked[0].itt, wire::ScsiStatus::reservation_conflict);
  EXPECT_TRUE(target.hears_nothing_for(kMoment)) << "no third command";
  EXPECT_FALSE(result) << "the second still looks at the caller's memory";
  target.respond(asked[1].itt);
  expect_error(ErrorKind::scsi, "RESERVATION CONFLICT");
}

TEST_F(Transfers, LessDataThanAskedForIsAFailure) {
  begin();
  read(0, 8 * kBlock);
  expect_command(0, 8);
  send_data(asked[0], 0, {.kind = wire::Residual::Kind::underflow, .count = kBlock});
  expect_error(ErrorKind::protocol, "another number of bytes");
}

TEST_F(Transfers, EndWithTheConnection) {
  begin();
  read(0, 40 * kBlock);
  next_command();
  target.hang_up();
  expect_error(ErrorKind::connection_lost);
}

TEST_F(Transfers, BreakOffWhenTheyAreAborted) {
  begin(1);
  read(0, 40 * kBlock);
  expect_command(0, 8);
  transfer->abort();
  const auto abort = target.next_as<wire::TaskManagementRequest>();
  EXPECT_EQ(abort.referenced_task_tag, asked[0].itt);
  target.deliver(
      wire::TaskManagementResponse::build(target.numbered(wire::TaskManagementResponse::Fields{.itt = abort.itt})));
  expect_error(ErrorKind::aborted);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(Transfers, DoNotBeginWhenTheyWereAbortedBefore) {
  begin();
  buffer.resize(kBlock);
  transfer.emplace(*commander, options, Transfer::Range{.lba = 0, .in = buffer, .out = {}},
                   [this](Result<> ended) { result = std::move(ended); });
  transfer->abort();
  transfer->start(facts);
  expect_error(ErrorKind::aborted);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(Transfers, FailWhenNothingIsKnownOfTheUnit) {
  begin();
  transfer.emplace(*commander, options, Transfer::Range{}, [this](Result<> ended) { result = std::move(ended); });
  transfer->start(std::unexpected(Error{ErrorKind::protocol, 0, "no capacity"}));
  expect_error(ErrorKind::protocol, "no capacity");
}

struct BadRange {
  const char* name;
  std::uint64_t lba;
  std::size_t size;
};

struct TransferRanges : Transfers, ::testing::WithParamInterface<BadRange> {};

TEST_P(TransferRanges, ThatCannotBeAreRefusedBeforeAnyCommand) {
  begin();
  read(GetParam().lba, GetParam().size);
  expect_error(ErrorKind::invalid_argument);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

INSTANTIATE_TEST_SUITE_P(Table, TransferRanges,
                         ::testing::Values(BadRange{"HalfABlock", 0, kBlock / 2},
                                           BadRange{"PastTheEnd", 999, 2 * kBlock},
                                           BadRange{"BeyondTheEnd", 1001, kBlock},
                                           BadRange{"FarBeyond", 0xffffffffffffffff, kBlock}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace lunway::initiator
