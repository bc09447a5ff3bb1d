// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the engines ask the system for, from the seed.

#pragma once

#include "session/entropy_source.h"
#include "simulator/random.h"

namespace lunway::simulator {

class SeededEntropy final : public session::EntropySource {
 public:
  explicit SeededEntropy(Random random) : random_(random) {}

  void fill(MutableBytes bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_.next());
  }

 private:
  Random random_;
};

}  // namespace lunway::simulator
