// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// EXTENDED COPY(LID1) (SPC-4, 6.4) between two logical units of one initiator.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "scsi/copy/copy_limits.h"
#include "scsi/testing/bench.h"
#include "scsi/testing/copy_lists.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kHere = 0x3000000000000001;
constexpr std::uint64_t kThere = 0x3000000000000002;

LogicalUnitOptions second_disk() {
  LogicalUnitOptions options = Bench::default_options();
  options.naa = kThere;
  options.serial_number = "9876543210";
  return options;
}

class ExtendedCopy : public ::testing::Test {
 protected:
  ExtendedCopy() {
    bench.neighbours = {&other};
    for (std::size_t at = 0; at < bench.medium.size(); ++at) bench.medium[at] = static_cast<std::byte>(at / 512 + 1);
  }

  Reply run(const CopyListBuilder& builder) { return run(bench.first, builder); }
  Reply run(Nexus& nexus, const CopyListBuilder& builder) {
    const auto length = static_cast<unsigned>(builder.list.size());
    return bench.run_as(nexus, {0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length >> 8, length & 0xffU, 0, 0},
                        builder.list);
  }
  /// From here to there.
  static CopyListBuilder both() { return CopyListBuilder().unit(kHere).unit(kThere); }

  std::vector<std::byte> there(std::uint64_t lba, std::uint64_t blocks) {
    const auto range = other.range(lba * 512, blocks * 512);
    return {range.begin(), range.end()};
  }
  std::vector<std::byte> here(std::uint64_t lba, std::uint64_t blocks) {
    const auto range = bench.range(lba * 512, blocks * 512);
    return {range.begin(), range.end()};
  }

  Bench bench;
  Bench other{second_disk()};
};

// ------------------------------------------------------------------------------------------------- what is copied

TEST_F(ExtendedCopy, CopiesSegmentsInOrder) {
  const Reply reply = run(both()
                              .segment({.from = 0, .to = 1, .blocks = 3, .source_lba = 5, .destination_lba = 100})
                              .segment({.from = 1, .to = 0, .blocks = 1, .source_lba = 100, .destination_lba = 0}));
  EXPECT_TRUE(reply.is_good());
  EXPECT_EQ(there(100, 3), here(5, 3));
  EXPECT_EQ(here(0, 1), here(5, 1)) << "the second segment reads what the first has written";
  EXPECT_THAT(bench.steps, ElementsAre("parameters 136", "read 2560+1536", "write 51200+1536 elsewhere",
                                       "read 51200+512 elsewhere", "write 0+512"));
}

TEST_F(ExtendedCopy, NeedNotTouchTheUnitThatHasTheCommand) {
  LogicalUnitOptions options = second_disk();
  options.naa = 0x3000000000000003;
  Bench third(options);
  third.neighbours = {&bench, &other};
  const auto list = both().segment({.from = 0, .to = 1, .blocks = 1}).list;
  EXPECT_TRUE(
      third.run({0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<unsigned>(list.size()), 0, 0}, list).is_good());
  EXPECT_THAT(third.steps, ElementsAre("parameters 108", "read 0+512 elsewhere", "write 0+512 elsewhere"));
  EXPECT_EQ(there(0, 1), here(0, 1));
}

TEST_F(ExtendedCopy, MovesLongSegmentsInPieces) {
  LogicalUnitOptions large = Bench::default_options();
  large.capacity_blocks = 2048;
  Bench big(large);
  for (std::size_t at = 0; at < big.medium.size(); ++at) big.medium[at] = static_cast<std::byte>(at / 512 % 251);
  const auto expected = std::vector(big.medium.begin(), big.medium.begin() + 700 * 512);
  // Onto itself, upwards: as if all of it were read first.
  const auto list = CopyListBuilder().unit(kHere).segment(
      {.from = 0, .to = 0, .blocks = 700, .source_lba = 0, .destination_lba = 300});
  EXPECT_TRUE(
      big.run({0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<unsigned>(list.list.size()), 0, 0}, list.list)
          .is_good());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), big.medium.begin() + 300 * 512));
  EXPECT_THAT(big.steps, ElementsAre("parameters 76", "read 96256+262144", "write 249856+262144", "read 0+96256",
                                     "write 153600+96256"));
}

TEST_F(ExtendedCopy, KnowsItsOwnUnitByNumber) {
  EXPECT_TRUE(run(CopyListBuilder().unit(kThere).segment({.from = 0xffff, .to = 0, .blocks = 2})).is_good());
  EXPECT_EQ(there(0, 2), here(0, 2));
}

