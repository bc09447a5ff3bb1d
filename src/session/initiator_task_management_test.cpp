// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management functions and their answers as ladders; the standard way of ending several tasks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/management_ladder.h"
#include "wire/data_in.h"
#include "wire/reject.h"

namespace lunway::session {
namespace {

using enum wire::TaskManagementFunction;
using ::testing::HasSubstr;

// -------------------------------------------------------------------------------------------------------- requests

using Rfc7143_11_5_InitiatorFunction = ManagementLadder;

//= ledger R7143-11.5.2-01 R7143-11.5.4-01 R7144-6.3.2-01
TEST_F(Rfc7143_11_5_InitiatorFunction, CarriesNoDataAndNamesATaskOnlyWhereItIsForOne) {
  log_in("ResponseFence");
  for (const auto function : {abort_task_set, clear_aca, clear_task_set, logical_unit_reset, target_warm_reset,
                              target_cold_reset, query_task_set, i_t_nexus_reset, query_asynchronous_event}) {
    manage(function);
    EXPECT_EQ(request.function, function);
    EXPECT_TRUE(request.immediate);
    EXPECT_EQ(request.cmd_sn, wire::CmdSN(kRigFirstCmdSN)) << "immediate: the number is not used up";
    EXPECT_EQ(request.referenced_task_tag, wire::kNoItt);
    EXPECT_EQ(request.lun, wire::has_lun(function) ? wire::Lun::from_flat(3) : wire::Lun{});
    EXPECT_EQ(last.header[4], std::byte{0});
    EXPECT_TRUE(last.data.empty());
    answer();
  }
}

//= ledger R7143-11.5.1-10 R7143-11.5.5-02 R7144-6.3-06 R7144-6.3.3-02
TEST_F(Rfc7143_11_5_InitiatorFunction, ForOneTaskNamesTagLunAndCmdSn) {
  log_in("ResponseFence");
  const TaskId task = read(512);
  const auto asked = sent<wire::ScsiCommand>();
  for (const auto function : {query_task, abort_task}) {
    manage(function, task);
    EXPECT_EQ(request.referenced_task_tag, asked.itt);
    EXPECT_EQ(request.ref_cmd_sn, asked.cmd_sn);
    EXPECT_TRUE(asked.cmd_sn.precedes(request.cmd_sn));
    EXPECT_EQ(request.lun, asked.lun);
    answer();
  }
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
}

TEST_F(Rfc7143_11_5_InitiatorFunction, IsNotForWhatIsNoSentCommand) {
  log_in("ResponseFence");
  const auto ping = rig.session.ping(rig.time, bytes_of("x"), std::chrono::seconds(5));
  rig.pump();
  const TaskId over = read(512);
  rig.sent.clear();
  rig.session.abort(rig.time, over);
  rig.pump();
  request = sent<wire::TaskManagementRequest>();
  answer();
  for (const TaskId task : {*ping, over, TaskId(500, 3), TaskId()}) {
    for (const auto function : {query_task, abort_task}) {
      const auto refused = rig.session.manage(rig.time, {.function = function, .task = task});
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error(), SubmitError::no_such_task);
    }
  }
  EXPECT_EQ(rig.session.manage(rig.time, {.function = task_reassign}).error(), SubmitError::not_possible);
}

// The status is there before the abort has left: it is answered as the target would, and not sent.
TEST_F(Rfc7143_11_5_InitiatorFunction, ThatComesTooLateIsNotSent) {
  log_in("ResponseFence");
  const TaskId task = read(512);
  const auto asked = sent<wire::ScsiCommand>();
  const auto abort = rig.session.manage(rig.time, {.function = abort_task, .task = task});
  ASSERT_TRUE(abort);
  rig.deliver(wire::ScsiResponse::build(
      rig.numbered(wire::ScsiResponse::Fields{.status = wire::ScsiStatus::busy, .itt = asked.itt})));
  const auto* answer = rig.result_of<ManagementCompletion>(*abort);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->response, wire::TaskManagementResponseCode::task_does_not_exist);
  EXPECT_NE(rig.result_of<ScsiCompletion>(task), nullptr);
  rig.pump();
  EXPECT_FALSE(rig.has_sent());
}

