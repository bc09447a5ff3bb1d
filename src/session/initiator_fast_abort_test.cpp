// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// FastAbort and response fences as ladders: what an initiator no longer sends, what it acknowledges.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/management_ladder.h"
#include "session/testing/second_connection.h"

namespace lunway::session {
namespace {

using enum wire::TaskManagementFunction;

// ----------------------------------------------------------------------------------------------- the issuing session

class Rfc7143_4_2_3_4_InitiatorFastAbort : public ManagementLadder,
                                           public ::testing::WithParamInterface<wire::TaskManagementFunction> {};

//= ledger R7143-4.2.3.4-01 R7143-4.2.3.4-02 R7143-4.2.3.4-03 R7143-4.2.3.4-06
//= ledger R7143-10.7-01
TEST_P(Rfc7143_4_2_3_4_InitiatorFastAbort, NoDataFollowsTheFunction) {
  log_in("FastAbort");
  const TaskId task = write(4096);
  const wire::Itt itt = command();
  manage(GetParam());
  // T -> I: an R2T that was on its way
  r2t(itt, 0, 0, 2048);
  EXPECT_FALSE(rig.has_sent());
  EXPECT_FALSE(failure(task));
  answer();
  ASSERT_NE(failure(task), nullptr);
  EXPECT_EQ(failure(task)->function, GetParam());
  EXPECT_FALSE(rig.has_sent());
}

//= ledger R7143-4.2.3.4-04
TEST_P(Rfc7143_4_2_3_4_InitiatorFastAbort, ResponsesBeforeTheFunctionsCount) {
  log_in("FastAbort");
  const TaskId task = read(512);
  const wire::Itt itt = command();
  manage(GetParam());
  data_in(itt, 0, 0, 512, true);
  EXPECT_NE(completion(task), nullptr);
  answer();
  EXPECT_EQ(rig.done.size(), 2U);
}

//= ledger R7143-4.2.3.4-07 R7143-11.5.1-02
TEST_P(Rfc7143_4_2_3_4_InitiatorFastAbort, ResponsesAfterTheFunctionsAreDiscarded) {
  log_in("FastAbort");
  const TaskId task = read(512);
  const wire::Itt itt = command();
  manage(GetParam());
  answer();
  data_in(itt, 0, 0, 512, true);
  respond(itt);
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
  EXPECT_EQ(rig.done.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Functions, Rfc7143_4_2_3_4_InitiatorFastAbort,
                         ::testing::Values(abort_task_set, clear_task_set, logical_unit_reset, target_warm_reset,
                                           target_cold_reset, i_t_nexus_reset));

using Rfc7143_4_2_3_4_InitiatorHeldData = ManagementLadder;

TEST_F(Rfc7143_4_2_3_4_InitiatorHeldData, IsThatOfTheAffectedTasksOnly) {
  log_in("FastAbort");
  const auto elsewhere = rig.session.submit(
      rig.time, {.lun = wire::Lun::from_flat(4), .cdb = kCdb, .data_out = Bytes(pattern).first(512)});
  rig.pump();
  const wire::Itt other_unit = command();
  manage(abort_task_set);
  write(512);
  const wire::Itt later = command();
  rig.deliver(wire::ReadyToTransfer::build(rig.windowed(wire::ReadyToTransfer::Fields{
      .lun = wire::Lun::from_flat(4), .itt = other_unit, .ttt = wire::Ttt(9), .desired_data_transfer_length = 512})));
  expect_data_out(9, 0, 0, 512, true);
  r2t(later, 0, 0, 512);
  expect_data_out(0x500, 0, 0, 512, true);
  EXPECT_FALSE(rig.fault_of(*elsewhere));
}

TEST_F(Rfc7143_4_2_3_4_InitiatorHeldData, GoesOnWhenTheFunctionIsRefused) {
  log_in("FastAbort");
  const TaskId task = write(512);
  const wire::Itt itt = command();
  manage(abort_task_set);
  const auto first = request;
  manage(logical_unit_reset);
  r2t(itt, 0, 0, 512);
  answer(Response::function_not_supported);
  // The other function covers it still, and waits for our acknowledgement.
  sent<wire::NopOut>();
  EXPECT_FALSE(rig.has_sent());
  request = first;
  answer(Response::function_rejected);
  expect_data_out(0x500, 0, 0, 512, true);
  respond(itt);
  EXPECT_NE(completion(task), nullptr);
}

using Rfc7143_4_2_5_2_InitiatorHeldData = ManagementLadder;

//= ledger R7143-4.2.5.2-11 R7143-4.2.5.2-12
TEST_F(Rfc7143_4_2_5_2_InitiatorHeldData, KeepsUnsolicitedDataInTheOrderOfTheCommands) {
  // One PDU in a send, so that the function comes between the data of the first command.
  InitiatorProfile eager = profile();
  eager.policy.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  InitiatorRig narrow(eager, {.transmit_pdus = 1});
  narrow.log_in("TaskReporting=FastAbort;ImmediateData=No;InitialR2T=No");
  const auto submit_write = [&] {
    EXPECT_TRUE(narrow.session.submit(
        narrow.time, {.lun = wire::Lun::from_flat(3), .cdb = kCdb, .data_out = Bytes(pattern).first(20000)}));
  };
  const wire::Lun unit = wire::Lun::from_flat(3);
  submit_write();
  const auto opcode_of = [](std::span<const Bytes> pieces) {
    return static_cast<wire::Opcode>(std::to_integer<unsigned>(pieces[0][0]) & 0x3fU);
  };
  // I -> T: the command and its first data; then the function, and another command
  bool reset = false;
  std::vector<wire::Itt> data;
  wire::Itt function;
  std::vector<wire::Itt> commands;
  for (int sends = 0; sends < 100; ++sends) {
    const std::span<const Bytes> pieces = narrow.connection.next_transmit(narrow.time);
    if (pieces.empty()) break;
    const wire::Opcode opcode = opcode_of(pieces);
    const wire::Itt itt(load_be32(&pieces[0][16]));
    std::size_t size = 0;
    for (const Bytes piece : pieces) size += piece.size();
    narrow.connection.transmitted(narrow.time, size);
    if (opcode == wire::Opcode::scsi_command) commands.push_back(itt);
    if (opcode == wire::Opcode::task_management_request) function = itt;
    if (opcode == wire::Opcode::data_out) data.push_back(itt);
    if (!std::exchange(reset, data.size() == 1 || reset) && reset) {
      ASSERT_TRUE(narrow.session.manage(narrow.time, {.function = logical_unit_reset, .lun = unit}));
      submit_write();
    }
  }
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(data, std::vector{commands[0]}) << "what is held, and what follows it";
  // T -> I: the function is refused
  narrow.deliver(wire::TaskManagementResponse::build(
      narrow.numbered(wire::TaskManagementResponse::Fields{.response = Response::function_rejected, .itt = function})));
  data.clear();
  for (const SentPdu& pdu : narrow.sent)
    if (pdu.opcode() == wire::Opcode::data_out) data.push_back(pdu.itt());
  EXPECT_EQ(data, (std::vector{commands[0], commands[0], commands[1], commands[1], commands[1]}));
}

// --------------------------------------------------------------------------------------------------- AsyncEvent 5

using Rfc7143_11_9_1_InitiatorTaskTermination = ManagementLadder;

//= ledger R7143-11.9.1-07 R7143-4.2.3.4-05 R7143-4.2.3.5-04 R7143-4.2.3.5-05
TEST_F(Rfc7143_11_9_1_InitiatorTaskTermination, IsAcknowledgedWithItsLun) {
  log_in("FastAbort");
  const wire::Lun lun(0x4003000000000000);
  task_termination(lun);
  const auto acknowledgement = sent<wire::NopOut>();
  EXPECT_EQ(acknowledgement.itt, wire::kNoItt);
  EXPECT_EQ(acknowledgement.ttt, wire::kNoTtt);
  EXPECT_EQ(acknowledgement.lun, lun);
  EXPECT_EQ(acknowledgement.exp_stat_sn, rig.stat_sn);
  EXPECT_TRUE(acknowledgement.immediate);
  // Each one, though nothing is under way.
  task_termination(lun);
  EXPECT_EQ(sent<wire::NopOut>().exp_stat_sn, rig.stat_sn);
}

//= ledger R7143-11.9.1-07
TEST_F(Rfc7143_11_9_1_InitiatorTaskTermination, StopsTheDataBeforeItIsAcknowledged) {
  log_in("FastAbort", ";MaxBurstLength=512");
  const TaskId task = write(4096);
  const wire::Itt itt = command();
  // T -> I: R2T; nobody takes what the initiator wants to send
  const wire::Header wanted = wire::ReadyToTransfer::build(rig.windowed(wire::ReadyToTransfer::Fields{
      .lun = wire::Lun::from_flat(3), .itt = itt, .ttt = wire::Ttt(1), .desired_data_transfer_length = 512}));
  ASSERT_EQ(rig.connection.receive(rig.time, wanted), wanted.size());
  task_termination();
  // I -> T: the acknowledgement; the task is asked back, for nobody else will conclude it
  std::vector<wire::Opcode> opcodes;
  for (const SentPdu& pdu : rig.sent) opcodes.push_back(pdu.opcode());
  EXPECT_THAT(opcodes, ::testing::UnorderedElementsAre(wire::Opcode::nop_out, wire::Opcode::task_management_request));
  while (rig.has_sent()) {
    if (rig.sent.front().opcode() == wire::Opcode::task_management_request)
      request = rig.sent.front().as<wire::TaskManagementRequest>();
    rig.next_sent();
  }
  EXPECT_EQ(request.function, abort_task);
  EXPECT_EQ(request.referenced_task_tag, itt);
  answer(Response::task_does_not_exist);
  EXPECT_EQ(rig.fault_of(task), TaskFault::terminated);
}

TEST_F(Rfc7143_11_9_1_InitiatorTaskTermination, LeavesAStatusThatComesAllTheSame) {
  log_in("FastAbort");
  const TaskId task = write(512);
  const wire::Itt itt = command();
  const wire::Header wanted = wire::ReadyToTransfer::build(rig.windowed(wire::ReadyToTransfer::Fields{
      .lun = wire::Lun::from_flat(3), .itt = itt, .ttt = wire::Ttt(1), .desired_data_transfer_length = 512}));
  ASSERT_EQ(rig.connection.receive(rig.time, wanted), wanted.size());
  task_termination();
  respond(itt, {.status = wire::ScsiStatus::task_aborted});
  ASSERT_NE(completion(task), nullptr);
  EXPECT_EQ(completion(task)->status, wire::ScsiStatus::task_aborted);
  EXPECT_EQ(rig.closed(), nullptr);
}

TEST_F(Rfc7143_11_9_1_InitiatorTaskTermination, DoesNotConcernOtherUnitsNorLaterR2ts) {
  log_in("FastAbort");
  const TaskId task = write(1024);
  const wire::Itt itt = command();
  task_termination(wire::Lun::from_flat(4));
  EXPECT_EQ(sent<wire::NopOut>().lun, wire::Lun::from_flat(4));
  r2t(itt, 0, 0, 512);
  expect_data_out(0x500, 0, 0, 512, true);
  // A tag that was given out after the message is valid: its task was not there when others were terminated.
  task_termination();
  sent<wire::NopOut>();
  r2t(itt, 1, 512, 512);
  expect_data_out(0x501, 0, 512, 512, true);
  EXPECT_FALSE(failure(task));
}

TEST_F(Rfc7143_11_9_1_InitiatorTaskTermination, WithoutFastAbortAsksForNothing) {
  for (const char* reporting : {"RFC3720", "ResponseFence"}) {
    InitiatorRig other(profile());
    other.log_in("TaskReporting=" + std::string(reporting));
    other.deliver(wire::AsynchronousMessage::build(
        other.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::task_termination})));
    EXPECT_FALSE(other.has_sent());
    EXPECT_EQ(other.closed(), nullptr);
    ASSERT_EQ(other.events.size(), 1U) << "the owner is told";
    EXPECT_EQ(std::get<TargetEvent>(other.events[0]).event, wire::AsyncEvent::task_termination);
  }
}

TEST_F(Rfc7143_11_9_1_InitiatorTaskTermination, AFloodIsHeldBack) {
  log_in("FastAbort");
  // Nobody takes what the initiator wants to send.
  int taken = 0;
  while (taken < 1000) {
    const wire::Header event = wire::AsynchronousMessage::build(rig.numbered(
        wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::task_termination, .lun = wire::Lun(1)}));
    if (rig.connection.receive(rig.time, event) == 0) break;
    while (rig.connection.next_output()) {
    }
    ++taken;
  }
  EXPECT_EQ(taken, 32);
  EXPECT_FALSE(rig.connection.wants_input());
  rig.pump();
  EXPECT_TRUE(rig.connection.wants_input());
  EXPECT_EQ(rig.sent.size(), 32U);
  EXPECT_EQ(rig.closed(), nullptr);
}

