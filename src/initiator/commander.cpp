// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/commander.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <variant>

#include "initiator/errors.h"
#include "initiator/sense.h"
#include "wire/additional_header.h"

namespace lunway::initiator {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::seconds(1);

/// It has four bits.
//= rfc7144#5.1.1
constexpr std::uint8_t kLowestPriority = 15;

Duration pause_after(unsigned attempts) {
  return std::min(kLongestPause, kFirstPause * (1U << std::min(attempts, 10U)));
}

std::int64_t signed_residual(wire::Residual residual) {
  if (residual.is_underflow()) return residual.count;
  return residual.is_overflow() ? -std::int64_t{residual.count} : 0;
}

}  // namespace

Commander::Commander(Client& client)
    : client_(client), guard_(client), timer_(runtime::Timer::calling<&Commander::wake>(client.loop().timers(), this)) {
  client_.on_change([this](Client::Change change) { session_changed(change); });
  guard_.on_unit_attention([this](std::uint16_t lun, const Sense& sense) { noticed(lun, sense); });
}

Result<TaskId> Commander::submit(Command command, ScsiDone done) {
  if (client_.state() != SessionState::logged_in && !client_.is_recovering())
    return std::unexpected(client_.failure().value_or(to_error(session::SubmitError::not_possible)));
  if (commands_.size() >= Session::kMaxQueued) return std::unexpected(to_error(session::SubmitError::too_many_tasks));
  if (command.cdb.empty() || command.cdb.size() > wire::kMaxCdbSize)
    return std::unexpected(Error{ErrorKind::invalid_argument, EINVAL, "a CDB has 1 to 260 bytes"});
  if (command.priority > kLowestPriority)
    return std::unexpected(Error{ErrorKind::invalid_argument, EINVAL, "a command priority is 0 to 15"});
  const TaskId id = ++last_id_;
  guard_.learn(lun_of(command));
  commands_.emplace(id, Pending{.command = std::move(command), .done = std::move(done), .task = {}});
  if (!backlog_.empty() || !try_to_issue(id)) backlog_.push_back(id);
  return id;
}

bool Commander::try_to_issue(TaskId id) {
  if (client_.is_recovering()) return false;
  Pending& pending = commands_.at(id);
  const Command& command = pending.command;
  const auto timeout = command.timeout.count() != 0 ? command.timeout : client_.options().command_timeout;
  const auto task = client_.submit({.lun = wire::Lun::from_flat(lun_of(command)),
                                    .cdb = command.cdb,
                                    .data_out = command.data_out,
                                    .data_in = command.data_in,
                                    .attribute = static_cast<wire::TaskAttribute>(command.attribute),
                                    .priority = command.priority,
                                    .timeout = timeout},
                                   [this, id](session::TaskResult result) { ended(id, std::move(result)); });
  if (!task && task.error().kind == ErrorKind::resources) return false;
  if (task) {
    pending.task = *task;
  } else {
    // The session's own end says more than "closed".
    client_.defer([this, id, error = client_.failure().value_or(task.error())] { finish(id, std::unexpected(error)); });
  }
  return true;
}

/// As many as there is room for. After the end of the session all of them, for they are to be told.
void Commander::issue_backlog() {
  while (!backlog_.empty() && try_to_issue(backlog_.front())) backlog_.pop_front();
}

void Commander::ended(TaskId id, session::TaskResult result) {
  Pending& pending = commands_.at(id);
  pending.task.reset();
  const bool answered_by_target = std::holds_alternative<session::ScsiCompletion>(result);
  if (auto* completion = std::get_if<session::ScsiCompletion>(&result)) {
    answered(id, pending, std::move(*completion));
  } else if (const auto* failure = std::get_if<session::TaskFailure>(&result)) {
    if (failure->fault == session::TaskFault::connection_lost || recovers_from(pending, *failure))
      lost(id, pending, *failure);
    else
      finish(id, std::unexpected(to_error(*failure)));
  }
  command_ended(id, answered_by_target);
  issue_backlog();
}

void Commander::answered(TaskId id, Pending& pending, session::ScsiCompletion completion) {
  const bool reads = !pending.command.data_in.empty();
  const bool both = reads && !pending.command.data_out.empty();
  ScsiResult result{.status = static_cast<std::uint8_t>(completion.status),
                    .status_qualifier = completion.status_qualifier,
                    .bytes_in = completion.bytes_in,
                    .residual = signed_residual(both ? completion.read_residual : completion.residual),
                    .write_residual = both ? signed_residual(completion.residual) : 0};
  // "the Data Segment MAY contain sense data at any time, no matter what value is set in the Status field."
  //= rfc7144#5.2.2
  const bool failed = completion.status == wire::ScsiStatus::check_condition;
  if (failed || (client_.negotiated().protocol_level >= 2 && !completion.sense.empty()))
    result.sense = parse_sense(completion.sense);
  if (failed && result.sense && result.sense->key == kSenseKeyUnitAttention)
    noticed(lun_of(pending.command), *result.sense);

  if (failed && recovers_from(pending, result))
    return lost(id, pending, {.fault = session::TaskFault::connection_lost});
  const Advice advice = advise(result.status, result.sense);
  const bool again = pending.command.retry && !pending.aborted && pending.attempts < client_.options().retries;
  if (advice == Advice::report || !again) return finish(id, std::move(result));
  ++pending.attempts;
  if (advice == Advice::repeat_later) return wait(id, pending.attempts);
  if (!try_to_issue(id)) backlog_.push_front(id);
}

void Commander::finish(TaskId id, Result<ScsiResult> result) {
  const auto at = commands_.find(id);
  if (at == commands_.end()) return;
  ScsiDone done = std::move(at->second.done);
  commands_.erase(at);
  done(std::move(result));
}

void Commander::wait(TaskId id, unsigned attempts) {
  waiting_.emplace(client_.loop().now() + pause_after(attempts), id);
  arm();
}

void Commander::arm() { timer_.arm(waiting_.empty() ? kNever : waiting_.begin()->first); }

void Commander::wake(Instant at) {
  while (!waiting_.empty() && waiting_.begin()->first <= at) {
    const TaskId id = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    if (!try_to_issue(id)) backlog_.push_front(id);
  }
  arm();
}

}  // namespace lunway::initiator
