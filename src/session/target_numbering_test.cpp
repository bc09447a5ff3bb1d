// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// CmdSN, StatSN and DataSN at a target, as ladders: gaps, the wrap, duplicates, retries, closed windows.
//= rfc7143#4.2.2

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/testing/ladder.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::session::testing {
namespace {

using DataIn = wire::DataIn::Fields;
using Nop = wire::NopIn::Fields;
using Response = wire::ScsiResponse::Fields;

/// Logs in with another first CmdSN than 100.
void log_in_with_cmd_sn(TargetRig& rig, std::uint32_t cmd_sn) {
  auto fields = login_fields(from_to(kOperational, kFullFeature));
  fields.cmd_sn = wire::CmdSN(cmd_sn);
  rig.send(wire::LoginRequest::build(fields), bytes_of(names()));
  ASSERT_TRUE(rig.receive());
  ASSERT_TRUE(rig.logged_in);
}

wire::Header ping(std::uint32_t itt) { return wire::NopOut::build({.itt = wire::Itt(itt), .cmd_sn = wire::CmdSN(0)}); }

//= ledger R7143-4.2.2.1-09
TEST(Rfc7143_4_2_2_1_TargetExpCmdSN, StopsAtAGap) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::ScsiCommand::build(command_fields(1, 101)));
  rig.send(wire::ScsiCommand::build(command_fields(2, 102)));
  rig.send(ping(9));
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&Nop::exp_cmd_sn, wire::CmdSN(100))));
  rig.send(wire::ScsiCommand::build(command_fields(3, 100)));
  rig.send(ping(9));
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&Nop::exp_cmd_sn, wire::CmdSN(103))));
}

//= ledger R7143-4.2.2.1-07 R7143-4.2.2.1-10 R7143-4.2.2.1-13
TEST(Rfc7143_4_2_2_1_TargetCmdSN, OrderHoldsAcrossTheWrap) {
  TargetRig rig;
  log_in_with_cmd_sn(rig, 0xfffffffe);
  for (const std::uint32_t cmd_sn : {1U, 0U, 0xffffffffU, 0xfffffffeU}) {
    rig.send(wire::ScsiCommand::build(read_fields(cmd_sn & 0xff, cmd_sn, 512 + (cmd_sn & 0xff))));
  }
  for (const std::uint32_t low : {0xfeU, 0xffU, 0U, 1U}) {
    const auto submit = rig.take<Submit>();
    ASSERT_TRUE(submit);
    EXPECT_EQ(submit->read_length, 512 + low);
  }
  rig.send(wire::ScsiCommand::build(command_fields(7, 0xfffffff0)));
  EXPECT_FALSE(rig.take<Submit>()) << "long gone";
  rig.send(ping(9));
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&Nop::exp_cmd_sn, wire::CmdSN(2))));
}

//= ledger R7143-4.2.2.1-11 R7143-4.2.2.1-12
TEST(Rfc7143_4_2_2_1_TargetWindow, AFullOneClosesAndIgnoresWhatComesAllTheSame) {
  TargetRig rig({}, {.queue_depth = 3});
  log_in(rig);
  for (std::uint32_t i = 0; i < 50; ++i) rig.send(wire::ScsiCommand::build(command_fields(i, 100 + i)));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rig.take<Submit>());
  EXPECT_FALSE(rig.take<Submit>());
  EXPECT_EQ(rig.session->active_tasks(), 3U) << "what is ignored takes no memory";
  rig.send(ping(99));
  EXPECT_THAT(rig.receive(),
              Is<wire::NopIn>(With(&Nop::exp_cmd_sn, wire::CmdSN(103)), With(&Nop::max_cmd_sn, wire::CmdSN(102))));
  EXPECT_TRUE(rig.target_is_silent());
}

//= ledger R7143-4.2.2.1-05 R7143-4.2.2.1-06
TEST(Rfc7143_4_2_2_1_TargetImmediate, AFunctionAndAnotherRequestFindRoomInAFullWindow) {
  TargetRig rig({}, {.queue_depth = 1, .immediate_commands = 1, .management_functions = 1});
  log_in(rig);
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  EXPECT_TRUE(rig.take<Submit>());
  auto immediate = command_fields(2, 101);
  immediate.immediate = true;
  rig.send(wire::ScsiCommand::build(immediate));
  EXPECT_TRUE(rig.take<Submit>());
  wire::TaskManagementRequest::Fields function;
  function.immediate = true;
  function.function = wire::TaskManagementFunction::abort_task;
  function.itt = wire::Itt(3);
  function.referenced_task_tag = wire::Itt(77);
  function.cmd_sn = wire::CmdSN(101);
  function.ref_cmd_sn = wire::CmdSN(90);
  rig.send(wire::TaskManagementRequest::build(function));
  rig.send(ping(4));
  EXPECT_EQ(rig.receive()->opcode(), wire::Opcode::task_management_response);
  EXPECT_EQ(rig.receive()->opcode(), wire::Opcode::nop_in);
  immediate.itt = wire::Itt(5);
  rig.send(wire::ScsiCommand::build(immediate));
  EXPECT_THAT(rig.receive(),
              Is<wire::Reject>(With(&wire::Reject::Fields::reason, wire::RejectReason::immediate_command_reject)));
}

