// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Every call of the initiator library against a server in the same process, blocking and asynchronous.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "lunway/initiator.h"
#include "tests/integration/memory_server.h"

namespace lunway::testing {
namespace {

using initiator::ErrorKind;
using initiator::Options;
using initiator::PersistentReserve;
using initiator::ReservationType;
using initiator::Result;
using initiator::Session;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::vector<std::byte> filled(std::size_t blocks, unsigned value) {
  return std::vector<std::byte>(blocks * kBlockBytes, static_cast<std::byte>(value));
}

class Library : public ::testing::Test {
 protected:
  Session connect(std::uint64_t isid = 1, Options options = {}) {
    options.isid = isid;
    auto session = Session::connect(server.url(), std::move(options));
    if (!session) throw std::runtime_error(session.error().message);
    return std::move(*session);
  }

  MemoryServer server;
};

/// What a failed call says, or nothing.
template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

TEST_F(Library, WhatIsWrittenIsRead) {
  Session session = connect();
  for (const std::size_t blocks : {1U, 9U, 4000U}) {
    const auto written = filled(blocks, static_cast<unsigned>(blocks));
    ASSERT_EQ(error_of(session.write(7, written)), "");
    auto read = filled(blocks, 0);
    ASSERT_EQ(error_of(session.read(7, read)), "");
    EXPECT_TRUE(read == written);
  }
  EXPECT_EQ(error_of(session.flush()), "");
  EXPECT_EQ(error_of(session.logout()), "");
}

TEST_F(Library, DataMovesUnderEveryWayToNegotiateIt) {
  for (unsigned bits = 0; bits < 32; ++bits) {
    Options options;
    options.initial_r2t = (bits & 1) != 0;
    options.immediate_data = (bits & 2) != 0;
    options.data_digest = options.header_digest = (bits & 4) != 0 ? initiator::Digest::crc32c : initiator::Digest::none;
    options.data_pdu_in_order = options.data_sequence_in_order = (bits & 8) != 0;
    options.max_outstanding_r2t = (bits & 16) != 0 ? 1 : 8;
    options.max_burst_length = 16384;
    options.first_burst_length = 5000;
    options.max_recv_data_segment_length = 4000;
    Session session = connect(1, options);
    EXPECT_EQ(session.negotiated().immediate_data, options.immediate_data);
    EXPECT_EQ(session.negotiated().data_pdu_in_order, options.data_pdu_in_order);
    EXPECT_EQ(session.negotiated().data_sequence_in_order, options.data_sequence_in_order);
    const auto written = filled(300, bits + 1);
    ASSERT_EQ(error_of(session.write(bits, written)), "") << bits;
    auto read = filled(300, 0);
    ASSERT_EQ(error_of(session.read(bits, read)), "") << bits;
    EXPECT_TRUE(read == written) << bits;
  }
}

TEST_F(Library, RangesPastTheEndAndOddLengthsAreOurMistakes) {
  Session session = connect();
  auto data = filled(2, 0);
  const auto past = session.read(kDiskBytes / kBlockBytes - 1, data);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().kind, ErrorKind::invalid_argument);
  const auto odd = session.write(0, std::span(data).first(513));
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().kind, ErrorKind::invalid_argument);
}

TEST_F(Library, UnmappedBlocksReadAsZeros) {
  Session session = connect();
  ASSERT_EQ(error_of(session.write(0, filled(64, 0xaa))), "");
  const std::vector<initiator::Extent> extents{{.lba = 0, .blocks = 16}, {.lba = 32, .blocks = 16}};
  ASSERT_EQ(error_of(session.unmap(extents)), "");
  auto read = filled(64, 1);
  ASSERT_EQ(error_of(session.read(0, read)), "");
  EXPECT_EQ(read[0], std::byte{0});
  EXPECT_EQ(read[16 * kBlockBytes], std::byte{0xaa});
  EXPECT_EQ(read[32 * kBlockBytes], std::byte{0});
}

TEST_F(Library, CompareAndWriteWritesWhatIsAsExpected) {
  Session session = connect();
  ASSERT_EQ(error_of(session.write(5, filled(2, 0x11))), "");
  const auto swapped = session.compare_and_write(5, filled(2, 0x11), filled(2, 0x22));
  ASSERT_EQ(error_of(swapped), "");
  EXPECT_TRUE(swapped->written);
  auto expected = filled(2, 0x22);
  expected[700] = std::byte{0};
  const auto differs = session.compare_and_write(5, expected, filled(2, 0x33));
  ASSERT_EQ(error_of(differs), "");
  EXPECT_FALSE(differs->written);
  EXPECT_EQ(differs->difference, 700U);
  auto read = filled(2, 0);
  ASSERT_EQ(error_of(session.read(5, read)), "");
  EXPECT_TRUE(read == filled(2, 0x22));
}

