// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/recovery/read_record.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace lunway::session {
namespace {

constexpr std::uint32_t kBurst = 1 << 16;

class ReadOf64KiB : public ::testing::Test {
 protected:
  ReadOf64KiB() {
    record.begin(1);
    transfer.begin(pieces, 1 << 16);
  }
  void send(std::uint32_t segment) {
    record.note(next_sn++, transfer, segment);
    transfer.next(segment, kBurst);
  }

  std::vector<std::byte> memory = std::vector<std::byte>(1 << 16);
  std::array<Bytes, 1> pieces{memory};
  ReadTransfer transfer;
  ReadRecord record;
  std::uint32_t next_sn = 0;
};

using Rfc7143_11_16_3_ReadRecord = ReadOf64KiB;

TEST_F(Rfc7143_11_16_3_ReadRecord, KnowsWhereDataIsWhateverTheLengthWas) {
  for (const std::uint32_t segment : {512U, 1024U, 512U, 2048U}) send(segment);
  record.acknowledge(3, kBurst);
  EXPECT_EQ(record.first_unacknowledged(), 3U);
  EXPECT_EQ(record.unacknowledged().sent(), 2048U);
  EXPECT_FALSE(record.has_lost_track());
}

/// Data that is acknowledged must not be sent again; so it is told when nobody knows which that is.
TEST_F(Rfc7143_11_16_3_ReadRecord, TellsWhenItDoesNot) {
  for (const std::uint32_t segment : {512U, 1024U, 512U, 1024U, 512U, 1024U}) send(segment);
  record.acknowledge(3, kBurst);
  EXPECT_FALSE(record.has_lost_track()) << "there the lengths were known";
  record.acknowledge(5, kBurst);
  EXPECT_TRUE(record.has_lost_track());
  record.restart();
  EXPECT_FALSE(record.has_lost_track()) << "all is noted anew";
}

}  // namespace
}  // namespace lunway::session
