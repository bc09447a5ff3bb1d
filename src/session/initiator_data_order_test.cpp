// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data-In and R2T out of order at an initiator that has agreed to it: I is the engine, T is the test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "session/testing/full_feature_ladder.h"

namespace lunway::session {
namespace {

using ::testing::HasSubstr;

InitiatorProfile profile_without_order() {
  InitiatorProfile profile = InitiatorRig::profile();
  profile.policy.number(text::KeyId::data_pdu_in_order) = {.preferred = 0, .worst = 1};
  profile.policy.number(text::KeyId::data_sequence_in_order) = {.preferred = 0, .worst = 1};
  profile.policy.number(text::KeyId::max_outstanding_r2t).preferred = 4;
  return profile;
}

/// Neither PDUs nor sequences are in order, unless a test says otherwise.
struct AnyOrder : FullFeature {
  AnyOrder() : FullFeature(profile_without_order()) {}
};

struct AnyCut : AnyOrder, ::testing::WithParamInterface<Cut> {};

using Rfc7143_13_18_InitiatorDataPduInOrder = AnyCut;

//= ledger R7143-13.18-01
TEST_P(Rfc7143_13_18_InitiatorDataPduInOrder, NoLetsDataLandWhereItsOffsetSays) {
  rig.log_in();
  ASSERT_FALSE(rig.session.parameters().data_pdu_in_order);
  rig.cut = GetParam();
  const TaskId task = read(1000);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 900, 100, false, false);
  data_in(itt, 1, 400, 500, false, true);
  data_in(itt, 2, 0, 400, true);
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 1000U);
  EXPECT_TRUE(std::ranges::equal(buffer, Bytes(pattern).first(1000)));
}

INSTANTIATE_TEST_SUITE_P(Cuts, Rfc7143_13_18_InitiatorDataPduInOrder,
                         ::testing::Values(Cut::whole, Cut::byte_by_byte, Cut::header_then_window));

using Rfc7143_13_18_InitiatorOffsets = AnyOrder;

TEST_F(Rfc7143_13_18_InitiatorOffsets, GoodOverAHoleIsAFault) {
  rig.log_in();
  const TaskId task = read(1000);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 500, 500);
  data_in(itt, 1, 0, 499, true);
  EXPECT_EQ(rig.fault_of(task), TaskFault::data_missing);
}

TEST_F(Rfc7143_13_18_InitiatorOffsets, AnOverlayDoesNotHideAHole) {
  rig.log_in();
  const TaskId task = read(1000);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data_in(itt, 0, 500, 500);
  data_in(itt, 1, 500, 500, true);
  EXPECT_EQ(rig.fault_of(task), TaskFault::data_missing);
}

TEST_F(Rfc7143_13_18_InitiatorOffsets, StaysInsideTheBuffer) {
  rig.log_in();
  read(1000);
  data_in(sent<wire::ScsiCommand>().itt, 0, 950, 51);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_THAT(rig.closed()->detail, HasSubstr("Expected Data Transfer Length"));
}

TEST_F(Rfc7143_13_18_InitiatorOffsets, YesOfTheTargetIsYes) {
  rig.log_in("DataPDUInOrder=Yes;DataSequenceInOrder=Yes");
  read(1000);
  data_in(sent<wire::ScsiCommand>().itt, 0, 500, 500);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_THAT(rig.closed()->detail, HasSubstr("order"));
}

using Rfc7143_13_19_InitiatorR2t = AnyOrder;

TEST_F(Rfc7143_13_19_InitiatorR2t, AnyRangeIsServedInTheOrderOfTheRequests) {
  rig.log_in("ImmediateData=No");
  const TaskId task = write(3000);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  // T -> I: one R2T for the end, before anybody has sent; two more
  r2t(itt, 0, 2000, 1000);
  r2t(itt, 1, 0, 1000);
  r2t(itt, 2, 1000, 1000);
  expect_data_out(0x500, 0, 2000, 1000, true);
  expect_data_out(0x501, 0, 0, 1000, true);
  expect_data_out(0x502, 0, 1000, 1000, true);
  respond(itt);
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_13_19_InitiatorR2t, WithOrderARangeFurtherOnBreaksTheRule) {
  rig.log_in("ImmediateData=No;DataSequenceInOrder=Yes");
  write(3000);
  r2t(sent<wire::ScsiCommand>().itt, 0, 2000, 1000);
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

}  // namespace
}  // namespace lunway::session