TEST_F(Rfc7143_11_5_InitiatorFunction, HasRoomWhenCommandsHaveNone) {
  InitiatorRig crowded(profile(), {}, {.tasks = 12, .reserved_tasks = 8});
  crowded.log_in();
  while (crowded.session.submit(crowded.time, {.cdb = kCdb})) crowded.pump();
  EXPECT_EQ(crowded.session.active_tasks(), 4U);
  EXPECT_TRUE(crowded.session.manage(crowded.time, {.function = logical_unit_reset}));
  // And some is left for the engine.
  while (crowded.session.manage(crowded.time, {.function = logical_unit_reset})) crowded.pump();
  EXPECT_EQ(crowded.session.active_tasks(), 8U);
}

// ---------------------------------------------------------------------------------------------------- an own abort

using Rfc7143_11_6_InitiatorAbort = ManagementLadder;

TEST_F(Rfc7143_11_6_InitiatorAbort, IsAnsweredApartFromItsTask) {
  log_in("ResponseFence");
  const TaskId task = read(512);
  command();
  const TaskId abort = manage(abort_task, task);
  answer(Response::task_does_not_exist);
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
  EXPECT_EQ(response_to(abort), Response::task_does_not_exist);
  EXPECT_EQ(rig.done.front().task, task) << "the task ends first";
}

TEST_F(Rfc7143_11_6_InitiatorAbort, ThatIsRefusedLeavesTheTaskAlone) {
  log_in("ResponseFence");
  const TaskId task = read(512);
  const wire::Itt itt = command();
  const TaskId abort = manage(abort_task, task);
  answer(Response::function_not_supported);
  EXPECT_EQ(response_to(abort), Response::function_not_supported);
  EXPECT_TRUE(rig.session.active_tasks() == 1);
  data_in(itt, 0, 0, 512, true);
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7143_11_6_InitiatorAbort, MayBeAskedForTwice) {
  log_in("ResponseFence");
  const TaskId task = read(512);
  command();
  const TaskId first = manage(abort_task, task);
  const auto first_request = request;
  const TaskId second = manage(abort_task, task);
  answer(Response::function_rejected);
  EXPECT_EQ(response_to(second), Response::function_rejected);
  request = first_request;
  answer();
  EXPECT_EQ(response_to(first), Response::function_complete);
  EXPECT_EQ(rig.fault_of(task), TaskFault::aborted);
}

// --------------------------------------------------------------------------------------------------------- queries

using Rfc7144_6_3_InitiatorQuery = ManagementLadder;

//= ledger R7144-6.3-02 R7144-6.4.2-01
TEST_F(Rfc7144_6_3_InitiatorQuery, TakesFunctionSucceededAndWhatComesWithIt) {
  log_in("RFC3720");
  const TaskId task = read(512);
  const wire::Itt itt = command();
  for (const auto function : {query_task, query_task_set, query_asynchronous_event}) {
    const TaskId query = manage(function, task);
    answer(Response::function_succeeded, 0x262900);
    const auto* completion = rig.result_of<ManagementCompletion>(query);
    ASSERT_NE(completion, nullptr);
    EXPECT_EQ(completion->response, Response::function_succeeded);
    EXPECT_EQ(completion->additional_information, 0x262900U);
  }
  // A query ends nothing, whatever is answered.
  manage(query_task_set);
  answer(Response::function_complete);
  EXPECT_FALSE(rig.fault_of(task));
  data_in(itt, 0, 0, 512, true);
  EXPECT_NE(completion(task), nullptr);
}

TEST_F(Rfc7144_6_3_InitiatorQuery, OfATaskThatEndsMeanwhileStillNamesIt) {
  log_in("RFC3720");
  const TaskId task = read(512);
  const auto asked = sent<wire::ScsiCommand>();
  const auto query = rig.session.manage(rig.time, {.function = query_task, .task = task});
  // T -> I: the status, before the query has left
  data_in(asked.itt, 0, 0, 512, true);
  request = sent<wire::TaskManagementRequest>();
  EXPECT_EQ(request.referenced_task_tag, asked.itt);
  EXPECT_EQ(request.ref_cmd_sn, asked.cmd_sn);
  answer();
  EXPECT_EQ(response_to(*query), Response::function_complete);
}

