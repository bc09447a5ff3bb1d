// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The order of responses where SCSI wants one: a response with a fence reaches the initiator after all that the device
// gave before it, and before all that it gives afterwards, on the same I_T_L nexus.
//= rfc7143#4.2.2.3.2
//= rfc7143#4.2.2.3.3
//
// On a session of one connection StatSN keeps the order, so it is enough to make the PDUs in it. On several, the
// initiator must first acknowledge what it has been sent on each of them, and then the fenced response itself.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wire/numbers.h"

namespace lunway::session {

class TargetConnectionCore;
class TargetSessionCore;
struct TargetTask;

/// Has no deadline: an initiator that acknowledges nothing is found by the pings of its connections.
class ResponseFence {
 public:
  explicit ResponseFence(TargetSessionCore& session) : session_(session) {}

  /// The device has given this task's response.
  void given(TargetTask& task, bool fenced);

  /// Whether the response may be made now. Asks for acknowledgements where they are what is missing.
  bool lets_pass(const TargetTask& task);

  /// The response was made, or put into the queue of its connection. Where the answer is not null, its StatSN is to be
  /// stored there as soon as it is known.
  std::optional<wire::StatSN>* made(TargetTask& task);

  /// No response will be made for the task.
  void withdraw(TargetTask& task);

  /// At the end of each verb. True when responses that were held back may have become free.
  bool advance();

  /// The connection is about to be destroyed.
  void forget(const TargetConnectionCore& connection);

  bool is_consistent() const;

 private:
  /// What is sent on the connection before this number is to be acknowledged.
  struct Mark {
    TargetConnectionCore* connection;
    wire::StatSN until;
  };

  /// A fenced response that is not acknowledged yet.
  struct Sent {
    std::uint64_t order = 0;
    wire::Lun lun;
    bool all_units = false;
    TargetConnectionCore* connection = nullptr;
    std::optional<wire::StatSN> number;
    bool asked = false;
  };

  /// A response waits for its fence, or a fence for its acknowledgement.
  bool is_closed() const { return fences_ != 0 || sent_.has_value(); }
  bool is_behind(const TargetTask& task) const;
  bool is_acknowledged(const TargetTask& task);
  bool spans_connections() const;

  TargetSessionCore& session_;
  std::uint64_t last_order_ = 0;
  std::uint32_t fences_ = 0;
  /// Which fence, by its order, waits for these marks; 0: none.
  std::uint64_t marked_for_ = 0;
  std::vector<Mark> marks_;
  std::optional<Sent> sent_;
  bool holds_back_ = false;
};

}  // namespace lunway::session
