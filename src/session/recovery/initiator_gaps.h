// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator's session below ErrorRecoveryLevel 2 keeps of a connection that left alone: its logout, which is
// still to be done, and the numbers that the target has discarded with it. There is none of it while nothing leaves.
//= rfc7143#11.14
//= rfc7143#4.2.2.1

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "session/task_id.h"
#include "wire/numbers.h"

namespace lunway::session {

struct InitiatorGaps {
  /// So often in a row the target may refuse to fill a gap.
  static constexpr std::uint32_t kMostRefusals = 8;

  /// A connection that was lost, and that the target may still think to be there. Its tasks wait until it does not.
  struct Leaver {
    wire::Cid cid;
    /// Of the connection when it ended.
    //= rfc7143#11.14.4
    wire::StatSN exp_stat_sn;
    /// The request of another connection that closes it.
    std::optional<TaskId> logout = {};
    /// A new connection with its CID is logging in, which is a logout as well.
    bool is_replaced = false;
  };

  /// A command that the target has not received, or has discarded.
  struct Gap {
    wire::Itt itt;
    wire::CmdSN cmd_sn;
    wire::Lun lun;
  };

  Leaver* find(wire::Cid cid) {
    const auto at = std::ranges::find(leavers, cid, &Leaver::cid);
    return at == leavers.end() ? nullptr : &*at;
  }

  std::vector<Leaver> leavers;
  /// The lowest number first.
  std::vector<Gap> gaps;
  /// The ABORT TASK for the first gap. One at a time: a target need not take more immediate requests.
  std::optional<TaskId> plug;
  std::uint32_t refusals = 0;
  Instant again_at = {};
  /// The gaps cannot be filled: the session is to be recovered as a whole.
  bool is_hopeless = false;
};

}  // namespace lunway::session
