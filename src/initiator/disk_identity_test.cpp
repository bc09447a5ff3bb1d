// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/disk_identity.h"

#include <gtest/gtest.h>

#include <string_view>

#include "initiator/replay.h"

namespace lunway::initiator {
namespace {

using namespace std::string_view_literals;

DiskIdentity disk() {
  return {.serial = "A1", .designators = {{std::byte{3}}}, .capacity = Capacity{.blocks = 100, .block_size = 512}};
}

TEST(DiskIdentity, TheSerialNumberIsThatOfPage80) {
  EXPECT_EQ(parse_serial(bytes_of("\0\x80\0\x06  A 1 "sv)), "A 1");
  EXPECT_EQ(parse_serial(bytes_of("\0\x80\0\x40 short"sv)), "short") << "no more than what came";
  EXPECT_EQ(parse_serial(bytes_of("\0\x80\0\x04    "sv)), "");
  EXPECT_EQ(parse_serial(bytes_of("\0\x80"sv)), "");
}

TEST(DiskIdentity, OnlyDesignatorsOfTheUnitCount) {
  const auto found =
      parse_designators(bytes_of("\0\x83\0\x0e"
                                 "\x01\x03\0\x02"
                                 "xy"
                                 "\x01\x94\0\x04"
                                 "port"sv));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(text_of(found[0]).substr(4), "xy");
}

TEST(DiskIdentity, ADesignatorThatEndsTooEarlyIsLeftOut) {
  EXPECT_TRUE(parse_designators(bytes_of("\0\x83\0\x08\x01\x03\0\x40xxxx"sv)).empty());
}

TEST(DiskIdentity, TheSameDiskDoesNotDiffer) { EXPECT_EQ(difference(disk(), disk()), ""); }

TEST(DiskIdentity, AnythingElseDoes) {
  DiskIdentity other = disk();
  other.serial = "B2";
  EXPECT_NE(difference(disk(), other), "");
  other = disk();
  other.designators.push_back({});
  EXPECT_NE(difference(disk(), other), "");
  other = disk();
  other.capacity->block_size = 4096;
  EXPECT_NE(difference(disk(), other), "");
  other = disk();
  other.capacity->blocks = 99;
  EXPECT_NE(difference(disk(), other), "");
  other = disk();
  other.capacity.reset();
  EXPECT_NE(difference(disk(), other), "");
}

TEST(DiskIdentity, ADiskMayGrow) {
  DiskIdentity larger = disk();
  larger.capacity->blocks = 1000;
  EXPECT_EQ(difference(disk(), larger), "");
}

TEST(DiskIdentity, WhoSaysNothingIsNeverTheSame) {
  const DiskIdentity nobody{.serial = "", .designators = {}, .capacity = disk().capacity};
  EXPECT_NE(difference(nobody, nobody), "");
}

TEST(Replay, ReadsAndWritesAreSentAgainAndTestAndSetIsNot) {
  for (const auto cdb : {"\x28"sv, "\x2a"sv, "\x88"sv, "\x8a"sv, "\x91"sv, "\x42"sv, "\x9e"sv})
    EXPECT_TRUE(is_repeatable(bytes_of(cdb))) << command_name(bytes_of(cdb));
  for (const auto cdb : {"\x89"sv, "\x5f"sv, "\x83"sv, "\x16"sv, "\xc0"sv, ""sv})
    EXPECT_FALSE(is_repeatable(bytes_of(cdb))) << command_name(bytes_of(cdb));
}

TEST(Replay, CommandsHaveNames) {
  EXPECT_EQ(command_name(bytes_of("\x89")), "COMPARE AND WRITE");
  EXPECT_EQ(command_name(bytes_of("\xc7")), "command C7h");
}

}  // namespace
}  // namespace lunway::initiator