//= ledger R7143-4.2.2.1-14
TEST(Rfc7143_4_2_2_1_TargetRetry, OfACommandThatRunsIsFoundByItsTag) {
  TargetRig rig;
  log_in(rig);
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  const auto submit = rig.take<Submit>();
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  EXPECT_FALSE(rig.take<Submit>());
  EXPECT_TRUE(rig.target_is_silent());
  const auto data = pattern(512);
  const std::array pieces{Bytes(data)};
  rig.complete(submit->task, {.data_in = pieces, .data_in_length = 512});
  EXPECT_TRUE(rig.receive());
  EXPECT_TRUE(rig.target_is_silent()) << "one answer";
}

//= ledger R7143-4.2.2.1-16 R7143-4.2.2.1-17
TEST(Rfc7143_4_2_2_1_TargetExpCmdSN, AcknowledgesACommandWithItsStatusAtTheLatest) {
  TargetRig rig;
  log_in(rig);
  const auto data = pattern(512);
  const std::array pieces{Bytes(data)};
  rig.send(wire::ScsiCommand::build(read_fields(1, 100, 512)));
  rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 512});
  EXPECT_THAT(rig.receive(),
              Is<wire::DataIn>(With(&DataIn::has_status, true), With(&DataIn::exp_cmd_sn, wire::CmdSN(101))));
  EXPECT_TRUE(rig.take<Release>());
  rig.send(wire::ScsiCommand::build(command_fields(2, 101)));
  rig.complete(rig.take<Submit>()->task);
  EXPECT_THAT(rig.receive(), Is<wire::ScsiResponse>(With(&Response::exp_cmd_sn, wire::CmdSN(102))));
}

//= ledger R7143-4.2.2.2-04
TEST(Rfc7143_4_2_2_2_TargetStatSN, GrowsByOneWithEachResponseAndWithNothingElse) {
  TargetRig rig;
  log_in(rig, {"MaxRecvDataSegmentLength=512"});
  const auto data = pattern(1024);
  const std::array pieces{Bytes(data)};
  std::uint32_t stat_sn = 1;
  for (std::uint32_t i = 0; i < 3; ++i) {
    rig.send(wire::ScsiCommand::build(read_fields(i, 100 + i, 1024)));
    rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 1024});
    EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::has_status, false)));
    EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&DataIn::stat_sn, wire::StatSN(stat_sn++))));
    EXPECT_TRUE(rig.take<Release>());
    rig.send(ping(50 + i));
    EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&Nop::stat_sn, wire::StatSN(stat_sn++))));
  }
}

//= ledger R7143-11.4.11-01 R7143-11.19.1-01 R7143-11.19.2-01 R7143-11.19-05 R7143-11.19-06
TEST(Rfc7143_11_4_11_TargetMaxCmdSN, ANopInTellsOfItWhenNothingElseDoes) {
  TargetRig rig({}, {.queue_depth = 1});
  log_in(rig);
  rig.send(wire::ScsiCommand::build(command_fields(1, 100)));
  const auto submit = rig.take<Submit>();
  EXPECT_TRUE(rig.target_is_silent());
  rig.session->abandon(submit->task);  // another initiator's reset: no status is sent
  rig.drain();
  const auto nop = rig.receive();
  EXPECT_THAT(nop, Is<wire::NopIn>(With(&Nop::max_cmd_sn, wire::CmdSN(101)), With(&Nop::itt, wire::kNoItt),
                                   With(&Nop::ttt, wire::kNoTtt), With(&Nop::stat_sn, wire::StatSN(1))));
  EXPECT_TRUE(nop->data.empty());
  rig.send(ping(9));
  EXPECT_THAT(rig.receive(), Is<wire::NopIn>(With(&Nop::stat_sn, wire::StatSN(1)))) << "it took no number";
}

}  // namespace
}  // namespace lunway::session::testing
