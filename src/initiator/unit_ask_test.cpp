// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How an initiator learns about a unit, and when it asks again; UNMAP within the limits that it has learnt.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "initiator/sense.h"
#include "initiator/testing/client_and_target.h"
#include "initiator/unit.h"
#include "initiator/unmap.h"
#include "wire/data_in.h"
#include "wire/scsi_command.h"

namespace lunway::initiator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMoment{50};

/// Sense data in fixed format.
std::array<std::byte, 14> sense(std::uint8_t key, std::uint8_t asc, std::uint8_t ascq) {
  std::array<std::byte, 14> data{};
  data[0] = std::byte{0x70};
  data[2] = std::byte{key};
  data[7] = std::byte{6};
  data[12] = std::byte{asc};
  data[13] = std::byte{ascq};
  return data;
}

struct Asking : ClientAndTarget {
  void begin() {
    log_in();
    commander.emplace(*client);
    unit.emplace(*commander);
  }
  ~Asking() override {
    unmap.reset();
    unit.reset();
    commander.reset();
  }

  void ask() {
    unit->ask([this](const Result<UnitFacts>& facts) { known = facts; });
  }
  /// I -> T: a command with this operation code
  wire::Itt expect(std::uint8_t opcode) {
    const auto fields = target.next_as<wire::ScsiCommand>();
    EXPECT_EQ(fields.cdb[0], std::byte{opcode});
    return fields.itt;
  }
  /// T -> I: all the data there is, with GOOD; `room` is what was asked for
  void answer(wire::Itt itt, Bytes data, std::size_t room) {
    wire::Residual residual;
    if (data.size() < room)
      residual = {wire::Residual::Kind::underflow, static_cast<std::uint32_t>(room - data.size())};
    target.deliver(wire::DataIn::build(target.numbered(
                       wire::DataIn::Fields{.final = true, .has_status = true, .residual = residual, .itt = itt})),
                   data);
  }
  void refuse(wire::Itt itt) {
    target.respond(itt, wire::ScsiStatus::check_condition, sense(kSenseKeyIllegalRequest, 0x20, 0));
  }
  void answer_capacity_16(wire::Itt itt, std::uint64_t blocks) {
    std::array<std::byte, 32> data{};
    store_be64(data.data(), blocks - 1);
    store_be32(data.data() + 8, 512);
    answer(itt, data, 32);
  }
  void answer_limits(wire::Itt itt) {
    std::array<std::byte, 64> page{};
    page[1] = std::byte{0xb0};
    store_be16(page.data() + 2, 60);
    store_be32(page.data() + 8, 128);   // MAXIMUM TRANSFER LENGTH
    store_be32(page.data() + 20, 100);  // MAXIMUM UNMAP LBA COUNT
    store_be32(page.data() + 24, 2);    // MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT
    answer(itt, page, 64);
  }
  void wait() {
    ASSERT_TRUE(turn_until([this] { return known.has_value(); }));
  }

  static constexpr std::uint8_t kReadCapacity16 = 0x9e, kReadCapacity10 = 0x25, kInquiry = 0x12;

  std::optional<Commander> commander;
  std::optional<Unit> unit;
  std::optional<Unmap> unmap;
  std::optional<Result<UnitFacts>> known;
};

