// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One TCP connection as an initiator sees it, from the first Login Request to the last byte.
//= rfc7143#4.2
//
// Sans-I/O: bytes and instants go in; outputs, bytes to send and a deadline come out.
//
// Mutate once, drain fully, then wait:
//
//   1. call one verb (receive, received_into_window, transmitted, expire, ..., or one of the session's);
//   2. take the outputs of the session until they are empty, then those of the connection;
//   3. send next_transmit() unless a send is still under way;
//   4. wait for bytes, for the end of the send, for deadline(), or for somebody who wants something from the session.
//
// Outputs that nobody took are asserted in debug builds.
//
// Everything from the target is hostile: lengths that lie, data for no task, answers nobody asked for. The answer is a
// typed end of a task or of the connection; never an assert, never a byte outside the caller's buffers.
//
// Threads: belongs to one thread at a time, together with its session.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/connection/connection_states.h"
#include "session/entropy_source.h"
#include "session/initiator_limits.h"
#include "session/initiator_output.h"
#include "session/pdu_observer.h"
#include "text/parameters.h"
#include "wire/numbers.h"

namespace lunway::session {

class InitiatorConnectionCore;
class InitiatorSession;

class InitiatorConnection {
 public:
  /// The transport has been established; the login begins. `session` and `entropy` outlive the connection. `cid` is
  /// unique in the session, which has not failed: nothing of a lost session is taken over, a new one begins.
  InitiatorConnection(Instant now, InitiatorSession& session, EntropySource& entropy, wire::Cid cid,
                      const InitiatorConnectionLimits& limits);
  ~InitiatorConnection();

  InitiatorConnection(const InitiatorConnection&) = delete;
  InitiatorConnection& operator=(const InitiatorConnection&) = delete;

  /// `observer` sees the PDUs from now on; null: nobody.
  void observe(PduObserver* observer);

  // --------------------------------------------------------------------------------------------------- bytes in

  /// Takes bytes from the front of `input`, through the end of one PDU at most, and returns how many. The rest is
  /// offered again, together with what came after it. 0 means: not now; see wants_input().
  [[nodiscard]] std::size_t receive(Instant now, Bytes input);

  /// Where the next bytes of the stream belong when a Data-In is under way: the part of a caller's buffer that it
  /// fills. The socket may read directly there, as much as fits. Empty at other times. Changes with every verb; while a
  /// read into it is under way, only transmitted(), expire() and the session's verbs may be called, and they leave it
  /// alone.
  MutableBytes receive_window();

  /// `count` bytes, at most the window's size, were read into it.
  void received_into_window(Instant now, std::size_t count);

  /// False while receive() would return 0 whatever came: after a close, or while too many answers wait to be sent.
  bool wants_input() const;

  /// No byte comes in or goes out any more, because the transport failed or because InitiatorClose asked for it; no
  /// read and no send is under way. The tasks of the connection end.
  void transport_ended(Instant now);

  // -------------------------------------------------------------------------------------------------- bytes out

  /// What is ready to be sent, as pieces in order: the rest of the last batch first. Empty when there is nothing. PDUs
  /// are made here, not before, so this is where CmdSN and ExpStatSN are taken. Valid until transmitted(). Not to be
  /// called again before transmitted().
  std::span<const Bytes> next_transmit(Instant now);

  /// `count` bytes from the front of the last next_transmit() have left, 0 included.
  void transmitted(Instant now, std::size_t count);

  // ------------------------------------------------------------------------------------------- outputs and time

  std::optional<InitiatorConnectionOutput> next_output();

  /// When expire() is to be called; kNever when not at all. Changes with every verb.
  Instant deadline() const;
  /// The deadline came. Early calls are harmless.
  void expire(Instant now);

  /// Declares another MaxRecvDataSegmentLength to the target: 512 to 2^24-1 bytes. It counts once the target has
  /// answered; parameters() says so. False when it cannot be said now: not logged in, no slot for the Text Request, or
  /// a negotiation under way.
  //= rfc7143#13.12
  [[nodiscard]] bool declare_max_recv_data_segment_length(Instant now, std::uint32_t length);

  // ------------------------------------------------------------------------------------------------- questions

  InitiatorConnectionState state() const;
  wire::Cid cid() const;
  const text::ConnectionParameters& parameters() const;

  /// Whether the parts agree with each other. Checked after each verb in debug builds.
  bool is_consistent() const;

 private:
  std::unique_ptr<InitiatorConnectionCore> core_;
};

}  // namespace lunway::session
