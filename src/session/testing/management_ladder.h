// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A fixture for task management: I is the engine, T is the test.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "session/testing/full_feature_ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/nop_out.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::session {

struct ManagementLadder : FullFeature {
  using Function = wire::TaskManagementFunction;
  using Response = wire::TaskManagementResponseCode;

  /// An initiator that offers all that RFC 7144 and FastAbort bring.
  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.number(text::KeyId::protocol_level) = {.preferred = 2, .worst = 0};
    profile.policy.task_reporting = {text::TaskReporting::fast_abort, text::TaskReporting::response_fence,
                                     text::TaskReporting::rfc3720};
    return profile;
  }
  explicit ManagementLadder(InitiatorProfile wanted = ManagementLadder::profile()) : FullFeature(std::move(wanted)) {}

  void log_in(const std::string& task_reporting, const std::string& more = "") {
    rig.log_in("TaskReporting=" + task_reporting + ";ImmediateData=No" + more);
  }

  /// I -> T: Task Management Function Request
  TaskId manage(Function function, TaskId referenced = {}) {
    const auto task =
        rig.session.manage(rig.time, {.function = function, .lun = wire::Lun::from_flat(3), .task = referenced});
    EXPECT_TRUE(task);
    rig.pump();
    request = sent<wire::TaskManagementRequest>();
    return task.value_or(TaskId{});
  }
  /// T -> I: Task Management Function Response to `request`
  void answer(Response response = Response::function_complete, std::uint32_t additional_information = 0) {
    rig.deliver(wire::TaskManagementResponse::build(rig.numbered(wire::TaskManagementResponse::Fields{
        .response = response, .additional_response_information = additional_information, .itt = request.itt})));
  }
  std::optional<Response> response_to(TaskId task) const {
    const auto* completion = rig.result_of<ManagementCompletion>(task);
    return completion == nullptr ? std::nullopt : std::optional(completion->response);
  }
  const TaskFailure* failure(TaskId task) const { return rig.result_of<TaskFailure>(task); }

  /// T -> I: Asynchronous Message, Task Termination
  void task_termination(wire::Lun lun = wire::Lun::from_flat(3)) {
    rig.deliver(wire::AsynchronousMessage::build(
        rig.numbered(wire::AsynchronousMessage::Fields{.event = wire::AsyncEvent::task_termination, .lun = lun})));
  }
  /// I -> T: SCSI Command
  wire::Itt command() { return sent<wire::ScsiCommand>().itt; }

  wire::TaskManagementRequest::Fields request;
};

}  // namespace lunway::session
