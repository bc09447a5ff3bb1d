// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which Data-In may come next, for each way in which order was agreed on.

#include "session/command/initiator_read.h"

#include <gtest/gtest.h>

#include <vector>

namespace lunway::session {
namespace {

using Fault = InitiatorRead::Fault;

struct Step {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  bool final = false;
  Fault fault = Fault::none;
};

struct Case {
  const char* name;
  InitiatorRead::Order order;
  std::vector<Step> steps;
  std::uint32_t received = 0;  // of 1000
};

class ReadOrder : public ::testing::TestWithParam<Case> {};

using Rfc7143_11_7_6_InitiatorRead = ReadOrder;

TEST_P(Rfc7143_11_7_6_InitiatorRead, TakesWhatTheOrderAllows) {
  InitiatorRead read;
  read.begin(1000);
  for (const Step& step : GetParam().steps) {
    EXPECT_EQ(read.take(step.offset, step.length, step.final, GetParam().order), step.fault) << step.offset;
  }
  EXPECT_EQ(read.received(), GetParam().received);
}

constexpr InitiatorRead::Order kInOrder{};
constexpr InitiatorRead::Order kPdusInAnyOrder{.data_pdu_in_order = false};
constexpr InitiatorRead::Order kSequencesInAnyOrder{.data_sequence_in_order = false};
constexpr InitiatorRead::Order kAnyOrder{.data_pdu_in_order = false, .data_sequence_in_order = false};

INSTANTIATE_TEST_SUITE_P(
    Orders, Rfc7143_11_7_6_InitiatorRead,
    ::testing::Values(
        Case{"InOrder", kInOrder, {{0, 500, true}, {500, 500, true}}, 1000},
        Case{"NoGap", kInOrder, {{0, 500, true}, {501, 10, true, Fault::out_of_order}}, 500},
        Case{"NoOverlay", kInOrder, {{0, 500}, {499, 10, true, Fault::out_of_order}}, 500},
        Case{"NotBehindTheEnd", kInOrder, {{0, 500}, {500, 501, true, Fault::beyond_the_end}}, 500},
        Case{"EmptyPdus", kInOrder, {{0, 0}, {0, 10}, {10, 0, true}, {10, 990, true}}, 1000},
        Case{"PdusInAnyOrder", kPdusInAnyOrder, {{600, 200}, {0, 600}, {800, 200, true}}, 1000},
        Case{"SequencesStillInOrder",
             kPdusInAnyOrder,
             {{300, 300}, {0, 300, true}, {599, 10, true, Fault::out_of_order}, {700, 300}, {600, 100, true}},
             1000},
        Case{"SequencesInAnyOrder", kSequencesInAnyOrder, {{500, 250}, {750, 250, true}, {0, 500, true}}, 1000},
        Case{"PdusOfASequenceStillInOrder", kSequencesInAnyOrder, {{500, 250}, {0, 250, true, Fault::out_of_order}}, 0},
        Case{"AnyOrder", kAnyOrder, {{900, 100}, {0, 10, true}, {500, 400}, {10, 490, true}}, 1000},
        Case{"OverlaysCountOnce", kAnyOrder, {{0, 100}, {50, 100}, {0, 10, true}}, 150},
        Case{"AnyOrderStaysInside", kAnyOrder, {{1000, 1, true, Fault::beyond_the_end}}, 0},
        Case{"LengthsThatWrap", kAnyOrder, {{0xfffffff0, 0x20, true, Fault::beyond_the_end}}, 0}),
    [](const auto& one) { return one.param.name; });

TEST(Rfc7143_13_18_InitiatorRead, ScatteredDataIsRefused) {
  InitiatorRead read;
  read.begin(1 << 20);
  for (std::uint32_t i = 0; i < DataCoverage::kMaxIslands; ++i) {
    ASSERT_EQ(read.take(2 * i + 1, 1, false, kAnyOrder), Fault::none);
  }
  EXPECT_EQ(read.take(1 << 19, 1, false, kAnyOrder), Fault::scattered);
}

TEST(Rfc7143_11_7_InitiatorRead, ACommandThatReadsNothingTakesNothing) {
  InitiatorRead read;
  read.begin(0);
  EXPECT_EQ(read.take(0, 0, true, kAnyOrder), Fault::not_a_read);
}

}  // namespace
}  // namespace lunway::session
