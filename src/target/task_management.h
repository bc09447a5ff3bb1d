// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The part of task management that reaches beyond a session: the tasks of other initiators on the same disks, on
// whatever shard they run, and what the logical units must forget.
//= rfc7143#11.5.1

#pragma once

#include <memory>

#include "session/target_session.h"
#include "target/disk.h"

namespace lunway::target {

class ServedSession;

/// Carries `request` of `session` out and answers it with complete_task_management(), now or later, when no task that
/// it ends can touch data any more. `disk` is null when nobody has the LUN.
void manage_tasks(ServedSession& session, const session::SubmitTaskManagement& request, std::shared_ptr<Disk> disk);

}  // namespace lunway::target
