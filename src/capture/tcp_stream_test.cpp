// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "capture/tcp_stream.h"

#include <gtest/gtest.h>

#include <string>

namespace lunway::capture {
namespace {

class TcpStreamTest : public ::testing::Test {
 protected:
  void take(std::uint32_t sequence, std::string_view payload) {
    TcpPacket packet;
    packet.sequence = sequence;
    packet.payload = bytes_of(payload);
    stream_.take(packet, out_);
  }
  void begin(std::uint32_t sequence) {
    TcpPacket packet;
    packet.is_syn = true;
    packet.sequence = sequence;
    stream_.take(packet, out_);
  }
  std::string got() const { return std::string(text_of(out_)); }

  TcpStream stream_;
  std::vector<std::byte> out_;
};

TEST_F(TcpStreamTest, PutsSegmentsInOrderAcrossTheWrap) {
  begin(0xfffffffd);
  take(0xfffffffe, "ab");
  take(3, "fg");
  EXPECT_EQ(got(), "ab");
  take(0, "cde");
  EXPECT_EQ(got(), "abcdefg");
  EXPECT_TRUE(stream_.has_beginning());
}

TEST_F(TcpStreamTest, LeavesOutWhatWasSeen) {
  begin(9);
  take(10, "abc");
  take(10, "abc");
  take(11, "bcd");
  take(9, "x");
  EXPECT_EQ(got(), "abcd");
}

TEST_F(TcpStreamTest, OverlapsOfWaitingSegmentsAreCut) {
  begin(0);
  take(4, "def");
  take(3, "cdefgh");
  take(1, "ab");
  EXPECT_EQ(got(), "abcdefgh");
}

TEST_F(TcpStreamTest, BeginsWhereTheCaptureBegins) {
  take(77, "abc");
  EXPECT_EQ(got(), "abc");
  EXPECT_FALSE(stream_.has_beginning());
}

TEST_F(TcpStreamTest, WhatIsAcknowledgedAndWasNotSeenIsMissing) {
  begin(0);
  take(1, "abc");
  stream_.acknowledge(4);
  EXPECT_FALSE(stream_.is_broken());
  take(7, "ghi");
  EXPECT_TRUE(stream_.has_hole());
  stream_.acknowledge(7);
  EXPECT_TRUE(stream_.is_broken());
}

TEST_F(TcpStreamTest, GivesUpWhenTooMuchWaits) {
  begin(0);
  const std::string large(std::size_t{1} << 20, 'x');
  for (std::uint32_t i = 0; i < 20; ++i) take(2 + (i << 20), large);
  EXPECT_TRUE(stream_.is_broken());
}

}  // namespace
}  // namespace lunway::capture
