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
  // No recovery within a session.
  policy.number(KeyId::error_recovery_level) = {.preferred = 0, .worst = 0};
  auto& r2t = policy.number(KeyId::max_outstanding_r2t);
  r2t.preferred = std::clamp(r2t.preferred, 1U, kMaxOutstandingR2t);
  r2t.worst = std::min(r2t.worst, r2t.preferred);
  // The functions of RFC 7144 are not there.
  policy.number(KeyId::protocol_level) = {.preferred = 1, .worst = 0, .offer = false};
  // On a session of one connection a response fence needs nothing. On more it would, and FastAbort too.
  //= rfc7143#4.2.2.3.3
  using text::TaskReporting;
  policy.list(KeyId::task_reporting) =
      connections.preferred == 1 ? text::ListWish({TaskReporting::response_fence, TaskReporting::rfc3720}, false)
                                 : text::ListWish({TaskReporting::rfc3720}, false);
}

}  // namespace lunway::session
