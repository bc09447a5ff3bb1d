// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Responses that must keep their place.
//= rfc7143#4.2.2.3

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "session/testing/acknowledged_connections.h"

namespace lunway::session::testing {
namespace {

using Done = wire::TaskManagementResponse::Fields;
using Function = wire::TaskManagementFunction;
using Response = wire::ScsiResponse::Fields;

constexpr wire::Itt kFunctionTag{900};

wire::Header function_header(Function function, std::uint32_t cmd_sn) {
  wire::TaskManagementRequest::Fields fields;
  fields.function = function;
  fields.itt = kFunctionTag;
  fields.cmd_sn = wire::CmdSN(cmd_sn);
  return wire::TaskManagementRequest::build(fields);
}

auto status_of(std::uint32_t itt) { return Is<wire::ScsiResponse>(With(&Response::itt, wire::Itt(itt))); }
auto question() {
  return Is<wire::NopIn>(With(&wire::NopIn::Fields::itt, wire::kNoItt),
                         With(&wire::NopIn::Fields::ttt, ::testing::Ne(wire::kNoTtt)));
}
auto function_done() { return Is<wire::TaskManagementResponse>(With(&Done::itt, kFunctionTag)); }

//= ledger R7143-4.2.2.3.2-01 R7143-4.2.2.3.2-02 R7143-4.2.2.3.2-03
TEST(Rfc7143_4_2_2_3_2_TargetResponseFence, KeepsTheOrderOfTheDevice) {
  TargetRig rig;
  log_in(rig);
  const auto data = pattern(4096);
  const std::array pieces{Bytes(data)};
  std::array<TaskId, 4> tasks;
  for (std::uint32_t i = 0; i < tasks.size(); ++i) {
    auto fields = read_fields(i, 100 + i, 4096);
    if (i == 3) fields.lun = wire::Lun::from_flat(5);
    rig.send(wire::ScsiCommand::build(fields));
    tasks[i] = rig.take<Submit>()->task;
  }
  rig.session->complete(tasks[0], {.data_in = pieces, .data_in_length = 4096});
  rig.session->complete(tasks[1], {.status = wire::ScsiStatus::busy, .fenced = true});
  rig.session->complete(tasks[2], {.status = wire::ScsiStatus::busy});
  rig.session->complete(tasks[3], {.status = wire::ScsiStatus::busy});
  rig.drain();
  EXPECT_THAT(rig.receive(), status_of(3)) << "another logical unit knows nothing of the fence";
  // Without the fence a short status is sent before the data of a read that is longer due.
  EXPECT_THAT(rig.receive(), Is<wire::DataIn>(With(&wire::DataIn::Fields::has_status, true)));
  EXPECT_THAT(rig.receive(), status_of(1));
  EXPECT_THAT(rig.receive(), status_of(2));
}

//= ledger R7143-4.2.2.3.3-01 R7143-4.2.2.3.3-03 R7143-4.2.2.3.4-02 R7143-4.2.2.3.4-01 R7143-13.23-03
TEST(Rfc7143_4_2_2_3_3_TargetResponseFence, WaitsForAcknowledgementsOnAllConnections) {
  AcknowledgedConnections session("TaskReporting=ResponseFence,RFC3720");
  const TaskId before = session.submit(session.second, command_fields(1, 100));
  const TaskId attention = session.submit(session.first, command_fields(2, 101));
  session.complete(before);
  EXPECT_THAT(session.receive(session.second), status_of(1));
  session.complete(attention, {.status = wire::ScsiStatus::busy, .fenced = true});
  EXPECT_FALSE(session.receive(session.first)) << "1 may not have arrived";
  EXPECT_THAT(session.receive(session.second), question());
  EXPECT_FALSE(session.receive(session.second)) << "it is asked once";
  session.confirm(session.second);
  EXPECT_THAT(session.receive(session.first), status_of(2));
}

//= ledger R7143-4.2.2.3.3-04 R7143-4.2.2.3.3-05 R7143-4.2.2.3.3-02
TEST(Rfc7143_4_2_2_3_3_TargetResponseFence, HoldsLaterResponsesUntilItIsAcknowledged) {
  AcknowledgedConnections session("TaskReporting=FastAbort,ResponseFence,RFC3720");
  const TaskId attention = session.submit(session.first, command_fields(1, 100));
  const TaskId after = session.submit(session.second, command_fields(2, 101));
  auto elsewhere = command_fields(3, 102);
  elsewhere.lun = wire::Lun::from_flat(5);
  const TaskId other = session.submit(session.second, elsewhere);
  session.complete(attention, {.status = wire::ScsiStatus::busy, .fenced = true});
  session.complete(after);
  session.complete(other);
  EXPECT_THAT(session.receive(session.second), status_of(3)) << "of another logical unit";
  EXPECT_FALSE(session.receive(session.second));
  EXPECT_THAT(session.receive(session.first), status_of(1));
  EXPECT_THAT(session.receive(session.first), question());
  EXPECT_FALSE(session.receive(session.second)) << "sent is not arrived";
  session.confirm(session.first);
  EXPECT_THAT(session.receive(session.second), status_of(2));
}

//= ledger R7143-4.2.3.3-12 R7143-4.2.3.3-14 R7143-11.6.1-02 R7143-4.2.3.4-15 R7143-4.2.3.4-18
TEST(Rfc7143_4_2_3_3_TargetFencedFunction, WaitsForAcknowledgementsOnAllConnections) {
  for (const std::string_view key : {"TaskReporting=RFC3720,ResponseFence", "TaskReporting=FastAbort,ResponseFence"}) {
    AcknowledgedConnections session(key);
    session.complete(session.submit(session.second, command_fields(1, 100)));
    EXPECT_THAT(session.receive(session.second), status_of(1));
    EXPECT_TRUE(session.first.take<Release>());
    session.send(session.first, function_header(Function::clear_task_set, 101));
    const auto device = session.first.take<SubmitTaskManagement>();
    ASSERT_TRUE(device);
    session.first.session->complete_task_management(device->task, wire::TaskManagementResponseCode::function_complete);
    session.first.drain();
    EXPECT_FALSE(session.receive(session.first)) << key;
    EXPECT_THAT(session.receive(session.second), question());
    session.confirm(session.second);
    EXPECT_THAT(session.receive(session.first), function_done()) << key;
  }
}

// The acknowledgement comes on one connection, the answer goes out on the other, whose peer reads no more.
TEST(Rfc7143_4_2_3_3_TargetFencedFunction, EndsTheSessionInTimeAlsoWhenNobodyReadsItsAnswer) {
  AcknowledgedConnections session("TaskReporting=ResponseFence,RFC3720");
  session.complete(session.submit(session.second, command_fields(1, 100)));
  EXPECT_THAT(session.receive(session.second), status_of(1));
  EXPECT_TRUE(session.first.take<Release>());
  session.send(session.first, function_header(Function::target_cold_reset, 101));
  const auto device = session.first.take<SubmitTaskManagement>();
  ASSERT_TRUE(device);
  session.first.session->complete_task_management(device->task, wire::TaskManagementResponseCode::function_complete);
  session.first.drain();
  EXPECT_THAT(session.receive(session.second), question());
  session.confirm(session.second);
  EXPECT_FALSE(session.first.closed) << "the answer is on its way";
  ASSERT_NE(session.first.connection->deadline(), kNever);
  session.first.now = session.first.connection->deadline();
  session.first.connection->expire(session.first.now);
  session.first.drain();
  EXPECT_TRUE(session.first.closed);
}

TEST(Rfc7143_4_2_2_3_3_TargetResponseFence, ALostConnectionOpensIt) {
  AcknowledgedConnections session("TaskReporting=ResponseFence,RFC3720");
  session.complete(session.submit(session.second, command_fields(1, 100)));
  EXPECT_TRUE(session.receive(session.second));
  EXPECT_TRUE(session.first.take<Release>());
  const TaskId attention = session.submit(session.first, command_fields(2, 101));
  session.complete(attention, {.status = wire::ScsiStatus::busy, .fenced = true});
  EXPECT_FALSE(session.receive(session.first));
  session.second.destroy_connection();
  session.confirm(session.first);
  EXPECT_THAT(session.receive(session.first), status_of(2));
}

}  // namespace
}  // namespace lunway::session::testing
