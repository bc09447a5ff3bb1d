// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Queues of tasks that allocate nothing: the links are in the tasks. A task is in at most one list for each link it
// has.

#pragma once

#include <cassert>

namespace lunway::session {

struct TargetTask;

struct TaskLink {
  TargetTask* previous = nullptr;
  TargetTask* next = nullptr;
  /// The list that the task is in; null when in none.
  const void* list = nullptr;
};

/// A first-in-first-out list over one of the links of TargetTask.
template <TaskLink TargetTask::* kLink>
class TaskList {
 public:
  TaskList() = default;
  TaskList(const TaskList&) = delete;
  TaskList& operator=(const TaskList&) = delete;

  bool empty() const { return front_ == nullptr; }
  TargetTask* front() const { return front_; }
  bool contains(const TargetTask& task) const { return link(task).list == this; }

  /// Puts the task at the end, unless it is in the list already.
  void push_back(TargetTask& task) {
    TaskLink& at = link(task);
    if (at.list == this) return;
    assert(at.list == nullptr);
    at = {.previous = back_, .next = nullptr, .list = this};
    (back_ == nullptr ? front_ : link(*back_).next) = &task;
    back_ = &task;
  }

  /// Takes the task out, wherever it stands; does nothing when it is not here.
  void remove(TargetTask& task) {
    TaskLink& at = link(task);
    if (at.list != this) return;
    (at.previous == nullptr ? front_ : link(*at.previous).next) = at.next;
    (at.next == nullptr ? back_ : link(*at.next).previous) = at.previous;
    at = {};
  }

 private:
  static TaskLink& link(TargetTask& task) { return task.*kLink; }
  static const TaskLink& link(const TargetTask& task) { return task.*kLink; }

  TargetTask* front_ = nullptr;
  TargetTask* back_ = nullptr;
};

}  // namespace lunway::session
