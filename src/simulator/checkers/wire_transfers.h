// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The data of commands: immediate, unsolicited and solicited data, R2Ts, Data-In, bursts, offsets, and whether a status
// fits the data that has moved.
//= rfc7143#4.2.5
//= rfc7143#11.7
//= rfc7143#11.8

#pragma once

#include "simulator/checkers/wire_session.h"

namespace lunway::simulator {

Complaint command_sent(const WatchedConnection& connection, const WirePdu& pdu, WatchedTask& task);
Complaint data_out_sent(WatchedConnection& connection, const WirePdu& pdu);
Complaint data_in_sent(const WatchedConnection& connection, const WirePdu& pdu, WatchedTask& task);
Complaint r2t_sent(const WatchedConnection& connection, const WirePdu& pdu, WatchedTask& task);
/// A SCSI Response.
Complaint response_complaint(const WatchedConnection& connection, const WirePdu& pdu, const WatchedTask& task);

void snack_arrived(WatchedConnection& connection, const WirePdu& pdu);
void data_out_arrived(WatchedConnection& connection, const WirePdu& pdu);
void r2t_arrived(const WirePdu& pdu, WatchedTask& task);

}  // namespace lunway::simulator
