// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/write_transfer.h"

#include <gtest/gtest.h>

namespace lunway::session {
namespace {

using Verdict = WriteTransfer::Verdict;
using DataOut = WriteTransfer::DataOut;

constexpr wire::Ttt kTag{1};

DataOut unsolicited(std::uint32_t data_sn, std::uint32_t offset, std::uint32_t length, bool final) {
  return {
      .ttt = wire::kNoTtt, .data_sn = wire::DataSN(data_sn), .buffer_offset = offset, .length = length, .final = final};
}

DataOut solicited(std::uint32_t data_sn, std::uint32_t offset, std::uint32_t length, bool final) {
  DataOut pdu = unsolicited(data_sn, offset, length, final);
  pdu.ttt = kTag;
  return pdu;
}

/// A write of 4096 bytes; FirstBurstLength 1024, MaxBurstLength 2048.
WriteTransfer transfer(std::uint32_t immediate, bool follows, bool initial_r2t = false, bool immediate_data = true) {
  WriteTransfer write;
  write.begin({.length = 4096, .immediate_length = immediate, .unsolicited_follows = follows},
              {.initial_r2t = initial_r2t,
               .immediate_data = immediate_data,
               .first_burst_length = 1024,
               .max_burst_length = 2048,
               .max_outstanding_r2t = 2});
  return write;
}

TEST(Rfc7143_4_2_5_2_TargetWriteTransfer, ImmediateDataCountsAsFirst) {
  WriteTransfer write = transfer(512, false);
  EXPECT_TRUE(write.has(512));
  EXPECT_FALSE(write.has(513));
  write.want(4096);
  ASSERT_TRUE(write.r2t_due());
  const auto r2t = write.next_r2t(kTag, wire::R2TSN(0));
  EXPECT_EQ(r2t.buffer_offset, 512U);
  EXPECT_EQ(r2t.length, 2048U);
}

//= ledger(target) R7143-13.11-02
TEST(Rfc7143_13_11_TargetWriteTransfer, ImmediateDataThatWasNotAgreedIsUnexpected) {
  const WriteTransfer write = transfer(512, false, true, false);
  EXPECT_EQ(write.failure(), TransferFailure::unexpected_unsolicited_data);
  EXPECT_EQ(write.immediate_taken(), 0U);
}

TEST(Rfc7143_13_14_TargetWriteTransfer, MoreThanTheFirstBurstIsIncorrect) {
  EXPECT_EQ(transfer(1025, false).failure(), TransferFailure::incorrect_amount_of_data);
}

TEST(Rfc7143_13_10_TargetWriteTransfer, UnsolicitedDataThatWasNotAgreedIsUnexpectedAndDropped) {
  WriteTransfer write = transfer(0, true, true);
  EXPECT_EQ(write.judge(unsolicited(0, 0, 1024, true)), Verdict::drop);
  write.arrived(unsolicited(0, 0, 1024, true));
  EXPECT_TRUE(write.quiet());
  EXPECT_EQ(write.failure(), TransferFailure::unexpected_unsolicited_data);
}

TEST(Rfc7143_11_4_7_2_TargetWriteTransfer, LessThanTheFirstBurstIsIncorrect) {
  WriteTransfer write = transfer(0, true);
  EXPECT_EQ(write.judge(unsolicited(0, 0, 512, true)), Verdict::too_short);
  write.arrived(unsolicited(0, 0, 512, true));
  EXPECT_TRUE(write.quiet());
  EXPECT_EQ(write.failure(), TransferFailure::incorrect_amount_of_data);
}

TEST(Rfc7143_11_3_1_TargetWriteTransfer, DataAfterTheFBitOfTheCommandBelongsToNothing) {
  WriteTransfer write = transfer(512, false);
  EXPECT_EQ(write.judge(unsolicited(0, 512, 512, true)), Verdict::unknown);
  EXPECT_EQ(write.failure(), TransferFailure::unexpected_unsolicited_data);
}

TEST(Rfc7143_11_8_TargetWriteTransfer, R2tForTheRestNeedNotWaitForTheUnsolicitedData) {
  WriteTransfer write = transfer(0, true);
  write.want(4096);
  ASSERT_TRUE(write.r2t_due());
  EXPECT_EQ(write.next_r2t(kTag, wire::R2TSN(0)).buffer_offset, 1024U);
}

class Solicited : public ::testing::Test {
 protected:
  Solicited() {
    write.want(2048);
    write.next_r2t(kTag, wire::R2TSN(0));
  }
  WriteTransfer write = transfer(0, false);
};

using Rfc7143_11_7_TargetWriteTransfer = Solicited;

TEST_F(Rfc7143_11_7_TargetWriteTransfer, IsWholeWhenTheFBitCameWithTheLastByte) {
  for (const DataOut& pdu : {solicited(0, 0, 1000, false), solicited(1, 1000, 1048, true)}) {
    EXPECT_FALSE(write.has(2048));
    EXPECT_EQ(write.judge(pdu), Verdict::take);
    write.arrived(pdu);
  }
  EXPECT_TRUE(write.has(2048));
  EXPECT_TRUE(write.quiet());
}

TEST_F(Rfc7143_11_7_TargetWriteTransfer, AGapInDataSNIsALostPdu) {
  EXPECT_EQ(write.judge(solicited(1, 0, 1000, false)), Verdict::drop);
  EXPECT_EQ(write.failure(), TransferFailure::protocol_service_crc_error);
}

TEST_F(Rfc7143_11_7_TargetWriteTransfer, AnOffsetOutOfOrderIsWrong) {
  EXPECT_EQ(write.judge(solicited(0, 8, 1000, false)), Verdict::wrong);
}

TEST_F(Rfc7143_11_7_TargetWriteTransfer, MoreThanAskedForIsWrong) {
  EXPECT_EQ(write.judge(solicited(0, 0, 2049, true)), Verdict::wrong);
}

TEST_F(Rfc7143_11_7_TargetWriteTransfer, LengthsThatWrapAreWrong) {
  EXPECT_EQ(write.judge(solicited(0, 0, 0xffffffff, true)), Verdict::wrong);
}

TEST_F(Rfc7143_11_7_TargetWriteTransfer, AFailedTransferStillWaitsForTheFBit) {
  const DataOut wrong = solicited(0, 8, 1000, false);
  EXPECT_EQ(write.judge(wrong), Verdict::wrong);
  write.arrived(wrong);
  EXPECT_FALSE(write.quiet());
  const DataOut last = solicited(1, 1008, 1048, true);
  EXPECT_EQ(write.judge(last), Verdict::drop);
  write.arrived(last);
  EXPECT_TRUE(write.quiet());
}

TEST_F(Rfc7143_11_7_TargetWriteTransfer, AnUnknownTagIsNobodys) {
  DataOut pdu = solicited(0, 0, 100, false);
  pdu.ttt = wire::Ttt(99);
  EXPECT_EQ(write.judge(pdu), Verdict::unknown);
  EXPECT_EQ(write.failure(), TransferFailure::none);
}

TEST_F(Rfc7143_11_7_TargetWriteTransfer, NothingIsAskedForAfterStop) {
  write.want(4096);
  EXPECT_TRUE(write.r2t_due());
  write.stop();
  EXPECT_FALSE(write.r2t_due());
}

// The F bit is missing on a command whose data is all here. Nothing can follow, so nothing is waited for.

struct WithoutFBit {
  const char* name;
  std::uint32_t length;
  std::uint32_t immediate;
  bool initial_r2t;
};

class CommandWithoutFBit : public ::testing::TestWithParam<WithoutFBit> {};

using Rfc7143_11_3_4_TargetWriteTransfer = CommandWithoutFBit;

TEST_P(Rfc7143_11_3_4_TargetWriteTransfer, NothingIsAwaitedWhenNothingCanFollow) {
  WriteTransfer write;
  write.begin({.length = GetParam().length, .immediate_length = GetParam().immediate, .unsolicited_follows = true},
              {.initial_r2t = GetParam().initial_r2t, .immediate_data = true, .first_burst_length = 1024});
  EXPECT_TRUE(write.quiet());
  EXPECT_FALSE(write.sealed());
  EXPECT_EQ(write.failure(), TransferFailure::none);
  EXPECT_TRUE(write.has(GetParam().immediate));
  write.want(GetParam().length);
  EXPECT_EQ(write.r2t_due(), GetParam().immediate < GetParam().length);

  const DataOut end = unsolicited(0, GetParam().immediate, 0, true);
  EXPECT_EQ(write.judge(end), Verdict::take) << "an empty PDU with the F bit does no harm";
  write.arrived(end);
  EXPECT_TRUE(write.sealed());
  EXPECT_EQ(write.judge(end), Verdict::unknown);
}

INSTANTIATE_TEST_SUITE_P(Commands, Rfc7143_11_3_4_TargetWriteTransfer,
                         ::testing::Values(WithoutFBit{"AllIsImmediate", 512, 512, false},
                                           WithoutFBit{"AllIsImmediateAndR2tIsNeeded", 512, 512, true},
                                           WithoutFBit{"NoDataAtAll", 0, 0, false},
                                           WithoutFBit{"TheFirstBurstIsFull", 4096, 1024, false}),
                         [](const auto& one) { return one.param.name; });

/// One R2T for 2048 bytes; PDUs may come in any order.
class AnyOrder : public ::testing::Test {
 protected:
  AnyOrder() {
    write.begin({.length = 4096}, {.max_burst_length = 2048, .max_outstanding_r2t = 2, .data_pdu_in_order = false});
    write.want(4096);
    write.next_r2t(kTag, wire::R2TSN(0));
  }
  Verdict take(const DataOut& pdu) {
    const Verdict verdict = write.judge(pdu);
    write.arrived(pdu);
    return verdict;
  }
  WriteTransfer write;
};

using Rfc7143_13_18_TargetWriteTransfer = AnyOrder;

//= ledger(target) R7143-13.18-01
TEST_F(Rfc7143_13_18_TargetWriteTransfer, PdusOfASequenceComeInAnyOrder) {
  EXPECT_EQ(take(solicited(0, 1024, 512, false)), Verdict::take);
  EXPECT_EQ(take(solicited(1, 0, 1024, false)), Verdict::take);
  EXPECT_FALSE(write.has(2048));
  EXPECT_FALSE(write.quiet());
  EXPECT_EQ(take(solicited(2, 1536, 512, true)), Verdict::take);
  EXPECT_TRUE(write.has(2048));
  EXPECT_TRUE(write.quiet());
}

TEST_F(Rfc7143_13_18_TargetWriteTransfer, ASequenceWithAGapIsIncorrect) {
  EXPECT_EQ(take(solicited(0, 1024, 1024, false)), Verdict::take);
  EXPECT_EQ(take(solicited(1, 0, 1000, true)), Verdict::too_short);
  EXPECT_EQ(write.failure(), TransferFailure::incorrect_amount_of_data);
}

TEST_F(Rfc7143_13_18_TargetWriteTransfer, TheSameBytesTwiceAreIncorrect) {
  EXPECT_EQ(take(solicited(0, 1024, 512, false)), Verdict::take);
  EXPECT_EQ(take(solicited(1, 1535, 100, false)), Verdict::wrong);
  EXPECT_EQ(write.failure(), TransferFailure::incorrect_amount_of_data);
}

TEST_F(Rfc7143_13_18_TargetWriteTransfer, PdusStayInsideTheRangeOfTheirR2t) {
  EXPECT_EQ(take(solicited(0, 2000, 49, false)), Verdict::wrong);
}

TEST_F(Rfc7143_13_18_TargetWriteTransfer, ASecondSequenceBeginsWhereTheFirstEnds) {
  constexpr wire::Ttt kSecond{2};
  write.next_r2t(kSecond, wire::R2TSN(1));
  EXPECT_EQ(take(solicited(0, 1024, 1024, false)), Verdict::take);
  EXPECT_EQ(take(solicited(1, 0, 1024, true)), Verdict::take);
  DataOut early = solicited(0, 1024, 100, false);
  early.ttt = kSecond;
  EXPECT_EQ(take(early), Verdict::wrong) << "inside the first range";
}

TEST_F(Rfc7143_13_18_TargetWriteTransfer, DataScatteredBeyondTheLimitIsRefused) {
  write.begin({.length = 1 << 20}, {.max_burst_length = 1 << 20, .data_pdu_in_order = false});
  write.want(1 << 20);
  write.next_r2t(kTag, wire::R2TSN(0));
  for (std::uint32_t i = 0; i < DataCoverage::kMaxIslands; ++i) {
    ASSERT_EQ(take(solicited(i, 2 * i + 2, 1, false)), Verdict::take);
  }
  EXPECT_EQ(take(solicited(DataCoverage::kMaxIslands, 1 << 19, 1, false)), Verdict::wrong);
}

}  // namespace
}  // namespace lunway::session
