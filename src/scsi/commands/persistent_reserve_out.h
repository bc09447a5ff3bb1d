// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// PERSISTENT RESERVE OUT, seen from the door of the logical unit.

#pragma once

#include "scsi/execution.h"
#include "scsi/step.h"

namespace lunway::scsi {

/// Persist with what is registered now: nothing, unless it is to survive a loss of power.
Step newest_record(Execution& execution);

}  // namespace lunway::scsi