//= ledger R7144-4.1-01 R7144-6.3-01 R7144-7.1.1-01
TEST(Rfc7144_4_1_InitiatorFeatures, NeedLevelTwo) {
  for (const char* answer : {"NotUnderstood", "0", "1", "2"}) {
    InitiatorRig rig(ManagementLadder::profile());
    rig.log_in(std::string("iSCSIProtocolLevel=") + answer);
    const bool may = std::string_view(answer) == "2";
    std::array<std::byte, 512> place{};
    const auto task = rig.session.submit(rig.time, {.cdb = kCdb, .data_in = place, .priority = 5});
    rig.pump();
    //= rfc7144#5.1.1
    EXPECT_EQ(rig.next_sent().as<wire::ScsiCommand>().priority, may ? 5 : 0);
    for (const auto function : {query_task, query_task_set, i_t_nexus_reset, query_asynchronous_event}) {
      const auto asked = rig.session.manage(rig.time, {.function = function, .task = *task});
      EXPECT_EQ(asked.has_value(), may);
      EXPECT_TRUE(asked || asked.error() == SubmitError::not_agreed);
      rig.pump();
      EXPECT_EQ(rig.has_sent(), may);
      rig.sent.clear();
    }
  }
}

//= ledger R7144-5.1.1-01
TEST(Rfc7144_5_1_1_InitiatorPriority, IsSaidAtLevelTwoOnly) {
  for (const auto& [answer, said] : {std::pair("1", 0), std::pair("2", 15)}) {
    InitiatorRig rig(ManagementLadder::profile());
    rig.log_in(std::string("iSCSIProtocolLevel=") + answer);
    ASSERT_TRUE(rig.session.submit(rig.time, {.cdb = kCdb, .priority = 15}));
    rig.pump();
    EXPECT_EQ(rig.next_sent().as<wire::ScsiCommand>().priority, said);
  }
}

//= ledger R7144-5.2.1-02
TEST(Rfc7144_5_2_1_InitiatorStatusQualifier, IsIgnoredBelowLevelTwo) {
  for (const auto& [answer, told] : {std::pair("0", 0), std::pair("1", 0), std::pair("2", 0x1234)}) {
    InitiatorRig rig(ManagementLadder::profile());
    rig.log_in(std::string("iSCSIProtocolLevel=") + answer);
    const auto task = rig.session.submit(rig.time, {.cdb = kCdb});
    rig.pump();
    rig.deliver(wire::ScsiResponse::build(rig.numbered(wire::ScsiResponse::Fields{
        .status = wire::ScsiStatus::busy, .status_qualifier = 0x1234, .itt = rig.next_sent().itt()})));
    const auto* completion = rig.result_of<ScsiCompletion>(*task);
    ASSERT_NE(completion, nullptr);
    EXPECT_EQ(completion->status_qualifier, told);
  }
}

// ------------------------------------------------------------------------------------------------- the standard way

using Rfc7143_4_2_3_3_InitiatorStandardAbort = ManagementLadder;

using Way = std::tuple<wire::TaskManagementFunction, const char*>;

class Rfc7143_4_2_3_3_InitiatorMultiTaskAbort : public ManagementLadder, public ::testing::WithParamInterface<Way> {};

//= ledger R7143-4.2.3.3-01 R7143-4.2.3.3-02 R7143-4.2.3.3-04 R7143-4.2.3.3-05 R7143-11.5.1-05
TEST_P(Rfc7143_4_2_3_3_InitiatorMultiTaskAbort, R2tsAreAnsweredUntilTheFunctionIs) {
  const auto& [function, reporting] = GetParam();
  log_in(reporting);
  const TaskId task = write(2048);
  const wire::Itt itt = command();
  const TaskId abort = manage(function);
  // T -> I, I -> T: the Target Transfer Tag is responded to in full, and the next one too
  r2t(itt, 0, 0, 1024);
  expect_data_out(0x500, 0, 0, 1024, true);
  r2t(itt, 1, 1024, 1024);
  expect_data_out(0x501, 0, 1024, 1024, true);
  EXPECT_FALSE(failure(task));
  answer();
  ASSERT_NE(failure(task), nullptr);
  EXPECT_EQ(failure(task)->fault, TaskFault::aborted);
  EXPECT_EQ(failure(task)->function, function);
  EXPECT_EQ(response_to(abort), Response::function_complete);
}

