// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Randomness that a test can repeat.

#pragma once

#include <cstdint>
#include <random>

#include "session/entropy_source.h"

namespace lunway::session {

class SeededEntropy final : public EntropySource {
 public:
  explicit SeededEntropy(std::uint32_t seed = 1) : generator_(seed) {}

  void fill(MutableBytes bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(generator_());
  }

 private:
  std::mt19937 generator_;
};

}  // namespace lunway::session