// ------------------------------------------------------------------------------------------------ several connections

struct SeveralConnections : ManagementLadder {
  static InitiatorProfile profile() {
    InitiatorProfile profile = ManagementLadder::profile();
    profile.policy.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
    return profile;
  }
  SeveralConnections() : ManagementLadder(profile()) {}

  /// Both connections, and a read of 1024 bytes that is allegiant to the second.
  void begin(const std::string& reporting) {
    log_in(reporting);
    second.emplace(rig);
    second->log_in();
    buffer.assign(1024, std::byte{0xee});
    const auto submitted =
        rig.session.submit(rig.time, {.lun = wire::Lun::from_flat(3), .cdb = kCdb, .data_in = buffer});
    task = *submitted;
    const std::vector<SentPdu> commands = second->sent();
    ASSERT_EQ(commands.size(), 1U);
    itt = commands[0].itt();
  }
  void data_over_second(std::uint32_t sn, std::uint32_t offset, std::string_view data) {
    const wire::Header header = wire::DataIn::build(
        rig.windowed(wire::DataIn::Fields{.itt = itt, .data_sn = wire::DataSN(sn), .buffer_offset = offset}));
    const wire::EncodedPdu pdu(header, bytes_of(data), {});
    for (Bytes piece : pdu.pieces()) {
      while (!piece.empty()) {
        const std::size_t count = second->connection.receive(rig.time, piece);
        if (count == 0) return;
        piece = piece.subspan(count);
      }
    }
  }

