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
/// The Login Phase.
extern const Family kLoginFamily;
/// Initiator Task Tags.
extern const Family kTagFamily;
/// SCSI Commands.
extern const Family kCommandFamily;
/// Data-In, R2T, Data-Out.
extern const Family kDataInFamily;
extern const Family kR2tFamily;
extern const Family kDataOutFamily;
/// SCSI Responses, and status in Data-In.
extern const Family kStatusFamily;
/// NOP-Out and NOP-In.
extern const Family kPingFamily;
/// Text Requests and Responses.
extern const Family kTextFamily;
/// Task management, SNACK, Logout, Reject, Asynchronous Message.
extern const Family kRequestFamily;

/// In the order in which they judge a PDU.
std::span<const Family* const> families();

}  // namespace lunway::conformance
