// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Of the public Session what acts on commands rather than being one: aborts, resets, queries.

#include <cerrno>
#include <utility>

#include "initiator/errors.h"
#include "initiator/management.h"
#include "initiator/session_core.h"

namespace lunway::initiator {

Result<> Session::submit_manage(TaskManagement function, std::optional<std::uint16_t> lun, ManagementDone done) {
  Client& client = *core_->client;
  const auto code = static_cast<wire::TaskManagementFunction>(function);
  // A cast can make it any, but what names a task has calls of its own.
  if (wire::has_referenced_task(code))
    return std::unexpected(Error{ErrorKind::invalid_argument, EINVAL, "a function that is for one command"});
  const auto task = client.manage({.function = code, .lun = wire::Lun::from_flat(lun.value_or(url().lun))},
                                  [&client, code, own = std::move(done)](const session::TaskResult& result) mutable {
                                    own(management_result(code, result, client.failure()));
                                  });
  client.flush();
  if (!task) return std::unexpected(client.failure().value_or(task.error()));
  return {};
}

Result<ManagementResult> Session::manage(TaskManagement function, std::optional<std::uint16_t> lun) {
  std::optional<Result<ManagementResult>> answer;
  if (auto begun = submit_manage(function, lun, Core::filling(answer)); !begun) return std::unexpected(begun.error());
  return core_->wait_for(answer);
}

Result<> Session::submit_query_task(TaskId task, ManagementDone done) {
  if (core_->jobs.contains(task))
    return std::unexpected(Error{ErrorKind::invalid_argument, EINVAL, "that is several commands, not one"});
  auto begun = core_->commander.query(task, std::move(done));
  core_->client->flush();
  return begun;
}

Result<ManagementResult> Session::query_task(TaskId task) {
  std::optional<Result<ManagementResult>> answer;
  if (auto begun = submit_query_task(task, Core::filling(answer)); !begun) return std::unexpected(begun.error());
  return core_->wait_for(answer);
}

void Session::abort(TaskId task) {
  if (const auto job = core_->jobs.find(task); job != core_->jobs.end())
    job->second->abort();
  else
    core_->commander.abort(task);
  core_->client->flush();
}

Result<> Session::submit_abort(TaskId task, AbortDone done) {
  Result<> begun;
  if (core_->jobs.contains(task))
    begun = core_->abort_job(task, std::move(done));
  else
    begun = core_->commander.abort(task, std::move(done));
  core_->client->flush();
  return begun;
}

Result<AbortOutcome> Session::abort_and_wait(TaskId task) {
  std::optional<Result<AbortOutcome>> outcome;
  if (auto begun = submit_abort(task, Core::filling(outcome)); !begun) return std::unexpected(begun.error());
  return core_->wait_for(outcome);
}

}  // namespace lunway::initiator
