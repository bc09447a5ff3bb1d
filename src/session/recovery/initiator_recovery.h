// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator keeps to recover within a command and within a connection. It exists from ErrorRecoveryLevel 1 on
// only; of a command only once something of it was lost.
//= rfc7143#7.1.4.1
//= rfc7143#7.1.4.2

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "session/initiator_output.h"
#include "session/recovery/missing_numbers.h"
#include "session/task_id.h"
#include "wire/numbers.h"

namespace lunway::session {

/// Of one command.
struct InitiatorCommandRecovery {
  /// DataSN and R2TSN.
  MissingNumbers missing;
  /// SNACKs so far, how often the clock has repeated them, and when it does so again.
  std::uint32_t requests = 0;
  std::uint32_t repetitions = 0;
  Instant again_at = kNever;
  /// The target will not send again what is missing, or has been asked too often.
  bool refused = false;
  /// The response came before all of the data.
  std::optional<ScsiCompletion> status;

  /// A Data-In asked for a DataACK, which waits until nothing is missing before it.
  //= rfc7143#11.16.2
  struct PendingAck {
    wire::Ttt ttt;
    wire::Lun lun;
  };
  std::optional<PendingAck> pending_ack;
  /// As the last DataACK said: the data before it will not come again.
  std::uint32_t acknowledged_sn = 0;
  std::uint32_t acknowledged_bytes = 0;
  /// There was data behind them: nobody could say from where on it is to come anew.
  bool is_scattered = false;

  /// Our MaxRecvDataSegmentLength has changed since the command was sent: what is missing comes in other segments.
  //= rfc7143#11.16.3
  bool resegments = false;
  /// Of the last R-Data SNACK: only the response that repeats it counts.
  wire::SnackTag tag = wire::kNoSnackTag;
};

/// Of one connection.
struct InitiatorRecovery {
  /// Responses from this one on are not acknowledged while its command misses data.
  //= rfc7143#7.9
  struct Held {
    wire::StatSN stat_sn;
    TaskId task;
  };
  std::deque<Held> held;

  /// The response that was asked for last, and all behind it.
  struct StatusRequest {
    wire::StatSN first;
    std::uint32_t attempts = 1;
    Instant again_at = kNever;
  };
  std::optional<StatusRequest> status_request;

  /// Commands of which data is missing; those that have ended may be among them.
  std::vector<TaskId> incomplete;
  /// Commands that the target has not received.
  std::deque<TaskId> resend;
  /// Pings of ours that have not been answered, in the order of their requests.
  std::deque<TaskId> probes;
  /// When to look after all of it.
  Instant check_at = kNever;
};

}  // namespace lunway::session
