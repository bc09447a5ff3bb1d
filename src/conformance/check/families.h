// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The families of rules. Each is one file.

#pragma once

#include <span>

#include "conformance/check/sight.h"

namespace lunway::conformance {

/// One PDU by itself: opcodes, reserved bits, additional headers.
extern const Family kHeaderFamily;
/// Lengths, padding, digests.
extern const Family kSegmentFamily;
/// StatSN and ExpStatSN.
extern const Family kStatusNumberFamily;
/// CmdSN, ExpCmdSN and MaxCmdSN.
extern const Family kCommandNumberFamily;

/// In the order in which they judge a PDU.
std::span<const Family* const> families();

}  // namespace lunway::conformance