/// As clusters take turns: a counter that each session raises only when nobody else has meanwhile.
TEST(LibraryCompareAndWrite, CountersOfSessionsOnSeveralShardsEndExact) {
  constexpr std::uint32_t kSessions = 4;
  constexpr std::uint32_t kRaises = 100;
  // Two blocks hold the counter, so that half of an update would show.
  constexpr std::size_t kBlocks = 2;
  MemoryServer server(kSessions);
  std::atomic<std::uint32_t> lost_races = 0;
  const auto raise = [&](std::uint64_t isid) {
    Options options;
    options.isid = isid;
    auto session = Session::connect(server.url(), std::move(options));
    ASSERT_EQ(error_of(session), "");
    auto seen = filled(kBlocks, 0);
    for (std::uint32_t raised = 0; raised < kRaises;) {
      ASSERT_EQ(error_of(session->read(0, seen)), "");
      ASSERT_EQ(load_be32(seen.data()), load_be32(seen.data() + kBlockBytes)) << "half of an update";
      auto next = seen;
      for (const std::size_t at : {std::size_t{0}, std::size_t{kBlockBytes}}) {
        store_be32(next.data() + at, load_be32(seen.data() + at) + 1);
      }
      const auto swapped = session->compare_and_write(0, seen, next);
      ASSERT_EQ(error_of(swapped), "");
      swapped->written ? ++raised : static_cast<std::uint32_t>(++lost_races);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t isid = 1; isid <= kSessions; ++isid) threads.emplace_back(raise, isid);
  }
  auto session = Session::connect(server.url(), {});
  ASSERT_EQ(error_of(session), "");
  auto end = filled(kBlocks, 0);
  ASSERT_EQ(error_of(session->read(0, end)), "");
  EXPECT_EQ(load_be32(end.data()), kSessions * kRaises);
  EXPECT_GT(lost_races, 0U) << "nobody met anybody";
}

TEST_F(Library, CompareAndWriteKnowsWhatCannotBe) {
  Session session = connect();
  for (const auto& [expected, replacement] :
       {std::pair(filled(2, 0), filled(1, 0)), std::pair(filled(0, 0), filled(0, 0)),
        std::pair(filled(256, 0), filled(256, 0))}) {
    const auto result = session.compare_and_write(0, expected, replacement);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::invalid_argument);
  }
}

TEST_F(Library, ReservationsAreTakenKeptAndPreempted) {
  using Action = PersistentReserve::Action;
  Session one = connect(1);
  Session two = connect(2);
  const auto type = ReservationType::write_exclusive;
  ASSERT_EQ(error_of(one.persistent_reserve({.action = Action::register_key, .other_key = 0xa})), "");
  ASSERT_EQ(error_of(two.persistent_reserve({.action = Action::register_key, .other_key = 0xb})), "");
  const auto keys = two.registered_keys();
  ASSERT_EQ(error_of(keys), "");
  EXPECT_THAT(keys->keys, UnorderedElementsAre(0xa, 0xb));
  EXPECT_FALSE(one.held_reservation().value().has_value());

  ASSERT_EQ(error_of(one.persistent_reserve({.action = Action::reserve, .type = type, .key = 0xa})), "");
  const auto held = two.held_reservation();
  ASSERT_EQ(error_of(held), "");
  ASSERT_TRUE(held->has_value());
  EXPECT_EQ((*held)->key, 0xaU);
  EXPECT_EQ((*held)->type, type);
  const auto barred = two.write(0, filled(1, 1));
  ASSERT_FALSE(barred);
  EXPECT_EQ(barred.error().kind, ErrorKind::scsi);
  EXPECT_EQ(barred.error().code, 0x18) << "RESERVATION CONFLICT";

  ASSERT_EQ(error_of(two.persistent_reserve({.action = Action::preempt, .type = type, .key = 0xb, .other_key = 0xa})),
            "");
  EXPECT_EQ(error_of(two.write(0, filled(1, 1))), "");
  EXPECT_THAT(two.registered_keys().value().keys, ElementsAre(0xb));
  ASSERT_EQ(error_of(two.persistent_reserve({.action = Action::release, .type = type, .key = 0xb})), "");
  EXPECT_FALSE(two.held_reservation().value().has_value());
  ASSERT_EQ(error_of(two.persistent_reserve({.action = Action::clear, .key = 0xb})), "");
  EXPECT_THAT(two.registered_keys().value().keys, ElementsAre());
}

