// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Every limit of the engine, in one place. What a peer can make grow stops here; what happens then is the RFC's answer
// where it has one, else the end of the connection.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/instant.h"

namespace lunway::session {

/// Bytes of sense data of one status: SPC's most.
inline constexpr std::size_t kMaxSense = 252;

/// For one connection. The defaults suit a server on the open network.
struct ConnectionLimits {
  /// From the accept to the Login Final-Response. Then the connection is closed without a word.
  Duration login_time = std::chrono::seconds(15);
  /// Login Requests in one login.
  std::uint32_t login_requests = 64;
  /// Text of one login, all requests together; also of one Text Request sequence.
  std::size_t text_bytes = std::size_t{64} * 1024;
  /// Text of one answer (a long SendTargets list). A longer one is cut after a whole target.
  std::size_t text_response_bytes = std::size_t{1024} * 1024;
  /// How long a text exchange may pause before its Target Transfer Tag goes stale.
  Duration text_exchange_idle = std::chrono::seconds(60);

  /// Silence after which the target sends a NOP-In ping; zero: never.
  Duration ping_after = std::chrono::seconds(30);
  /// How long the answer may take. Then the connection is dropped.
  Duration ping_timeout = std::chrono::seconds(30);
  /// How long a discovery session may be silent: it knows no ping.
  Duration discovery_idle = std::chrono::seconds(60);
  /// How long a connection that has nothing left to say waits for the peer to read its last words.
  Duration closing_time = std::chrono::seconds(5);

  /// Answers other than SCSI status that wait to be sent (NOP-In, Reject, Async, ...). When they are that many, the
  /// connection takes no input until some are gone.
  std::uint32_t queued_answers = 32;
  /// Numbered PDUs that are kept until they are acknowledged, and the bytes of their data segments. More are not kept:
  /// a Status SNACK for the oldest is rejected. Nothing is kept at ErrorRecoveryLevel 0.
  std::uint32_t retained_responses = 256;
  std::size_t retained_response_bytes = std::size_t{1024} * 1024;
  /// How long they may stay unacknowledged. Then the target asks with a NOP-In.
  //= rfc7143#7.1.4.2
  Duration acknowledgement_wait = std::chrono::seconds(2);
  /// How long the data of a write may fail to come before it is asked for again, at ErrorRecoveryLevel 1 and 2; twice
  /// as long each further time, for it may only be slow.
  //= rfc7143#7.1.4.1
  Duration sequence_wait = std::chrono::seconds(5);
  /// PDUs and payload bytes that one next_transmit() gathers at most.
  std::uint32_t transmit_pdus = 64;
  std::size_t transmit_bytes = std::size_t{1024} * 1024;
};

/// Connections that one session may be allowed to have, whatever the configuration says.
inline constexpr std::uint32_t kMaxConnections = 64;

/// Recovery within commands and connections, and of connections.
//= rfc7143#7.1.5
inline constexpr std::uint32_t kMaxErrorRecoveryLevel = 2;

/// For one session. What a connection may have at any time comes on top where a session has several: see
/// for_connections().
struct SessionLimits {
  /// The width of the CmdSN window: non-immediate commands that are being received or executed.
  std::uint32_t queue_depth = 128;
  /// Immediate commands at the same time; more get Reject "too many immediate commands".
  std::uint32_t immediate_commands = 16;
  /// Tasks whose last PDU is with the transport, which makes their window place free again, but not yet their memory.
  std::uint32_t departing_tasks = 128;
  /// Task management functions at the same time, immediate or not.
  std::uint32_t management_functions = 8;
  /// Data that came before the owner gave it a place: behind a gap of the CmdSN order, or while the owner still thinks.
  std::size_t held_bytes = std::size_t{4} * 1024 * 1024;
  /// How long a multi-task abort waits for the initiator to end its data sequences. Then it goes on without: some
  /// initiators stop to send when they send such a function, although the RFC tells them not to.
  //= rfc7143#4.2.3.3
  Duration transfer_tag_wait = std::chrono::seconds(3);
  /// Lost connections that a session remembers until Time2Wait and Time2Retain are over; the oldest gives way.
  std::uint32_t lost_connections = 8;

  /// Reads whose data is kept although the status has been sent, until the initiator acknowledges that; and the bytes
  /// of their data. A SNACK for data that is kept no longer is rejected. Nothing is kept at ErrorRecoveryLevel 0.
  std::uint32_t retained_reads = 64;
  std::size_t retained_read_bytes = std::size_t{32} * 1024 * 1024;

  /// Every connection can have one immediate command and one immediate function under way, whatever the others do.
  //= rfc7143#4.2.2.1
  constexpr SessionLimits for_connections(std::uint32_t most) const {
    SessionLimits limits = *this;
    if (most < 2) return limits;
    limits.immediate_commands += most;
    limits.management_functions += most;
    return limits;
  }

  /// All tasks of a session have a slot below this.
  constexpr std::uint32_t task_slots() const {
    return queue_depth + immediate_commands + management_functions + departing_tasks;
  }
};

}  // namespace lunway::session