  std::optional<SecondConnection> second;
  TaskId task;
  wire::Itt itt;
};

using Rfc7143_4_2_5_1_InitiatorAllegiance = SeveralConnections;

//= ledger R7143-4.2.5.1-01 R7143-11.5.1-11 R7144-6.3-07
TEST_F(Rfc7143_4_2_5_1_InitiatorAllegiance, FunctionsForATaskTakeItsConnection) {
  begin("ResponseFence");
  for (const auto function : {query_task, abort_task}) {
    ASSERT_TRUE(rig.session.manage(rig.time, {.function = function, .task = task}));
    rig.pump();
    EXPECT_FALSE(rig.has_sent());
    const std::vector<SentPdu> requests = second->sent();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].as<wire::TaskManagementRequest>().function, function);
    EXPECT_EQ(requests[0].as<wire::TaskManagementRequest>().referenced_task_tag, itt);
  }
}

//= ledger R7143-4.2.5.1-03
TEST_F(Rfc7143_4_2_5_1_InitiatorAllegiance, DataOfACommandTakesItsConnection) {
  begin("ResponseFence");
  second->deliver(wire::ScsiResponse::build, wire::ScsiResponse::Fields{.status = wire::ScsiStatus::busy, .itt = itt});
  const auto write = rig.session.submit(
      rig.time, {.lun = wire::Lun::from_flat(3), .cdb = kCdb, .data_out = Bytes(pattern).first(512)});
  const std::vector<SentPdu> commands = second->sent();
  ASSERT_FALSE(commands.empty());
  const wire::Itt written = commands.back().itt();
  const wire::Header wanted = wire::ReadyToTransfer::build(rig.windowed(wire::ReadyToTransfer::Fields{
      .lun = wire::Lun::from_flat(3), .itt = written, .ttt = wire::Ttt(1), .desired_data_transfer_length = 512}));
  ASSERT_EQ(second->connection.receive(rig.time, wanted), wanted.size());
  rig.pump();
  EXPECT_FALSE(rig.has_sent());
  const std::vector<SentPdu> data = second->sent();
  ASSERT_EQ(data.size(), 1U);
  EXPECT_EQ(data[0].opcode(), wire::Opcode::data_out);
  EXPECT_EQ(data[0].itt(), written);
  EXPECT_FALSE(rig.fault_of(*write));
}

