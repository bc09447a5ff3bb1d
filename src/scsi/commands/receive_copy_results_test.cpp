// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// RECEIVE COPY RESULTS, the Third-party Copy page, and what else says that there is a copy manager.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "scsi/copy/copy_limits.h"
#include "scsi/testing/bench.h"
#include "scsi/testing/copy_lists.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kHere = 0x3000000000000001;

class CopyResults : public ::testing::Test {
 protected:
  Reply copy(Nexus& nexus, const CopyListBuilder& builder) {
    const auto length = static_cast<unsigned>(builder.list.size());
    return bench.run_as(nexus, {0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length >> 8, length & 0xffU, 0, 0},
                        builder.list);
  }
  Reply copy(unsigned identifier, unsigned usage = 0) {
    return copy(bench.first,
                CopyListBuilder(identifier, usage).unit(kHere).segment({.blocks = 3, .destination_lba = 9}));
  }
  /// The second segment is about a unit that nobody knows.
  Reply fail(unsigned identifier) {
    return copy(bench.first,
                CopyListBuilder(identifier).unit(kHere).segment({.blocks = 1}).segment({.to = 7, .blocks = 1}));
  }
  Reply receive(unsigned service_action, unsigned identifier, unsigned allocation = 255) {
    return receive_as(bench.first, service_action, identifier, allocation);
  }
  Reply receive_as(Nexus& nexus, unsigned service_action, unsigned identifier, unsigned allocation = 255) {
    return bench.run_as(nexus, {0x84, service_action, identifier, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, allocation, 0, 0});
  }

  Bench bench;
};

constexpr unsigned kStatus = 0x00;
constexpr unsigned kData = 0x01;
constexpr unsigned kParameters = 0x03;
constexpr unsigned kFailure = 0x04;

TEST_F(CopyResults, TellsHowACopyWentOnce) {
  EXPECT_EQ(receive(kStatus, 1).field(), "cdb 2") << "no such copy";
  ASSERT_TRUE(copy(1).is_good());
  EXPECT_EQ(receive_as(bench.second, kStatus, 1).field(), "cdb 2") << "somebody else's";
  EXPECT_EQ(receive(kData, 1).be32(0), 0U);
  const Reply status = receive(kStatus, 1);
  EXPECT_EQ(status.be32(0), 8U);
  EXPECT_EQ(status.u8(4), 1) << "done";
  EXPECT_EQ(status.be16(5), 1) << "segments";
  EXPECT_EQ(status.u8(7), 0) << "in bytes";
  EXPECT_EQ(status.be32(8), 1536U);
  EXPECT_EQ(receive(kStatus, 1).field(), "cdb 2");
  EXPECT_EQ(receive(kData, 1).field(), "cdb 2");
}

TEST_F(CopyResults, KeepsTheDetailsOfAFailure) {
  const Reply failed = fail(2);
  ASSERT_EQ(failed.key(), SenseKey::copy_aborted);
  const Reply status = receive(kStatus, 2);
  EXPECT_EQ(status.u8(4), 2) << "with errors";
  EXPECT_EQ(status.be16(5), 1);
  EXPECT_EQ(status.be32(8), 512U);
  const Reply details = receive(kFailure, 2);
  EXPECT_EQ(details.be32(0), 56 + failed.sense.size());
  EXPECT_EQ(details.u8(56), 0x02);
  EXPECT_EQ(details.be16(58), failed.sense.size());
  EXPECT_EQ((std::vector(details.data_in.begin() + 60, details.data_in.end())), failed.sense);
  EXPECT_EQ(receive(kFailure, 2).field(), "cdb 2");
}

TEST_F(CopyResults, NothingIsKeptWithoutListIdentifier) {
  ASSERT_TRUE(copy(0, 3).is_good());
  EXPECT_EQ(receive(kStatus, 0).field(), "cdb 2");
}

TEST_F(CopyResults, RemembersOnlyTheLastOnes) {
  for (unsigned i = 0; i <= kMostCopiesRemembered; ++i) ASSERT_TRUE(copy(i).is_good());
  EXPECT_EQ(receive(kStatus, 0).field(), "cdb 2");
  for (unsigned i = 1; i <= kMostCopiesRemembered; ++i) EXPECT_TRUE(receive(kStatus, i).is_good()) << i;
}

