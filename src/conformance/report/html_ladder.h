// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An exchange as a ladder: the initiator on the left, the target on the right, an arrow for each PDU.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "conformance/peer/exchange.h"
#include "conformance/script/test.h"

namespace lunway::conformance {

struct LadderStyle {
  /// What is more is left out in the middle.
  std::size_t most_rungs = 400;
  /// Each PDU opens and shows its fields and its bytes.
  bool decoded = true;
};

/// `judged` says which pole is the implementation under test.
std::string ladder_html(std::span<const Event> events, Judged judged, const LadderStyle& style);

}  // namespace lunway::conformance
