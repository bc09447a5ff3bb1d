// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the target's engine cannot do must not be agreed to, whatever the configuration says.

#pragma once

#include <algorithm>

#include "session/command/write_transfer.h"
#include "session/limits.h"
#include "text/policy.h"

namespace lunway::session {

inline void keep_within_engine(text::Policy& policy) {
  using text::KeyId;
  auto& connections = policy.number(KeyId::max_connections);
  connections = {.preferred = std::clamp(connections.preferred, 1U, kMaxConnections), .worst = 1};
  auto& recovery = policy.number(KeyId::error_recovery_level);
  recovery = {.preferred = std::min(recovery.preferred, kMaxErrorRecoveryLevel), .worst = 0};
  auto& r2t = policy.number(KeyId::max_outstanding_r2t);
  r2t.preferred = std::clamp(r2t.preferred, 1U, kMaxOutstandingR2t);
  r2t.worst = std::min(r2t.worst, r2t.preferred);
  // RFC 7144 is there, what may follow it is not.
  policy.number(KeyId::protocol_level) = {.preferred = 2, .worst = 0, .offer = false};
  policy.list(KeyId::task_reporting) = text::ListWish(
      {text::TaskReporting::fast_abort, text::TaskReporting::response_fence, text::TaskReporting::rfc3720}, false);
}

}  // namespace lunway::session
