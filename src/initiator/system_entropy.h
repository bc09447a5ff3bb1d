// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The system's randomness, for CHAP challenges, ISIDs and the first CmdSN.

#pragma once

#include "session/entropy_source.h"

namespace lunway::initiator {

class SystemEntropy final : public session::EntropySource {
 public:
  void fill(MutableBytes bytes) override;
};

}  // namespace lunway::initiator