TEST_F(CopyResults, ForgetsWithTheNexusAndWithAReset) {
  ASSERT_TRUE(copy(1).is_good());
  bench.unit.reset();
  bench.first.clear(UnitAttention::logical_unit_reset);
  EXPECT_EQ(receive(kStatus, 1).field(), "cdb 2");
  ASSERT_TRUE(copy(1).is_good());
  bench.unit.detach(bench.first);
  bench.unit.attach(bench.first);
  bench.first.clear(UnitAttention::power_on);
  EXPECT_EQ(receive(kStatus, 1).field(), "cdb 2");
}

TEST_F(CopyResults, DataIsCutToTheAllocationLength) {
  ASSERT_TRUE(copy(1).is_good());
  EXPECT_EQ(receive(kData, 1, 3).data_in.size(), 3U);
  EXPECT_EQ(receive(kParameters, 0, 20).data_in.size(), 20U);
}

/// One copy after another begins and waits for its first read.
class ManyCopies : public CopyResults {
 protected:
  struct Copy {
    Task task;
    Step step;
    std::vector<std::byte> list;
  };

  Step begin(Copy& copy, unsigned identifier) {
    copy.list = CopyListBuilder(identifier).unit(kHere).segment({.blocks = 8, .destination_lba = 64}).list;
    std::vector<std::byte> bytes(16);
    store_u8(bytes.data(), 0x83);
    store_be32(&bytes[10], static_cast<std::uint32_t>(copy.list.size()));
    Step step = bench.unit.begin(
        copy.task, bench.first,
        {.cdb = bytes, .expected_data_out = copy.list.size(), .luns = {}, .waker = &bench, .copy_host = &bench});
    Reply reply;
    return bench.unit.resume(copy.task, bench.perform(step, copy.list, reply));
  }
};

TEST_F(ManyCopies, AreToldWhileTheyRun) {
  Copy running;
  ASSERT_TRUE(std::holds_alternative<Access>(begin(running, 5)));
  EXPECT_EQ(receive(kStatus, 5).u8(4), 0) << "in progress";
  EXPECT_EQ(receive(kFailure, 5).field(), "cdb 2");
  EXPECT_EQ(copy(5).code(), SenseCode::operation_in_progress) << "the same list identifier";
  EXPECT_TRUE(copy(6).is_good());
  bench.unit.abandon(running.task);
  EXPECT_EQ(receive(kStatus, 5).u8(4), 2) << "aborted";
  EXPECT_TRUE(copy(5).is_good());
}

TEST_F(ManyCopies, HaveALimit) {
  std::array<Copy, kMostCopiesAtOnce + 1> copies;
  for (unsigned i = 0; i < kMostCopiesAtOnce; ++i) ASSERT_TRUE(std::holds_alternative<Access>(begin(copies[i], i)));
  const Step refused = begin(copies.back(), 99);
  ASSERT_TRUE(std::holds_alternative<Finish>(refused));
  EXPECT_EQ(std::get<Finish>(refused).status, Status::busy);
  bench.unit.abandon(copies.front().task);
  EXPECT_TRUE(std::holds_alternative<Access>(begin(copies.back(), 99)));
  for (Copy& copy : copies) bench.unit.abandon(copy.task);
}

TEST_F(ManyCopies, HoldNoBlocksBetweenTheirPieces) {
  // COMPARE AND WRITE wants the block that is being read alone, and the copy then wants it to write.
  Copy running;
  ASSERT_TRUE(std::holds_alternative<Access>(begin(running, 5)));
  const std::array cdb = {std::byte{0x89}, std::byte{}, std::byte{}, std::byte{}, std::byte{},
                          std::byte{},     std::byte{}, std::byte{}, std::byte{}, std::byte{},
                          std::byte{},     std::byte{}, std::byte{}, std::byte{1}};
  Task compare;
  Reply reply;
  const auto data = bench.blocks_of(0, 2);
  Step step =
      bench.unit.begin(compare, bench.second, {.cdb = cdb, .expected_data_out = 1024, .luns = {}, .waker = &bench});
  step = bench.unit.resume(compare, bench.perform(step, data, reply));
  ASSERT_TRUE(std::holds_alternative<Wait>(step)) << "block 0 is being read";
  step = bench.unit.resume(running.task, Outcome::done());
  ASSERT_TRUE(std::holds_alternative<Access>(step)) << "block 64 is free";
  ASSERT_THAT(bench.woken, ElementsAre(&compare)) << "block 0 is free too";
  EXPECT_TRUE(std::holds_alternative<Access>(bench.unit.resume(compare, Outcome::done())));
  bench.unit.abandon(compare);
  bench.unit.abandon(running.task);
}

