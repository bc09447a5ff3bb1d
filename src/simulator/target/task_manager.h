// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The device's part of task management: what a function means for the commands of other sessions, for unit attentions
// and reservations.
//= rfc7143#4.2.3.3

#pragma once

#include "session/target_session_output.h"

namespace lunway::simulator {

class HostedSession;
class TargetHost;
struct HostedUnit;

/// Answers with TargetSession::complete_task_management(), at once or later. `unit` is null where nobody has the LUN.
void manage_tasks(TargetHost& host, HostedSession& session, const session::SubmitTaskManagement& request,
                  HostedUnit* unit);

}  // namespace lunway::simulator