using Rfc7143_4_2_2_3_3_InitiatorFence = SeveralConnections;

TEST_F(Rfc7143_4_2_2_3_3_InitiatorFence, AFunctionIsAcknowledgedOnAllConnections) {
  begin("ResponseFence");
  // A status comes over the second connection while a function is under way on the first.
  manage(abort_task_set);
  second->deliver(wire::ScsiResponse::build,
                  wire::ScsiResponse::Fields{.residual = {wire::Residual::Kind::underflow, 1024}, .itt = itt});
  const std::vector<SentPdu> acknowledgement = second->sent();
  ASSERT_EQ(acknowledgement.size(), 1U);
  EXPECT_EQ(acknowledgement[0].opcode(), wire::Opcode::nop_out);
  EXPECT_EQ(acknowledgement[0].itt(), wire::kNoItt);
  EXPECT_EQ(acknowledgement[0].as<wire::NopOut>().exp_stat_sn, second->stat_sn);
  // T -> I: the answer is fenced itself
  answer();
  EXPECT_EQ(sent<wire::NopOut>().exp_stat_sn, rig.stat_sn);
}

TEST_F(Rfc7143_4_2_2_3_3_InitiatorFence, WhatMayBeFencedIsAcknowledgedWithoutDelay) {
  begin("ResponseFence");
  second->deliver(wire::ScsiResponse::build,
                  wire::ScsiResponse::Fields{.status = wire::ScsiStatus::aca_active, .itt = itt});
  ASSERT_EQ(second->sent().size(), 1U);
}

