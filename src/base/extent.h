// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A run of bytes of a volume or file that have space behind them, or have none and read as zeros.

#pragma once

#include <cstdint>

namespace lunway {

struct Extent {
  std::uint64_t offset = 0;
  /// Zero: an entry that was not needed.
  std::uint64_t length = 0;
  bool has_space = true;
};

}  // namespace lunway
