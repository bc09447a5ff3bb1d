// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The numbered PDUs that a connection has sent and the initiator has not acknowledged by ExpStatSN: copies, from which
// a Status SNACK is answered. With the status of a read goes the task that holds the data.
//= rfc7143#4.2.2.2
//= rfc7143#11.16
//
// What is more than the limits allow is forgotten, the oldest first.

#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "session/task_id.h"
#include "wire/header.h"
#include "wire/numbers.h"

namespace lunway::session {

class RetainedResponses {
 public:
  struct Limits {
    std::size_t responses = 0;
    /// Data segments of all of them.
    std::size_t bytes = 0;
  };

  struct Response {
    wire::StatSN number;
    /// Without the numbers, which are set whenever it is sent.
    wire::Header header{};
    std::vector<std::byte> data = {};
    /// The task whose read data is kept for it.
    std::optional<TaskId> task = std::nullopt;
    /// The status of an immediate command.
    bool immediate = false;
    /// All data before the status is acknowledged.
    bool data_arrived = false;
  };

  explicit RetainedResponses(Limits limits) : limits_(limits) {}

  bool empty() const { return responses_.empty(); }
  std::size_t size() const { return responses_.size(); }
  bool is_half_full() const { return responses_.size() * 2 >= limits_.responses || bytes_ * 2 >= limits_.bytes; }

  /// Numbers come one after the other.
  Response& add(wire::StatSN number, const wire::Header& header, Bytes data, std::optional<TaskId> task);

  /// The oldest, when it is acknowledged or there is no room for it.
  bool has_superfluous(wire::StatSN acknowledged) const;
  Response take_oldest();

  /// Null when it is not here.
  Response* find(wire::StatSN number);
  /// The newest SCSI Response for this tag.
  Response* find(wire::Itt itt);
  /// The one that keeps this task.
  Response* find(TaskId task) {
    return find_with_task([task](TaskId id) { return id == task; });
  }
  /// The oldest that keeps a task which is `wanted`; null when none does.
  template <class Wanted>
  Response* find_with_task(Wanted wanted) {
    const auto found = std::ranges::find_if(
        responses_, [&](const Response& response) { return response.task && wanted(*response.task); });
    return found == responses_.end() ? nullptr : &*found;
  }

 private:
  Limits limits_;
  std::size_t bytes_ = 0;
  std::deque<Response> responses_;
};

}  // namespace lunway::session
