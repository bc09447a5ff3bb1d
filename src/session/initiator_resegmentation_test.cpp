// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data that is lost after the initiator has declared another MaxRecvDataSegmentLength: it comes in other segments.

#include <string_view>

#include "session/testing/initiator_recovery_ladder.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::session {
namespace {

struct Rfc7143_11_16_3_InitiatorResegmentation : InitiatorRecoveryLadder {
  void declare(std::uint32_t length) {
    EXPECT_TRUE(rig.connection.declare_max_recv_data_segment_length(rig.time, length));
    rig.pump();
    // I -> T: Text Request
    const auto request = sent<wire::TextRequest>();
    EXPECT_NE(last.text().find("MaxRecvDataSegmentLength=" + std::to_string(length)), std::string_view::npos);
    rig.exp_cmd_sn = rig.exp_cmd_sn.next();
    rig.deliver(wire::TextResponse::build(rig.numbered(wire::TextResponse::Fields{.itt = request.itt})));
    EXPECT_EQ(rig.connection.parameters().our_max_recv_data_segment_length, length);
  }
  wire::SnackTag expect_r_data_snack(wire::Itt itt) {
    const auto snack = sent<wire::SnackRequest>();
    EXPECT_EQ(snack.type, wire::SnackType::r_data);
    EXPECT_EQ(snack.itt, itt);
    EXPECT_NE(snack.snack_tag, wire::kNoSnackTag);
    EXPECT_NE(snack.snack_tag, wire::SnackTag(0xffffffff));
    EXPECT_EQ(snack.beg_run, 0U);
    EXPECT_EQ(snack.run_length, 0U);
    return snack.snack_tag;
  }
};

//= ledger R7143-11.16-01 R7143-11.16.3-01 R7143-11.16.5-01 R7143-11.16.6-01 R7143-11.16.7-01
TEST_F(Rfc7143_11_16_3_InitiatorResegmentation, AllThatIsNotAcknowledgedComesAnew) {
  const TaskId task = read(4096);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data(itt, {.sn = 0, .offset = 0, .length = 1024, .acknowledge = true});
  EXPECT_EQ(sent<wire::SnackRequest>().type, wire::SnackType::data_ack);
  declare(512);
  data(itt, {.sn = 2, .offset = 2048});
  const wire::SnackTag tag = expect_r_data_snack(itt);
  // What T had on its way, with the status, does not count.
  const wire::StatSN status = lose_response();
  data(itt, {.sn = 3, .offset = 2560, .status = status});
  for (std::uint32_t i = 0; i < 6; ++i) data(itt, {.sn = 1 + i, .offset = 1024 + 512 * i});
  EXPECT_TRUE(rig.done.empty());
  // Nor is it acknowledged.
  (void)write(512);
  EXPECT_EQ(sent<wire::ScsiCommand>().exp_stat_sn, status);
  rig.deliver(response(itt, status, {.snack_tag = tag, .exp_data_sn = wire::DataSN(7)}));
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->bytes_in, 4096U);
  expect_buffer(4096);
}

TEST_F(Rfc7143_11_16_3_InitiatorResegmentation, OnlyTheResponseWithTheTagCounts) {
  const TaskId task = read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  declare(512);
  data(itt, {.sn = 1, .offset = 512});
  const wire::SnackTag tag = expect_r_data_snack(itt);
  const wire::StatSN status = lose_response();
  rig.deliver(response(itt, status, {.exp_data_sn = wire::DataSN(2)}));
  data(itt, {.sn = 0});
  data(itt, {.sn = 1, .offset = 512});
  EXPECT_TRUE(rig.done.empty());
  rig.deliver(response(itt, status, {.snack_tag = tag, .exp_data_sn = wire::DataSN(2)}));
  ASSERT_NE(completion(task), nullptr);
  expect_buffer(1024);
}

TEST_F(Rfc7143_11_16_3_InitiatorResegmentation, CommandsOfAfterwardsAreAskedForAsEver) {
  declare(512);
  (void)read(1024);
  const wire::Itt itt = sent<wire::ScsiCommand>().itt;
  data(itt, {.sn = 1, .offset = 512});
  expect_data_snack(itt, 0, 1);
}

}  // namespace
}  // namespace lunway::session
