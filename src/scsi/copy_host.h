// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the copy manager of a logical unit (SPC-4, 5.16) needs from outside: the other logical units of its initiator,
// and random numbers.

#pragma once

#include <vector>

#include "base/bytes.h"

namespace lunway::scsi {

class LogicalUnit;
class Nexus;

/// A logical unit, and the nexus through which the initiator of a copy uses it.
struct CopyUnit {
  LogicalUnit* unit = nullptr;
  Nexus* nexus = nullptr;
};

/// Threads: called on the thread of the task.
class CopyHost {
 public:
  /// Every logical unit that the initiator may use now, the one with the command included. A unit and its nexus stay
  /// as long as a task says that it uses() the unit.
  virtual std::vector<CopyUnit> copy_units() = 0;

  /// Unpredictable bytes: whoever guesses a token reads what it stands for.
  virtual void fill_random(MutableBytes bytes) = 0;

 protected:
  ~CopyHost() = default;
};

}  // namespace lunway::scsi