TEST_F(ManyCopies, SayWhatTheyUse) {
  Copy running;
  EXPECT_FALSE(running.task.uses(bench.unit));
  ASSERT_TRUE(std::holds_alternative<Access>(begin(running, 5)));
  EXPECT_TRUE(running.task.uses(bench.unit));
  bench.unit.abandon(running.task);
  EXPECT_FALSE(running.task.uses(bench.unit));
}

// ------------------------------------------------------------------------------------------------------ what is told

TEST_F(CopyResults, OperatingParametersAreTheLimits) {
  const Reply reply = receive(kParameters, 0);
  EXPECT_EQ(reply.be32(0), reply.data_in.size() - 4);
  EXPECT_EQ(reply.u8(4), 1) << "SNLID";
  EXPECT_EQ(reply.be16(8), kMostCscds);
  EXPECT_EQ(reply.be16(10), kMostSegments);
  EXPECT_EQ(reply.be32(12), kMostCscds * 32 + kMostSegments * 28);
  EXPECT_EQ(reply.be32(16), 0xffffU * 512);
  EXPECT_EQ(reply.be32(20), 0U) << "no inline data";
  EXPECT_EQ(reply.be32(24), 0U) << "no held data";
  EXPECT_EQ(reply.be16(34), kMostCopiesAtOnce);
  EXPECT_EQ(reply.u8(36), kMostCopiesAtOnce);
  EXPECT_EQ(reply.u8(37), 9) << "granularity of 512 bytes";
  EXPECT_EQ(reply.u8(43), 2);
  EXPECT_EQ(reply.be16(44), 0x02e4);
}

/// The descriptors of page 8Fh by type.
std::map<unsigned, std::vector<unsigned>> page_descriptors(const Reply& page) {
  std::map<unsigned, std::vector<unsigned>> descriptors;
  for (std::size_t at = 4; at + 4 <= page.data_in.size();) {
    const std::size_t length = page.be16(at + 2);
    EXPECT_EQ(length % 4, 0U);
    std::vector<unsigned>& bytes = descriptors[page.be16(at)];
    for (std::size_t i = 0; i < length; ++i) bytes.push_back(page.u8(at + 4 + i));
    at += 4 + length;
  }
  return descriptors;
}

/// Operation code and service actions as REPORT SUPPORTED OPERATION CODES lists them.
std::map<unsigned, std::set<unsigned>> reported_copy_commands(Bench& bench) {
  const Reply all = bench.run({0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0});
  std::map<unsigned, std::set<unsigned>> commands;
  for (std::size_t at = 4; at < all.data_in.size(); at += 8) {
    if (all.u8(at) == 0x83 || all.u8(at) == 0x84) commands[all.u8(at)].insert(all.be16(at + 2));
  }
  return commands;
}

TEST_F(CopyResults, ThirdPartyCopyPageAgreesWithTheCommands) {
  const Reply page = bench.run({0x12, 1, 0x8f, 4, 0, 0});
  ASSERT_TRUE(page.is_good());
  EXPECT_EQ(page.u8(1), 0x8f);
  EXPECT_EQ(page.be16(2), page.data_in.size() - 4);
  auto descriptors = page_descriptors(page);

  const std::vector<unsigned>& commands = descriptors.at(0x0001);
  std::map<unsigned, std::set<unsigned>> listed;
  for (std::size_t at = 1; at <= commands.at(0); at += 2 + commands.at(at + 1)) {
    for (std::size_t i = 0; i < commands.at(at + 1); ++i) listed[commands.at(at)].insert(commands.at(at + 2 + i));
  }
  EXPECT_EQ(listed, reported_copy_commands(bench));

  EXPECT_EQ(descriptors.at(0x0004).size(), 28U);
  EXPECT_EQ(descriptors.at(0x0004).at(5), kMostCscds);
  EXPECT_EQ(descriptors.at(0x0004).at(7), kMostSegments);
  EXPECT_THAT(descriptors.at(0x0008), ElementsAre(2, 0x02, 0xe4, 0));
  EXPECT_THAT(descriptors.at(0x000c), ElementsAre(0, 2, 0xff, 0xff));
  EXPECT_EQ(descriptors.at(0x8001).size(), 32U);
  EXPECT_EQ(descriptors.at(0x8001).at(3), kMostCopiesAtOnce);
}

std::uint64_t number(const std::vector<unsigned>& bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | bytes.at(at + i);
  return value;
}

