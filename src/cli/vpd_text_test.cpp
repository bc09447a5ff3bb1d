// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/vpd_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace lunway::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::byte> page(std::uint8_t code, std::vector<unsigned> payload) {
  std::vector<std::byte> bytes = {std::byte{0}, std::byte{code}, static_cast<std::byte>(payload.size() >> 8),
                                  static_cast<std::byte>(payload.size() & 0xff)};
  for (const unsigned value : payload) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(VpdText, SerialNumberWithoutItsPadding) {
  EXPECT_THAT(describe_vpd_page(page(0x80, {' ', 'A', 'B', '1', ' '})), ElementsAre("AB1"));
}

TEST(VpdText, EachDesignatorIsALine) {
  // An NAA identifier of the unit in binary, a SCSI name of the port in UTF-8.
  EXPECT_THAT(describe_vpd_page(page(0x83, {0x01, 0x03, 0, 2, 0x60, 0x01, 0x53, 0x98, 0, 4, 'i', 'q', 'n', 0})),
              ElementsAre("unit: NAA 6001", "port: SCSI name iqn"));
}

TEST(VpdText, ADesignatorThatClaimsToBeLongerThanItsPageIsCut) {
  EXPECT_THAT(describe_vpd_page(page(0x83, {0x01, 0x03, 0, 200, 0x60, 0x01})), ElementsAre("unit: NAA 6001"));
}

TEST(VpdText, BlockLimits) {
  std::vector<unsigned> payload(60);
  payload[1] = 1;      // MAXIMUM COMPARE AND WRITE LENGTH
  payload[6] = 0x10;   // MAXIMUM TRANSFER LENGTH 1000h
  payload[38] = 0x01;  // MAXIMUM WRITE SAME LENGTH 010000h
  const auto bytes = page(0xb0, payload);
  EXPECT_THAT(describe_vpd_page(bytes),
              testing::IsSupersetOf({"maximum compare and write length: 1", "maximum transfer length: 4096",
                                     "maximum write same length: 256", "maximum unmap LBA count: not reported"}));
  EXPECT_EQ(max_write_same_blocks(bytes), 256U);
}

TEST(VpdText, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_THAT(describe_vpd_page(page(0x80, {'A', 0x1b, '[', '2', 'J'})), ElementsAre("A?[2J"));
}

TEST(VpdText, AnyBytesAreSafe) {
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes(random() % 80);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    if (bytes.size() > 1)
      bytes[1] = static_cast<std::byte>(std::array{0x80, 0x83, 0xb0, 0xb1, 0xb2, 0x00}[random() % 6]);
    describe_vpd_page(bytes);
  }
}

TEST(VpdText, PagesHaveNames) {
  EXPECT_EQ(vpd_page_name(0x83), "device identification");
  EXPECT_EQ(vpd_page_name(0xc1), "vendor specific");
}

}  // namespace
}  // namespace lunway::cli