TEST_F(Asking, HappensOnceAndIsRemembered) {
  begin();
  ask();
  answer_capacity_16(expect(kReadCapacity16), 5000);
  answer_limits(expect(kInquiry));
  wait();
  ASSERT_TRUE(*known);
  EXPECT_EQ((*known)->capacity.blocks, 5000U);
  EXPECT_EQ((*known)->max_transfer_blocks, 128U);
  EXPECT_EQ((*known)->max_unmap_blocks, 100U);
  known.reset();
  ask();
  EXPECT_TRUE(known) << "at once";
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

TEST_F(Asking, OldDisksAnswerTheOldCommandAndHaveNoLimits) {
  begin();
  ask();
  refuse(expect(kReadCapacity16));
  std::array<std::byte, 8> data{};
  store_be32(data.data(), 99);
  store_be32(data.data() + 4, 512);
  answer(expect(kReadCapacity10), data, 8);
  refuse(expect(kInquiry));
  wait();
  ASSERT_TRUE(*known);
  EXPECT_EQ((*known)->capacity.blocks, 100U);
  EXPECT_EQ((*known)->max_transfer_blocks, 0xffffffffU);
}

TEST_F(Asking, HappensAgainWhenAUnitAttentionSaysThatTheCapacityChanged) {
  begin();
  ask();
  answer_capacity_16(expect(kReadCapacity16), 5000);
  answer_limits(expect(kInquiry));
  wait();
  // Another command brings the news.
  ASSERT_TRUE(commander->submit({.cdb = std::vector<std::byte>(6)}, [](const Result<ScsiResult>&) {}));
  target.respond(expect(0), wire::ScsiStatus::check_condition, sense(kSenseKeyUnitAttention, 0x2a, 0x09));
  target.respond(expect(0));
  turn();
  known.reset();
  ask();
  answer_capacity_16(expect(kReadCapacity16), 6000);
  answer_limits(expect(kInquiry));
  wait();
  EXPECT_EQ((*known)->capacity.blocks, 6000U);
}

TEST_F(Asking, NewsThatComesMeanwhileMakesTheAnswerOld) {
  begin();
  ask();
  answer_capacity_16(expect(kReadCapacity16), 5000);
  const wire::Itt limits = expect(kInquiry);
  ASSERT_TRUE(commander->submit({.cdb = std::vector<std::byte>(6)}, [](const Result<ScsiResult>&) {}));
  target.respond(expect(0), wire::ScsiStatus::check_condition, sense(kSenseKeyUnitAttention, 0x2a, 0x09));
  target.respond(expect(0));
  answer_limits(limits);
  wait();
  known.reset();
  ask();
  EXPECT_FALSE(known);
  answer_capacity_16(expect(kReadCapacity16), 6000);
  answer_limits(expect(kInquiry));
  wait();
  EXPECT_EQ((*known)->capacity.blocks, 6000U);
}

TEST_F(Asking, AUnitAttentionOnTheQuestionItselfIsAbsorbed) {
  begin();
  ask();
  target.respond(expect(kReadCapacity16), wire::ScsiStatus::check_condition, sense(kSenseKeyUnitAttention, 0x29, 0));
  answer_capacity_16(expect(kReadCapacity16), 5000);
  answer_limits(expect(kInquiry));
  wait();
  known.reset();
  ask();
  EXPECT_TRUE(known) << "it is remembered";
}

TEST_F(Asking, AnAnswerThatMakesNoSenseIsAFailure) {
  begin();
  ask();
  answer(expect(kReadCapacity16), std::vector<std::byte>(4), 32);
  wait();
  ASSERT_FALSE(*known);
  EXPECT_EQ(known->error().kind, ErrorKind::protocol);
}

TEST_F(Asking, EndsWithTheConnection) {
  begin();
  ask();
  expect(kReadCapacity16);
  target.hang_up();
  wait();
  ASSERT_FALSE(*known);
  EXPECT_EQ(known->error().kind, ErrorKind::connection_lost);
}

// ------------------------------------------------------------------------------------------------------- UNMAP

using Unmapping = Asking;

TEST_F(Unmapping, KeepsToTheLimitsOfTheUnit) {
  begin();
  const std::vector<Extent> extents{
      {.lba = 0, .blocks = 150}, {.lba = 1000, .blocks = 0}, {.lba = 2000, .blocks = 10}, {.lba = 3000, .blocks = 10}};
  std::optional<Result<>> result;
  unmap.emplace(*commander, extents, [&](Result<> ended) { result = std::move(ended); });
  unmap->start(UnitFacts{.capacity = {}, .max_unmap_blocks = 100, .max_unmap_extents = 2});
  const std::vector<std::vector<Extent>> expected{{{.lba = 0, .blocks = 100}},
                                                  {{.lba = 100, .blocks = 50}, {.lba = 2000, .blocks = 10}},
                                                  {{.lba = 3000, .blocks = 10}}};
  for (const auto& part : expected) {
    const wire::Itt itt = expect(0x42);
    EXPECT_EQ(target.last.data, unmap_parameter_list(part));
    EXPECT_FALSE(result);
    target.respond(itt);
  }
  ASSERT_TRUE(turn_until([&] { return result.has_value(); }));
  EXPECT_TRUE(*result);
}

TEST_F(Unmapping, StopsAtTheFirstFailure) {
  begin();
  const std::vector<Extent> extents{{.lba = 0, .blocks = 1}, {.lba = 10, .blocks = 1}};
  std::optional<Result<>> result;
  unmap.emplace(*commander, extents, [&](Result<> ended) { result = std::move(ended); });
  unmap->start(UnitFacts{.capacity = {}, .max_unmap_extents = 1});
  refuse(expect(0x42));
  ASSERT_TRUE(turn_until([&] { return result.has_value(); }));
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().kind, ErrorKind::scsi);
  EXPECT_TRUE(target.hears_nothing_for(kMoment));
}

}  // namespace
}  // namespace lunway::initiator
