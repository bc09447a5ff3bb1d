// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator's session at ErrorRecoveryLevel 2 keeps of the connections that it has lost, and of the tasks that
// were theirs. A session at another level has none of it.
//= rfc7143#7.1.4.3
//= rfc7143#8.2

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "session/connection/cleanup_states.h"
#include "session/task_id.h"
#include "wire/numbers.h"

namespace lunway::session {

struct InitiatorSessionRecovery {
  /// So often one task may be asked for. Who takes his connection along each time has to end some day.
  static constexpr std::uint32_t kMostReassignments = 32;

  /// A connection whose tasks wait.
  struct Lost {
    wire::Cid cid;
    /// Of the connection when it ended.
    //= rfc7143#11.14.4
    wire::StatSN exp_stat_sn;
    /// Time2Wait is over, and Time2Retain after it.
    //= rfc7143#7.5
    Instant recover_at, recover_until;
    CleanupMachine cleanup = {};
    /// The request of another connection that removes it.
    std::optional<TaskId> logout = {};

    bool is_logged_out() const { return cleanup.state() == CleanupState::free; }
  };

  Lost* find(wire::Cid cid) {
    const auto at = std::ranges::find(lost, cid, &Lost::cid);
    return at == lost.end() ? nullptr : &*at;
  }

  /// The target has said that it drops the connection, or all of them.
  struct Drop {
    std::optional<wire::Cid> cid;
    std::uint16_t time2wait_s = 0, time2retain_s = 0;
  };

  std::vector<Lost> lost;
  std::vector<Drop> drops;
  /// CIDs of connections that were lost before the target has told of it. It may do so when another has the CID again.
  std::vector<wire::Cid> untold;
  /// Tasks of connections that are logged out, which wait for another one to take them up: in order of CmdSN.
  std::vector<TaskId> due;
  /// Connection recovery has failed, or has no sense any more: the session is to be recovered as a whole.
  bool is_over = false;
};

}  // namespace lunway::session
