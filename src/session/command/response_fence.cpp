// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/response_fence.h"

#include <algorithm>
#include <utility>

#include "session/command/target_session_core.h"
#include "session/connection/target_connection_core.h"

namespace lunway::session {
namespace {

bool shares_unit(const TargetTask& one, const TargetTask& other) {
  return one.concerns_all_units || other.concerns_all_units || wire::names_same_unit(one.lun(), other.lun());
}

}  // namespace

void ResponseFence::given(TargetTask& task, bool fenced) {
  task.response_order = ++last_order_;
  task.fenced = fenced;
  if (fenced) ++fences_;
}

bool ResponseFence::lets_pass(const TargetTask& task) {
  if (!is_closed()) return true;
  const bool passes = !is_behind(task) && (!task.fenced || is_acknowledged(task));
  if (!passes) holds_back_ = true;
  return passes;
}

/// A response that was given earlier, and one of the two has a fence.
bool ResponseFence::is_behind(const TargetTask& task) const {
  // One fence after the other, those of other logical units too.
  if (sent_ && task.fenced) return true;
  if (sent_ && sent_->order < task.response_order) {
    if (task.concerns_all_units || sent_->all_units || wire::names_same_unit(sent_->lun, task.lun())) return true;
  }
  return std::ranges::any_of(session_.tasks().slots(), [&](const TargetTask& other) {
    return other.response_order != 0 && other.response_order < task.response_order && (other.fenced || task.fenced) &&
           shares_unit(other, task);
  });
}

/// All that came before the fence has been made; on several connections it must also have arrived.
bool ResponseFence::is_acknowledged(const TargetTask& task) {
  if (!spans_connections()) return true;
  if (marked_for_ == 0) {
    marked_for_ = task.response_order;
    for (TargetConnectionCore* connection : session_.members().connections()) {
      const wire::StatSN until = connection->transmitter().stat_sn();
      if (!connection->acknowledged().precedes(until)) continue;
      marks_.push_back({connection, until});
      connection->ask_for_acknowledgement();
    }
  }
  if (marked_for_ != task.response_order) return false;
  std::erase_if(marks_, [](const Mark& mark) { return !mark.connection->acknowledged().precedes(mark.until); });
  return marks_.empty();
}

std::optional<wire::StatSN>* ResponseFence::made(TargetTask& task) {
  const std::uint64_t order = task.response_order;
  const bool was_fenced = task.fenced;
  withdraw(task);
  if (!was_fenced || !spans_connections()) return nullptr;
  sent_ = {.order = order,
           .lun = task.lun(),
           .all_units = task.concerns_all_units,
           .connection = task.connection,
           .number = std::nullopt};
  return &sent_->number;
}

void ResponseFence::withdraw(TargetTask& task) {
  if (task.fenced) {
    --fences_;
    if (marked_for_ == task.response_order) {
      marked_for_ = 0;
      marks_.clear();
    }
  }
  task.response_order = 0;
  task.fenced = false;
}

bool ResponseFence::advance() {
  if (sent_ && sent_->number) {
    if (sent_->number->precedes(sent_->connection->acknowledged())) {
      sent_.reset();
    } else if (!std::exchange(sent_->asked, true)) {
      sent_->connection->ask_for_acknowledgement();
    }
  }
  return std::exchange(holds_back_, false);
}

void ResponseFence::forget(const TargetConnectionCore& connection) {
  std::erase_if(marks_, [&](const Mark& mark) { return mark.connection == &connection; });
  if (sent_ && sent_->connection == &connection) sent_.reset();
}

bool ResponseFence::spans_connections() const { return session_.members().connections().size() > 1; }

bool ResponseFence::is_consistent() const {
  const auto waiting = std::ranges::count_if(session_.tasks().slots(), &TargetTask::fenced);
  return static_cast<std::uint32_t>(waiting) == fences_ && (marked_for_ != 0 || marks_.empty());
}

}  // namespace lunway::session
