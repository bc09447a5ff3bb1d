// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Something that takes several commands, and facts of the unit before the first.

#pragma once

#include "initiator/unit.h"

namespace lunway::initiator {

class Job {
 public:
  virtual ~Job() = default;

  /// Once. The job's callback may run in it.
  virtual void start(const Result<UnitFacts>& facts) = 0;
  /// Any time. The callback still runs.
  virtual void abort() = 0;
};

}  // namespace lunway::initiator