TEST_F(Rfc7143_4_2_2_3_3_InitiatorFence, WithoutFencesNothingIsAcknowledgedApart) {
  begin("RFC3720");
  second->deliver(wire::ScsiResponse::build, wire::ScsiResponse::Fields{.status = wire::ScsiStatus::busy, .itt = itt});
  EXPECT_TRUE(second->sent().empty());
  EXPECT_NE(completion(task), nullptr);
}

using Rfc7143_4_2_3_4_InitiatorConnections = SeveralConnections;

TEST_F(Rfc7143_4_2_3_4_InitiatorConnections, DataOnItsWayOverAnotherOneIsDiscarded) {
  begin("FastAbort");
  data_over_second(0, 0, std::string(512, 'a'));
  manage(logical_unit_reset);
  answer();
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
  buffer.assign(1024, std::byte{0xee});
  data_over_second(1, 512, std::string(512, 'b'));
  EXPECT_EQ(second->closed(), nullptr);
  EXPECT_EQ(buffer, std::vector<std::byte>(1024, std::byte{0xee}));
  // A status that was on its way has its number.
  second->deliver(wire::ScsiResponse::build, wire::ScsiResponse::Fields{.itt = itt});
  const auto next = rig.session.submit(rig.time, {.cdb = kCdb});
  const std::vector<SentPdu> commands = second->sent();
  ASSERT_FALSE(commands.empty());
  second->deliver(wire::ScsiResponse::build, wire::ScsiResponse::Fields{.itt = commands.back().itt()});
  EXPECT_EQ(second->closed(), nullptr);
  EXPECT_NE(completion(*next), nullptr);
}

TEST_F(Rfc7143_4_2_3_4_InitiatorConnections, AStatusWhoseDataWasUnderWayHasItsNumber) {
  begin("FastAbort");
  // T -> I: the first half of a Data-In with the status
  wire::DataIn::Fields fields{.final = true, .has_status = true, .itt = itt};
  fields = rig.windowed(fields);
  fields.stat_sn = second->stat_sn;
  second->stat_sn = second->stat_sn.next();
  const std::string data(1024, 'a');
  const wire::EncodedPdu pdu(wire::DataIn::build(fields), bytes_of(data), {});
  std::vector<std::byte> bytes;
  for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  Bytes rest = bytes;
  const auto take = [&](std::size_t count) {
    for (Bytes part = rest.first(count); !part.empty();)
      part = part.subspan(second->connection.receive(rig.time, part));
    rest = rest.subspan(count);
  };
  take(600);
  manage(logical_unit_reset);
  answer();
  EXPECT_TRUE(rig.fault_of(task) == std::nullopt) << "its memory is in use";
  take(rest.size());
  const auto next = rig.session.submit(rig.time, {.cdb = kCdb});
  const std::vector<SentPdu> commands = second->sent();
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
  ASSERT_FALSE(commands.empty());
  second->deliver(wire::ScsiResponse::build, wire::ScsiResponse::Fields{.itt = commands.back().itt()});
  EXPECT_EQ(second->closed(), nullptr) << second->closed()->detail;
  EXPECT_NE(completion(*next), nullptr);
}

}  // namespace
}  // namespace lunway::session
