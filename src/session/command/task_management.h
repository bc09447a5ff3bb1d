// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management functions, from the request to the response. A function that ends many tasks goes through stages: the
// commands it covers have all come, the initiator has ended its data sequences for them, the owner has stopped them,
// the device has done its part.
//= rfc7143#4.2.3.3
//= rfc7143#11.5

#pragma once

#include <cstdint>
#include <vector>

#include "base/instant.h"
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
  void device_done(TargetTask& management, wire::TaskManagementResponseCode response);

  /// The connection that wants the answers is going.
  void forget(wire::Cid cid);

  Instant deadline() const;
  bool idle() const { return running_.empty(); }

 private:
  enum class Stage : std::uint8_t { ordering, transfers, aborting, device };

  struct Function {
    TargetTask* task;
    Stage stage = Stage::ordering;
    Instant deadline = kNever;
  };

  wire::TaskManagementResponseCode begin_abort_task(TargetConnectionCore& connection,
                                                    const wire::TaskManagementRequest& request);
  void start(TargetConnectionCore& connection, const wire::TaskManagementRequest& request, Stage stage);
  bool step(Instant now, Function& function);
  bool is_ordered(const TargetTask& management) const;
  void mark_affected(const TargetTask& management);
  bool affects(const TargetTask& management, const TargetTask& task) const;
  bool transfers_are_quiet(const TargetTask& management) const;
  void abort_marked(const TargetTask& management);
  bool marked_are_gone(const TargetTask& management) const;
  void answer(TargetConnectionCore* connection, wire::Itt itt, wire::TaskManagementResponseCode response);
  void finish(TargetTask& management, wire::TaskManagementResponseCode response);

  TargetSessionCore& session_;
  std::uint32_t most_;
  std::vector<Function> running_;
};

}  // namespace lunway::session