TEST_F(CopyResults, ThirdPartyCopyPageTellsTheLimitsOfTokens) {
  const Reply page = bench.run({0x12, 1, 0x8f, 4, 0, 0});
  EXPECT_EQ(page.be16(4), 0x0000) << "hosts look for it at the front";
  auto descriptors = page_descriptors(page);
  const auto& limits = descriptors.at(0x0000);
  ASSERT_EQ(limits.size(), 32U);
  EXPECT_EQ(number(limits, 6, 2), kMostTokenRanges);
  EXPECT_EQ(number(limits, 8, 4), kMostTokenTimeoutSeconds);
  EXPECT_EQ(number(limits, 12, 4), kDefaultTokenTimeoutSeconds);
  EXPECT_EQ(number(limits, 16, 8), kMostTokenBytes / 512);
  EXPECT_EQ(number(limits, 24, 8), kOptimalTokenBytes / 512);

  const auto& features = descriptors.at(0x0106);
  ASSERT_EQ(features.size(), 92U);
  EXPECT_EQ(features.at(0), 0U) << "tokens of other targets are of no use";
  EXPECT_EQ(number(features, 12, 4), kTokenLifetimeSeconds);
  EXPECT_EQ(number(features, 16, 4), kTokenLifetimeSeconds);
  EXPECT_EQ(number(features, 20, 4), kMostTokenTimeoutSeconds);
  EXPECT_EQ(number(features, 42, 2), 48U);
  EXPECT_EQ(number(features, 44 + 2, 2), 0x2cU);
  EXPECT_EQ(number(features, 44 + 6, 2), 8U) << "a physical block";
  EXPECT_EQ(number(features, 44 + 8, 8), kMostTokenBytes);
  EXPECT_EQ(number(features, 44 + 16, 8), kOptimalTokenBytes);

  const auto& types = descriptors.at(0x0108);
  ASSERT_EQ(types.size(), 4 + 3 * 64U);
  EXPECT_EQ(number(types, 2, 2), 3 * 64U);
  EXPECT_EQ(number(types, 4, 5), 0x0080000103U) << "change vulnerable: in and out";
  EXPECT_EQ(number(types, 68, 5), 0x0080ffff01U) << "any: out";
  EXPECT_EQ(number(types, 132, 5), 0xffff000102U) << "zero: in";
}

TEST(ThirdPartyCopyPage, SaysNothingOfTokensWhereThereAreNone) {
  LogicalUnitOptions options = Bench::default_options();
  options.naa = 0;
  Bench nameless(options);
  const auto descriptors = page_descriptors(nameless.run({0x12, 1, 0x8f, 4, 0, 0}));
  EXPECT_FALSE(descriptors.contains(0x0000));
  EXPECT_FALSE(descriptors.contains(0x0106));
  const auto reported = reported_copy_commands(nameless);
  EXPECT_EQ(reported.at(0x83), std::set<unsigned>{0x00});
  EXPECT_FALSE(reported.at(0x84).contains(0x07));
}

TEST_F(CopyResults, CopiesWithoutATokenAreToldInBytes) {
  ASSERT_TRUE(fail(2).key() == SenseKey::copy_aborted);
  const Reply status = bench.run({0x84, 0x05, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});
  EXPECT_EQ(status.u8(4), 0x00) << "EXTENDED COPY(LID1)";
  EXPECT_EQ(status.u8(5), 0x02);
  EXPECT_EQ(status.be16(6), 2) << "a read and a write";
  EXPECT_EQ(status.u8(15), 0x00);
  EXPECT_EQ(status.be64(16), 512U);
  EXPECT_EQ(status.be16(24), 1);
}

TEST_F(ManyCopies, MayBeEndedByTheirIdentifier) {
  Copy running;
  ASSERT_TRUE(std::holds_alternative<Access>(begin(running, 5)));
  EXPECT_EQ(bench.run_as(bench.second, {0x83, 0x1c, 0, 0, 0, 5}).field(), "cdb 2") << "somebody else's";
  EXPECT_TRUE(bench.run({0x83, 0x1c, 0, 0, 0, 5}).is_good());
  const Step end = bench.unit.resume(running.task, Outcome::done());
  ASSERT_TRUE(std::holds_alternative<Finish>(end));
  EXPECT_EQ(std::get<Finish>(end).status, Status::check_condition);
  EXPECT_EQ(load_be16(&std::get<Finish>(end).sense[12]), 0x2f02);
}

TEST_F(CopyResults, InquirySaysThatThereIsACopyManager) {
  EXPECT_EQ(bench.run({0x12, 0, 0, 0, 96, 0}).u8(5) & 0x08, 0x08) << "3PC";
}

}  // namespace
}  // namespace lunway::scsi