TEST_F(ExtendedCopy, FindsUnitsByVendorDesignatorToo) {
  CopyListBuilder list = both();
  const std::string name = "LUNWAY  9876543210";
  list.set(16 + 32 + 4, 2).set(16 + 32 + 5, 1).set(16 + 32 + 7, static_cast<unsigned>(name.size()));
  for (std::size_t i = 0; i < name.size(); ++i) list.set(16 + 32 + 8 + i, static_cast<unsigned char>(name[i]));
  EXPECT_TRUE(run(list.segment({.from = 0, .to = 1, .blocks = 1})).is_good());
  EXPECT_EQ(there(0, 1), here(0, 1));
}

TEST_F(ExtendedCopy, FlushesADestinationWithoutWriteCache) {
  LogicalUnitOptions options = second_disk();
  options.write_cache_enabled = false;
  Bench through(options);
  bench.neighbours = {&through};
  EXPECT_TRUE(run(both().segment({.from = 0, .to = 1, .blocks = 1})).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 108", "read 0+512", "write 0+512 elsewhere", "flush 0+0 elsewhere"));
}

TEST_F(ExtendedCopy, CountsBlocksOfTheSideThatIsAsked) {
  LogicalUnitOptions options = second_disk();
  options.block_size = 4096;
  options.capacity_blocks = 16;
  Bench coarse(options);
  bench.neighbours = {&coarse};
  const auto list = [] { return CopyListBuilder().unit(kHere).unit(kThere, 4096); };
  EXPECT_TRUE(run(list().segment({.from = 0, .to = 1, .blocks = 16, .destination_lba = 1})).is_good());
  EXPECT_THAT(bench.steps, ElementsAre("parameters 108", "read 0+8192", "write 4096+8192 elsewhere"));
  EXPECT_TRUE(run(list().segment({.from = 0, .to = 1, .blocks = 1, .flags = 2})).is_good()) << "DC";
  EXPECT_THAT(bench.steps, ElementsAre("parameters 108", "read 0+4096", "write 0+4096 elsewhere"));
  const Reply inexact = run(list().segment({.from = 0, .to = 1, .blocks = 9}));
  EXPECT_EQ(inexact.key(), SenseKey::copy_aborted);
  EXPECT_EQ(inexact.code(), SenseCode::unexpected_inexact_segment);
}

TEST_F(ExtendedCopy, NothingToDoIsGood) {
  EXPECT_TRUE(bench.run({0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good());
  EXPECT_TRUE(run(CopyListBuilder()).is_good());
  EXPECT_TRUE(run(both()).is_good());
  EXPECT_TRUE(run(both().segment({.from = 0, .to = 1, .blocks = 0})).is_good());
}

// ------------------------------------------------------------------------------------------- what is wrong with lists

struct WrongList {
  const char* name;
  CopyListBuilder list;
  SenseCode code;
  const char* field;
};

CopyListBuilder good_list() {
  return CopyListBuilder().unit(kHere).unit(kThere).segment({.from = 0, .to = 1, .blocks = 1});
}

CopyListBuilder with_cscds(std::size_t count) {
  CopyListBuilder list;
  for (std::size_t i = 0; i < count; ++i) list.unit(kHere);
  return list.segment({});
}

CopyListBuilder with_segments(std::size_t count) {
  CopyListBuilder list = CopyListBuilder().unit(kHere);
  for (std::size_t i = 0; i < count; ++i) list.segment({});
  return list;
}

class WrongCopyList : public ExtendedCopy, public ::testing::WithParamInterface<WrongList> {};

TEST_P(WrongCopyList, IsRefusedBeforeAnythingIsCopied) {
  const auto before = other.medium;
  const Reply reply = run(GetParam().list);
  EXPECT_EQ(reply.key(), SenseKey::illegal_request);
  EXPECT_EQ(reply.code(), GetParam().code);
  EXPECT_EQ(reply.field(), GetParam().field);
  EXPECT_EQ(other.medium, before);
}

constexpr auto kInvalid = SenseCode::invalid_field_in_parameter_list;

INSTANTIATE_TEST_SUITE_P(
    All, WrongCopyList,
    ::testing::Values(
        WrongList{"ListIdUsageReserved", good_list().set(1, 1 << 3), kInvalid, "parameter 1.4"},
        WrongList{"IdentifierWithoutUsage", good_list().set(1, 3 << 3), kInvalid, "parameter 0"},
        WrongList{"TooManyCscds", with_cscds(kMostCscds + 1), SenseCode::too_many_target_descriptors, "parameter 2"},
        WrongList{"TooManySegments", with_segments(kMostSegments + 1), SenseCode::too_many_segment_descriptors,
                  "parameter 8"},
        WrongList{"DescriptorsTooLong", good_list().set(9, 1), SenseCode::parameter_list_length_error, ""},
        WrongList{"ListIsCut", good_list().set(11, 56), SenseCode::parameter_list_length_error, ""},
        WrongList{"SegmentIsCut", good_list().set(11, 27), SenseCode::parameter_list_length_error, ""},
        WrongList{"CscdIsCut", good_list().set(3, 63), kInvalid, "parameter 2"},
        WrongList{"InlineData", good_list().set(15, 1), SenseCode::inline_data_length_exceeded, "parameter 12"},
        WrongList{"FibreChannelCscd", good_list().set(48, 0xe0), SenseCode::unsupported_target_descriptor_type_code,
                  "parameter 48"},
        WrongList{"LongDesignator", good_list().set(16 + 7, 21), kInvalid, "parameter 23"},
        WrongList{"OtherBlockSize", good_list().set(48 + 30, 0x10), kInvalid, "parameter 77"},
        WrongList{"StreamSegment", good_list().set(80, 0x03), SenseCode::unsupported_segment_descriptor_type_code,
                  "parameter 80"},
        WrongList{"SegmentLength", good_list().set(83, 25), kInvalid, "parameter 82"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(ExtendedCopy, ListLengthIsChecked) {
  const auto error = [&](unsigned length, std::size_t sent) {
    return bench
        .run({0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length >> 8, length & 0xffU, 0, 0}, std::vector<std::byte>(sent))
        .code();
  };
  EXPECT_EQ(error(15, 15), SenseCode::parameter_list_length_error);
  EXPECT_EQ(error(16, 15), SenseCode::parameter_list_length_error) << "fewer come than the CDB says";
  EXPECT_EQ(error(kMostCopyListBytes + 1, kMostCopyListBytes + 1), SenseCode::parameter_list_length_error);
}

// ------------------------------------------------------------------------------------------ what goes wrong on the way

TEST_F(ExtendedCopy, UnknownUnitsAreUnreachable) {
  const CopyListBuilder::Segment segment{.from = 0, .to = 1, .blocks = 1};
  // Not visible to the initiator: it looks as if it did not exist.
  bench.neighbours.clear();
  Reply reply = run(both().segment({.from = 0, .to = 0, .blocks = 1, .destination_lba = 9}).segment(segment));
  EXPECT_EQ(reply.key(), SenseKey::copy_aborted);
  EXPECT_EQ(reply.code(), SenseCode::copy_target_device_not_reachable);
  EXPECT_EQ(load_u8(&reply.sense[15]), 0xa0) << "the field pointer counts from the segment descriptor";
  EXPECT_EQ(load_be16(&reply.sense[16]), 6);
  EXPECT_EQ(load_be16(&reply.sense[10]), 1) << "the segment";
  EXPECT_EQ(here(9, 1), here(0, 1)) << "the first segment was done";
  EXPECT_EQ(there(0, 1), other.blocks_of(0));

  bench.neighbours = {&other};
  const struct {
    const char* what;
    CopyListBuilder list;
    SenseCode code;
  } cases[] = {
      {"NUL", CopyListBuilder().unit(kHere).unit(kThere, 512, 0x20).segment(segment),
       SenseCode::copy_target_device_not_reachable},
      {"index", CopyListBuilder().unit(kHere).segment(segment), SenseCode::copy_target_device_not_reachable},
      {"port designator", both().set(48 + 5, 0x13).segment(segment), SenseCode::copy_target_device_not_reachable},
      {"tape", CopyListBuilder().unit(kHere).unit(kThere, 512, 1).segment(segment),
       SenseCode::incorrect_copy_target_device_type},
  };
  for (const auto& wrong : cases) {
    reply = run(wrong.list);
    EXPECT_EQ(reply.key(), SenseKey::copy_aborted) << wrong.what;
    EXPECT_EQ(reply.code(), wrong.code) << wrong.what;
  }
  EXPECT_EQ(there(0, 1), other.blocks_of(0));
}

/// What the sense data of the copy forwards: the status, and the key and code behind it.
std::string forwarded(const Reply& reply) {
  if (reply.sense.size() <= 18) return "nothing";
  std::string text = load_u8(&reply.sense[9]) == 18 ? "destination " : "source ";
  char numbers[32];
  std::snprintf(numbers, sizeof numbers, "%02x", unsigned{load_u8(&reply.sense[18])});
  text += numbers;
  if (reply.sense.size() < 37) return text;
  std::snprintf(numbers, sizeof numbers, " %x/%04x", unsigned{load_u8(&reply.sense[21])},
                unsigned{load_be16(&reply.sense[31])});
  return text + numbers;
}

TEST_F(ExtendedCopy, ForwardsTheAnswerOfTheUnitThatRefuses) {
  const auto copy = [&] { return run(both().segment({.from = 0, .to = 1, .blocks = 2})); };
  const auto refused = [&] {
    const Reply reply = copy();
    EXPECT_EQ(reply.key(), SenseKey::copy_aborted);
    EXPECT_EQ(load_be32(&reply.sense[3]), 2U) << "blocks that are missing";
    EXPECT_EQ(there(0, 2), other.blocks_of(0, 2));
    return forwarded(reply);
  };
  other.unit.set_write_protected(true);
  EXPECT_EQ(refused(), "destination 02 7/2700");
  other.unit.set_write_protected(false);
  other.run_as(other.second, {0x16, 0, 0, 0, 0, 0});
  other.second.clear(UnitAttention::mode_parameters_changed);
  ASSERT_TRUE(other.run_as(other.second, {0x16, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(refused(), "destination 18") << "RESERVE of somebody else";
  ASSERT_TRUE(other.run_as(other.second, {0x17, 0, 0, 0, 0, 0}).is_good());
  other.unit.resize(1);
  EXPECT_EQ(refused(), "destination 02 5/2100");
  bench.unit.resize(1);
  bench.first.clear(UnitAttention::capacity_changed);
  EXPECT_EQ(refused(), "source 02 5/2100");
}

TEST_F(ExtendedCopy, ExclusiveAccessOfTheSourceBarsReading) {
  // PERSISTENT RESERVE OUT of the second initiator at the source: REGISTER with key 1, RESERVE exclusive access.
  std::vector<std::byte> key(24);
  key[15] = std::byte{1};
  ASSERT_TRUE(other.run_as(other.second, {0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0}, key).is_good());
  std::vector<std::byte> own(24);
  own[7] = std::byte{1};
  ASSERT_TRUE(other.run_as(other.second, {0x5f, 1, 3, 0, 0, 0, 0, 0, 24, 0}, own).is_good());
  const auto list = both().segment({.from = 1, .to = 0, .blocks = 1});
  EXPECT_EQ(forwarded(run(list)), "source 18");
  EXPECT_TRUE(run(bench.second, list).is_good()) << "its holder may";
}

TEST_F(ExtendedCopy, ReservationOfTheUnitWithTheCommandBarsIt) {
  ASSERT_TRUE(bench.run_as(bench.second, {0x16, 0, 0, 0, 0, 0}).is_good());
  EXPECT_EQ(run(good_list()).status, Status::reservation_conflict);
}

TEST_F(ExtendedCopy, ForwardsWhatAMediumSays) {
  const auto list = both().segment({.from = 0, .to = 1, .blocks = 2}).list;
  const struct {
    std::size_t after;
    Outcome::Failure failure;
    SenseCode code;
    const char* forwarded;
  } cases[] = {
      {1, Outcome::Failure::read_failed, SenseCode::third_party_device_failure, "source 02 3/1100"},
      {2, Outcome::Failure::write_failed, SenseCode::third_party_device_failure, "destination 02 3/0c00"},
      {2, Outcome::Failure::out_of_space, SenseCode::third_party_device_failure, "destination 02 7/2707"},
      {2, Outcome::Failure::unit_lost, SenseCode::copy_target_device_not_reachable, "destination 02 4/4400"},
  };
  for (const auto& wrong : cases) {
    const std::array cdb = {0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<int>(list.size()), 0, 0};
    std::vector<std::byte> bytes;
    for (const int byte : cdb) bytes.push_back(static_cast<std::byte>(byte));
    Task task;
    Reply reply;
    Step step = bench.unit.begin(
        task, bench.first,
        {.cdb = bytes, .expected_data_out = list.size(), .luns = {}, .waker = &bench, .copy_host = &bench});
    for (std::size_t i = 0; !std::holds_alternative<Finish>(step); ++i) {
      if (i == wrong.after) bench.fail_next = wrong.failure;
      step = bench.unit.resume(task, bench.perform(step, list, reply));
    }
    const Bytes sense = std::get<Finish>(step).sense;
    reply.sense.assign(sense.begin(), sense.end());
    EXPECT_EQ(reply.key(), SenseKey::copy_aborted);
    EXPECT_EQ(reply.code(), wrong.code);
    EXPECT_EQ(forwarded(reply), wrong.forwarded);
  }
}

}  // namespace
}  // namespace lunway::scsi
