// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// CmdSN, StatSN and what acknowledges them, the command window, task tags.
//= rfc7143#4.2.2.1
//= rfc7143#4.2.2.2

#pragma once

#include "simulator/checkers/wire_session.h"

namespace lunway::simulator {

/// A PDU of the Full Feature Phase has left. `queue_depth`: how wide the target's window may be.
Complaint request_numbers(WatchedConnection& connection, const WirePdu& pdu);
Complaint response_numbers(WatchedConnection& connection, const WirePdu& pdu, std::uint32_t queue_depth);

/// It has arrived.
void request_arrived(WatchedConnection& connection, const WirePdu& pdu);
void response_arrived(WatchedConnection& connection, const WirePdu& pdu);

/// A Logout Request that is to close another connection than its own.
bool logs_out_another(const WatchedConnection& connection, const WirePdu& pdu);

/// Whether the target gives it a StatSN of its own.
bool takes_stat_sn(const WirePdu& pdu);

}  // namespace lunway::simulator