TEST_F(Library, AnyCommandIsAnsweredWithItsStatus) {
  Session session = connect();
  std::vector<std::byte> data(96);
  const auto inquiry = session.execute({.cdb = {std::byte{0x12}, {}, {}, {}, std::byte{36}, {}}, .data_in = data});
  ASSERT_EQ(error_of(inquiry), "");
  EXPECT_TRUE(inquiry->good());
  EXPECT_EQ(inquiry->bytes_in, 36U);
  EXPECT_EQ(inquiry->residual, 60) << "36 bytes of the 96 that there was room for";

  const auto unknown = session.execute({.cdb = {std::byte{0xc1}, {}, {}, {}, {}, {}}});
  ASSERT_EQ(error_of(unknown), "");
  ASSERT_TRUE(unknown->sense);
  EXPECT_EQ(unknown->sense->key, 0x05);
  EXPECT_EQ(unknown->sense->asc, 0x20);
}

TEST_F(Library, AReadThatWantsMoreThanItHasRoomForOverflows) {
  Session session = connect();
  std::vector<std::byte> data(kBlockBytes);
  // READ(10) of two blocks into one
  const std::vector<std::byte> read{std::byte{0x28}, {}, {}, {}, {}, {}, {}, {}, std::byte{2}, {}};
  const auto result = session.execute({.cdb = read, .data_in = data});
  ASSERT_EQ(error_of(result), "");
  EXPECT_EQ(result->residual, -static_cast<std::int64_t>(kBlockBytes));
  EXPECT_EQ(result->bytes_in, kBlockBytes);
}

using Rfc7143_11_3_4_LibraryBidirectional = Library;

TEST_F(Rfc7143_11_3_4_LibraryBidirectional, ACommandThatNoUnitKnowsMovesNothing) {
  Session session = connect();
  const auto out = filled(1, 1);
  auto in = filled(2, 0);
  // XDWRITEREAD(32), whose CDB needs an extension as well
  std::vector<std::byte> cdb(32);
  cdb[0] = std::byte{0x7f};
  cdb[7] = std::byte{0x18};
  cdb[9] = std::byte{0x07};
  const auto result = session.execute({.cdb = cdb, .data_out = out, .data_in = in});
  ASSERT_EQ(error_of(result), "");
  EXPECT_EQ(result->status, 0x02);
  ASSERT_TRUE(result->sense);
  EXPECT_EQ(result->sense->key, 0x05);
  EXPECT_EQ(result->bytes_in, 0U);
  EXPECT_EQ(result->residual, 1024);
  EXPECT_EQ(result->write_residual, 512);
}

TEST_F(Library, ManyCommandsAtOnceAreAnsweredThroughTheDescriptor) {
  Session session = connect();
  constexpr std::size_t kWrites = 200;
  std::vector<std::vector<std::byte>> data;
  std::size_t done = 0;
  for (std::size_t i = 0; i < kWrites; ++i) data.push_back(filled(8, static_cast<unsigned>(i)));
  for (std::size_t i = 0; i < kWrites; ++i) {
    const auto task = session.submit_write(i * 8, data[i], [&](const Result<>& result) {
      EXPECT_EQ(error_of(result), "");
      ++done;
    });
    ASSERT_EQ(error_of(task), "");
  }
  EXPECT_EQ(done, 0U) << "no callback runs inside a submit";
  std::optional<initiator::Comparison> found;
  bool reserved = false;
  std::optional<std::size_t> keys;
  const auto& last = data.back();
  while (done < kWrites) {
    pollfd ready{.fd = session.descriptor(), .events = POLLIN, .revents = 0};
    ASSERT_GT(::poll(&ready, 1, 10'000), 0) << done;
    session.service();
  }
  ASSERT_TRUE(session.submit_compare_and_write((kWrites - 1) * 8, last, last,
                                               [&](const Result<initiator::Comparison>& result) { found = *result; }));
  ASSERT_TRUE(session.submit_persistent_reserve(
      {.action = PersistentReserve::Action::register_and_ignore_existing_key, .other_key = 1},
      [&](const Result<>& result) { reserved = result.has_value(); }));
  ASSERT_TRUE(session.submit_registered_keys(
      [&](const Result<initiator::RegisteredKeys>& result) { keys = result->keys.size(); }));
  while (!found || !keys) {
    pollfd ready{.fd = session.descriptor(), .events = POLLIN, .revents = 0};
    ASSERT_GT(::poll(&ready, 1, 10'000), 0);
    session.service();
  }
  EXPECT_TRUE(found->written);
  EXPECT_TRUE(reserved);
}

}  // namespace
}  // namespace lunway::testing
