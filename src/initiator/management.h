// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The answers of a target to task management functions, as the library says them.
//= rfc7143#11.6
//= rfc7144#6.4

#pragma once

#include <cstdint>
#include <optional>

#include "lunway/initiator.h"
#include "session/initiator_output.h"
#include "wire/task_management_request.h"

namespace lunway::initiator {

/// `failure`: why the session is closed, which says more than "connection lost".
Result<ManagementResult> management_result(wire::TaskManagementFunction function, const session::TaskResult& result,
                                           const std::optional<Error>& failure);

/// Of an ABORT TASK. `ended_first`: the command was answered before.
Result<AbortOutcome> abort_outcome(const session::TaskResult& result, bool ended_first,
                                   const std::optional<Error>& failure);

/// ADDITIONAL RESPONSE INFORMATION of QUERY ASYNCHRONOUS EVENT (SAM-5, 7.10): UADE DEPTH and SENSE KEY, then the
/// ADDITIONAL SENSE CODE and its qualifier.
PendingEvent parse_pending_event(std::uint32_t additional_information);

}  // namespace lunway::initiator
