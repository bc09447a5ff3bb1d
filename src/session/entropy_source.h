// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Randomness as an argument: the runtime gives the system's, the simulator and the tests give a seeded one.

#pragma once

#include "base/bytes.h"

namespace lunway::session {

class EntropySource {
 public:
  /// Fills all of `bytes`. It must be unpredictable to a peer where real peers are served: CHAP challenges come from
  /// it.
  virtual void fill(MutableBytes bytes) = 0;

 protected:
  ~EntropySource() = default;
};

}  // namespace lunway::session
