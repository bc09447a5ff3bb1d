// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What each task management function asks of a target's session: which tasks it ends, and what goes with it.
//= rfc7143#4.2.3.2
//= rfc7144#6.5

#pragma once

#include <cstdint>

#include "wire/task_management_request.h"

namespace lunway::session {

struct TargetTask;

struct ManagementFunction {
  /// Which commands of the session that asks it concerns. Those of other sessions are the owner's business.
  enum class Reach : std::uint8_t {
    nobody,       // it asks something, or is not served
    one_task,     // the one that it names
    unit_before,  // of its logical unit, those with a lower CmdSN
    unit_all,     // of its logical unit, whatever their CmdSN, but for what waits behind a gap after it
    session_all,  // all
  };

  Reach reach = Reach::nobody;
  /// Only on sessions with iSCSIProtocolLevel=2 or higher.
  //= rfc7144#4.1
  bool needs_level_2 = false;
  /// Not everybody may ask for it: see LoginPolicy.
  bool resets_target = false;
  /// The connections of the session end after it.
  bool ends_session = false;

  /// Several commands, by the rules of 4.2.3.3 or 4.2.3.4.
  bool ends_many() const { return reach != Reach::nobody && reach != Reach::one_task; }
  /// Commands that have not come yet count as come: they would not survive it.
  //= rfc7143#4.2.3.3
  bool fills_gaps() const { return reach == Reach::session_all; }
};

/// Null for a function that no standard assigns, and for those that are not served: CLEAR ACA, as no logical unit
/// offers ACA.
const ManagementFunction* find_management_function(wire::TaskManagementFunction code);

/// Whether `request`, a function that ends many, ends `task` of the same session. Asked when the request comes and, for
/// commands that come into gaps before it, when these are filled.
bool is_affected(const ManagementFunction& function, const wire::TaskManagementRequest& request,
                 const TargetTask& task);

}  // namespace lunway::session