//= ledger R7143-4.2.3.3-03 R7143-11.5.1-03
TEST_P(Rfc7143_4_2_3_3_InitiatorMultiTaskAbort, ResponsesBeforeTheFunctionsCount) {
  const auto& [function, reporting] = GetParam();
  log_in(reporting);
  const TaskId reads = read(512);
  const wire::Itt itt = command();
  const TaskId writes = write(512);
  const wire::Itt write_itt = command();
  manage(function);
  data_in(itt, 0, 0, 512, true);
  ASSERT_NE(completion(reads), nullptr);
  EXPECT_EQ(completion(reads)->bytes_in, 512U);
  rig.sent.clear();
  respond(write_itt, {.status = wire::ScsiStatus::task_aborted});
  ASSERT_NE(completion(writes), nullptr);
  EXPECT_EQ(completion(writes)->status, wire::ScsiStatus::task_aborted);
  answer();
  EXPECT_EQ(rig.done.size(), 3U) << "each task ends once";
}

TEST_P(Rfc7143_4_2_3_3_InitiatorMultiTaskAbort, ResponsesAfterTheFunctionsAreDiscarded) {
  const auto& [function, reporting] = GetParam();
  log_in(reporting);
  const TaskId task = read(512);
  const wire::Itt itt = command();
  const TaskId writes = write(512);
  const wire::Itt write_itt = command();
  manage(function);
  answer();
  ASSERT_NE(failure(task), nullptr);
  const std::size_t ended = rig.done.size();
  // T -> I: data, an R2T, a status with data, and two responses, all too late
  rig.sent.clear();
  std::ranges::fill(buffer, std::byte{0xee});
  data_in(itt, 0, 0, 256, false, false);
  r2t(write_itt, 0, 0, 512);
  data_in(itt, 1, 256, 256, true);
  respond(write_itt);
  respond(itt, {.status = wire::ScsiStatus::task_aborted});
  EXPECT_EQ(rig.closed(), nullptr) << rig.closed()->detail;
  EXPECT_EQ(rig.done.size(), ended);
  EXPECT_TRUE(std::ranges::all_of(buffer, [](std::byte byte) { return byte == std::byte{0xee}; }));
  EXPECT_FALSE(rig.has_sent());
  // Their numbers count: the next command is served.
  const TaskId next = submit({}, {});
  respond(command());
  EXPECT_NE(completion(next), nullptr);
  EXPECT_NE(failure(writes), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Functions, Rfc7143_4_2_3_3_InitiatorMultiTaskAbort,
                         ::testing::Combine(::testing::Values(abort_task_set, clear_task_set, logical_unit_reset,
                                                              target_warm_reset, target_cold_reset, i_t_nexus_reset),
                                            ::testing::Values("RFC3720", "ResponseFence")));
using Rfc7143_4_2_3_3_InitiatorAffectedTasks = ManagementLadder;

TEST_F(Rfc7143_4_2_3_3_InitiatorAffectedTasks, AreThoseOfTheUnitAndOfEarlierCommands) {
  log_in("RFC3720");
  const TaskId covered = submit({}, {});
  const auto elsewhere = rig.session.submit(rig.time, {.lun = wire::Lun::from_flat(4), .cdb = kCdb});
  rig.pump();
  rig.sent.clear();
  manage(logical_unit_reset);
  const TaskId later = submit({}, {});
  command();
  answer();
  EXPECT_EQ(rig.fault_of(covered), TaskFault::aborted);
  EXPECT_FALSE(rig.fault_of(*elsewhere));
  EXPECT_FALSE(rig.fault_of(later));
  manage(target_warm_reset);
  answer();
  EXPECT_EQ(rig.fault_of(*elsewhere), TaskFault::aborted);
  EXPECT_EQ(rig.fault_of(later), TaskFault::aborted);
}

//= ledger R7143-4.2.3.3-06
TEST_F(Rfc7143_4_2_3_3_InitiatorAffectedTasks, AreConcludedByTheFirstFunctionThatIsAnswered) {
  log_in("RFC3720");
  const TaskId task = submit({}, {});
  command();
  const TaskId abort = manage(abort_task_set);
  const auto abort_request = request;
  manage(logical_unit_reset);
  answer();
  ASSERT_NE(failure(task), nullptr);
  EXPECT_EQ(failure(task)->function, logical_unit_reset);
  // Commands in the same slots; then the response to the first function, which means nothing to them.
  rig.sent.clear();
  submit({}, {});
  command();
  const TaskId next = submit({}, {});
  EXPECT_EQ(next.slot(), task.slot());
  request = abort_request;
  answer();
  EXPECT_EQ(response_to(abort), Response::function_complete);
  EXPECT_FALSE(failure(next));
  respond(command());
  EXPECT_NE(completion(next), nullptr);
}

TEST_F(Rfc7143_4_2_3_3_InitiatorAffectedTasks, GoOnWhenTheFunctionIsRefused) {
  for (const auto response :
       {wire::TaskManagementResponseCode::function_rejected, wire::TaskManagementResponseCode::function_not_supported,
        wire::TaskManagementResponseCode::lun_does_not_exist, wire::TaskManagementResponseCode::authorization_failed}) {
    if (rig.session.active_tasks() == 0 && rig.done.empty()) log_in("RFC3720");
    const TaskId task = submit({}, {});
    const wire::Itt itt = command();
    const TaskId reset = manage(logical_unit_reset);
    answer(response);
    EXPECT_EQ(response_to(reset), response);
    EXPECT_FALSE(failure(task));
    respond(itt);
    EXPECT_NE(completion(task), nullptr);
  }
}

// ------------------------------------------------------------------------------------------------------ bad answers

using HostileManagement = ManagementLadder;

TEST_F(HostileManagement, AnAnswerThatNobodyAskedForEndsTheConnection) {
  log_in("RFC3720");
  request.itt = wire::Itt(0x4711);
  answer();
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
  EXPECT_THAT(rig.closed()->detail, HasSubstr("no task"));
}

TEST_F(HostileManagement, ASecondAnswerEndsTheConnection) {
  log_in("RFC3720");
  const TaskId reset = manage(logical_unit_reset);
  answer();
  EXPECT_EQ(response_to(reset), Response::function_complete);
  answer();
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

TEST_F(HostileManagement, AnAnswerToACommandEndsTheConnection) {
  log_in("RFC3720");
  submit({}, {});
  request.itt = command();
  answer();
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_THAT(rig.closed()->detail, HasSubstr("11.6"));
}

TEST_F(HostileManagement, AnUnassignedResponseEndsTheConnection) {
  log_in("RFC3720");
  manage(query_task_set);
  answer(static_cast<Response>(8));
  ASSERT_NE(rig.closed(), nullptr);
  EXPECT_EQ(rig.closed()->reason, InitiatorCloseReason::protocol_error);
}

TEST_F(HostileManagement, ARejectOfAFunctionIsItsEnd) {
  log_in("FastAbort");
  const TaskId task = write(512);
  const wire::Itt itt = command();
  const TaskId reset = manage(logical_unit_reset);
  wire::Reject::Fields reject{.reason = wire::RejectReason::command_not_supported};
  rig.deliver(wire::Reject::build(rig.numbered(reject)), Bytes(last.header));
  EXPECT_EQ(rig.fault_of(reset), TaskFault::rejected);
  // Its data was held for the function only.
  r2t(itt, 0, 0, 512);
  expect_data_out(0x500, 0, 0, 512, true);
  EXPECT_FALSE(failure(task));
}

TEST_F(HostileManagement, LatePdusWithoutEndChangeNothing) {
  log_in("RFC3720");
  read(512);
  const wire::Itt itt = command();
  manage(logical_unit_reset);
  answer();
  for (int i = 0; i < 2000; ++i) {
    respond(itt);
    data_in(itt, static_cast<std::uint32_t>(i), 0, 512, i % 2 == 0);
  }
  EXPECT_EQ(rig.closed(), nullptr);
  EXPECT_EQ(rig.done.size(), 2U);
}

TEST_F(HostileManagement, OnlySoManyTagsAreRemembered) {
  InitiatorRig small(profile(), {}, {.tasks = 4, .reserved_tasks = 2});
  small.log_in("ImmediateData=No");
  std::vector<wire::Itt> tags;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(small.session.submit(small.time, {.cdb = kCdb}));
    small.pump();
    tags.push_back(small.next_sent().itt());
    ASSERT_TRUE(small.session.manage(small.time, {.function = logical_unit_reset}));
    small.pump();
    small.deliver(wire::TaskManagementResponse::build(
        small.numbered(wire::TaskManagementResponse::Fields{.itt = small.next_sent().itt()})));
  }
  small.deliver(wire::ScsiResponse::build(small.numbered(wire::ScsiResponse::Fields{.itt = tags.at(1)})));
  EXPECT_EQ(small.closed(), nullptr);
  small.deliver(wire::ScsiResponse::build(small.numbered(wire::ScsiResponse::Fields{.itt = tags.at(0)})));
  EXPECT_NE(small.closed(), nullptr);
}

}  // namespace
}  // namespace lunway::session
