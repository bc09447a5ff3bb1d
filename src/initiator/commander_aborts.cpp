// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands that are to end, or are asked after, while the target may have them.
//= rfc7143#11.5

#include <cerrno>
#include <utility>
#include <variant>

#include "initiator/commander.h"
#include "initiator/errors.h"
#include "initiator/management.h"

namespace lunway::initiator {

using Function = wire::TaskManagementFunction;

void Commander::abort(TaskId id) {
  const auto at = commands_.find(id);
  if (at == commands_.end()) return;
  at->second.aborted = true;
  if (at->second.task) return client_.abort(*at->second.task);
  std::erase(backlog_, id);
  std::erase_if(waiting_, [id](const auto& one) { return one.second == id; });
  client_.defer([this, id] { finish(id, std::unexpected(to_error(session::TaskFailure{}))); });
}

Result<> Commander::abort(TaskId id, AbortDone done) {
  if (aborting_.contains(id)) return std::unexpected(being_aborted());
  const auto tell = [this, &done](AbortOutcome outcome) {
    client_.defer([own = std::move(done), outcome]() mutable { own(outcome); });
  };
  const auto at = commands_.find(id);
  if (at == commands_.end()) {
    tell(AbortOutcome::ended_first);
    return {};
  }
  Pending& pending = at->second;
  if (pending.task) {
    const auto asked =
        client_.manage({.function = Function::abort_task, .task = *pending.task},
                       [this, id](session::TaskResult result) { abort_answered(id, std::move(result)); });
    if (asked) {
      pending.aborted = true;
      aborting_.emplace(id, Aborting{.done = std::move(done), .answer = {}});
      return {};
    }
    if (asked.error().code == ESRCH) {
      // It has ended, and its callback is on its way.
      pending.aborted = true;
      aborting_.emplace(id, Aborting{.done = std::move(done),
                                     .answer = session::ManagementCompletion{
                                         .response = wire::TaskManagementResponseCode::task_does_not_exist}});
      return {};
    }
    if (asked.error().code != EBUSY) return std::unexpected(asked.error());
  }
  // Its callback runs first.
  abort(id);
  tell(AbortOutcome::never_sent);
  return {};
}

void Commander::abort_answered(TaskId id, session::TaskResult result) {
  Aborting& aborting = aborting_.at(id);
  aborting.answer = std::move(result);
  const auto* answer = std::get_if<session::ManagementCompletion>(&*aborting.answer);
  const bool ends_it = answer != nullptr && abort_outcome(*aborting.answer, false, {}).has_value();
  const auto command = commands_.find(id);
  if (ends_it && command != commands_.end()) return;
  if (command != commands_.end()) command->second.aborted = false;
  tell_aborted(id);
}

void Commander::command_ended(TaskId id, bool answered) {
  const auto at = aborting_.find(id);
  if (at == aborting_.end()) return;
  at->second.ended_first = answered;
  if (at->second.answer) tell_aborted(id);
}

void Commander::tell_aborted(TaskId id) {
  auto aborting = aborting_.extract(id);
  Aborting& told = aborting.mapped();
  told.done(abort_outcome(*told.answer, told.ended_first, client_.failure()));
}

Result<> Commander::query(TaskId id, ManagementDone done) {
  if (client_.negotiated().protocol_level < 2) return std::unexpected(to_error(session::SubmitError::not_agreed));
  const auto at = commands_.find(id);
  if (at != commands_.end() && at->second.task) {
    // Shared with the callback, for the engine may not take it.
    const auto own = std::make_shared<ManagementDone>(std::move(done));
    const auto asked = client_.manage({.function = Function::query_task, .task = *at->second.task},
                                      [this, own](const session::TaskResult& result) {
                                        (*own)(management_result(Function::query_task, result, client_.failure()));
                                      });
    if (asked) return {};
    const bool is_unknown = asked.error().code == ESRCH || asked.error().code == EBUSY;
    if (!is_unknown) return std::unexpected(asked.error());
    done = std::move(*own);
  }
  client_.defer([own = std::move(done)]() mutable { own(ManagementResult{}); });
  return {};
}

}  // namespace lunway::initiator
