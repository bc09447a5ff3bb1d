// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How an operation ended.

#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace lunway::runtime {

struct Outcome {
  /// 0, or an errno value. ECANCELED after a cancel that came in time.
  int error = 0;
  /// The operation has more to say: its handler will be called again (accept).
  bool more = false;
  /// The descriptor (accept), or the bytes that went through, also when an error ended it.
  std::uint64_t value = 0;
  /// What arrived (receive_lent): valid until the handler returns.
  Bytes bytes{};

  bool ok() const { return error == 0; }
};

}  // namespace lunway::runtime
