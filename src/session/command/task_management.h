// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management functions, from the request to the response. A function that ends many tasks goes through stages: the
// commands it covers have all come, the initiator has ended its data sequences for them or need not, the owner has
// stopped them, the device has done its part, and nothing that the device answered before is still on its way.
//= rfc7143#4.2.3.3
//= rfc7143#4.2.3.4
//= rfc7143#11.5

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/instant.h"
#include "session/command/management_function.h"
#include "wire/numbers.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::session {

class TargetConnectionCore;
class TargetSessionCore;
struct TargetTask;

class TaskManagement {
 public:
  TaskManagement(TargetSessionCore& session, std::uint32_t most);

  /// False when too many functions are under way. One of each connection is none too many.
  //= rfc7143#4.2.2.1
  bool has_room(const TargetConnectionCore& connection) const;

  /// A delivered request; has_room() for it. TargetSessionCore::run_turns() follows, and moves it on.
  void begin(TargetConnectionCore& connection, const wire::TaskManagementRequest& request);

  /// Tasks have moved on, or time has passed.
  void advance(Instant now);

  /// The device has done its part.
  void device_done(TargetTask& management, wire::TaskManagementResponseCode response, std::uint32_t information);

  /// The connection that wants the answers is going.
  void forget(wire::Cid cid);

  Instant deadline() const;
  bool idle() const { return running_.empty(); }

 private:
  using Code = wire::TaskManagementResponseCode;

  enum class Stage : std::uint8_t { ordering, transfers, aborting, device, answering };

  struct Function {
    TargetTask* task;
    const ManagementFunction* about;
    /// Its bit in TargetTask::aborted_for.
    std::size_t mark = 0;
    Stage stage = Stage::ordering;
    Instant deadline = kNever;
    Code response = Code::function_rejected;
    std::uint32_t information = 0;

    bool ends_session() const { return about->ends_session && response == Code::function_complete; }
  };

  void abort_task(TargetConnectionCore& connection, const wire::TaskManagementRequest& request);
  void query_task(TargetConnectionCore& connection, const wire::TaskManagementRequest& request);
  Code outcome_without_task(const wire::TaskManagementRequest& request);
  Code refusal_to_reassign(const wire::TaskManagementRequest& request) const;
  bool may_name(const TargetConnectionCore& connection, const TargetTask& task) const;
  Function& start(TargetConnectionCore& connection, const wire::TaskManagementRequest& request, Stage stage);
  bool step(Instant now, Function& function);
  bool is_ordered(const TargetTask& management) const;
  void mark_affected(const Function& function);
  void announce(const Function& function);
  bool transfers_are_quiet(const Function& function) const;
  void abort_marked(const Function& function);
  bool marked_are_gone(const Function& function) const;
  void ask_device(Function& function);
  void settle(Function& function, Code response, std::uint32_t information = 0);
  void answer(const Function& function);
  void end(TargetTask& management);
  void end_unheard(const Function& function);
  static void refuse(TargetConnectionCore& connection, wire::Itt itt, Code response);

  TargetSessionCore& session_;
  std::uint32_t most_;
  std::vector<Function> running_;
};

}  // namespace lunway::session
