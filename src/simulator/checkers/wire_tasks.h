// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Tasks from their request to their response: tags, allegiance, one response each, and no word of a task that has
// ended.
//= rfc7143#4.2.2.1
//= rfc7143#11.2.1.8

#pragma once

#include "simulator/checkers/wire_session.h"

namespace lunway::simulator {

Complaint request_sent(WatchedConnection& connection, const WirePdu& pdu);
Complaint response_sent(WatchedConnection& connection, const WirePdu& pdu);

/// `pdu` has reached the target / the initiator.
void task_arrived(WatchedConnection& connection, const WirePdu& pdu);
void task_answered(WatchedConnection& connection, const WirePdu& pdu);

/// The initiator has closed the connection.
void forget_tasks(WatchedConnection& connection);

}  // namespace lunway::simulator
