// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What stands behind the public Session.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "initiator/client.h"
#include "initiator/commander.h"
#include "initiator/errors.h"
#include "initiator/job.h"
#include "initiator/unit.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

class Session::Core {
 public:
  explicit Core(std::unique_ptr<Client> made) : client(std::move(made)), commander(*client), unit(commander) {}

  /// Turns until `slot` holds a result: every callback runs in the end, whatever the target does. Those of others that
  /// are due by then make the descriptor readable.
  template <class T>
  Result<T> wait_for(std::optional<Result<T>>& slot) {
    while (!slot) client->turn(kNever);
    client->flush();
    return std::move(*slot);
  }

  /// A callback that fills `slot`.
  template <class T>
  static auto filling(std::optional<Result<T>>& slot) {
    return [&slot](Result<T> result) { slot = std::move(result); };
  }

  /// Starts a job when the facts of the unit are known.
  template <class Made, class... Args>
  TaskId start(Done done, Args&&... args) {
    const TaskId id = kFirstJob | ++last_job;
    // The callback runs in a later turn, when the job has nothing on the stack any more.
    auto ended = [this, id, wrapped = std::move(done)](Result<> result) mutable {
      client->defer([this, id, own = std::move(wrapped), outcome = std::move(result)]() mutable {
        jobs.erase(id);
        const bool aborted = !outcome && outcome.error().kind == ErrorKind::aborted;
        own(std::move(outcome));
        if (auto waiting = job_aborts.extract(id))
          waiting.mapped()(aborted ? AbortOutcome::aborted : AbortOutcome::ended_first);
      });
    };
    Job& job = *jobs.emplace(id, std::make_unique<Made>(commander, std::forward<Args>(args)..., std::move(ended)))
                    .first->second;
    unit.ask([&job](const Result<UnitFacts>& facts) { job.start(facts); });
    return id;
  }

  /// Aborts what is several commands; `done` runs after the job's own callback.
  Result<> abort_job(TaskId id, AbortDone done) {
    if (!job_aborts.emplace(id, std::move(done)).second) return std::unexpected(being_aborted());
    jobs.at(id)->abort();
    return {};
  }

  /// Jobs and commands are named from two halves of the numbers.
  static constexpr TaskId kFirstJob = TaskId{1} << 63;

  std::unique_ptr<Client> client;
  Commander commander;
  Unit unit;
  std::map<TaskId, std::unique_ptr<Job>> jobs;
  std::map<TaskId, AbortDone> job_aborts;
  TaskId last_job = 0;
};

}  // namespace lunway::initiator
