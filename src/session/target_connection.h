// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One TCP connection as a target sees it, from its first byte to its last: login, Full Feature Phase, logout.
//= rfc7143#4.2
//
// Sans-I/O: bytes and instants go in; outputs, bytes to send and a deadline come out.
//
// Mutate once, drain fully, then wait:
//
//   1. call one verb (receive, received_into_window, expire, transmitted, ...);
//   2. take the outputs of the session, if there is one, until they are empty, then those of the connection;
//   3. send next_transmit() unless a send is still under way;
//   4. wait for bytes, for the end of the send, for an answer of the device, or for deadline().
//
// Taking outputs late is asserted in debug builds: views into the input would dangle.
//
// Threads: belongs to one thread at a time, together with its session.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/entropy_source.h"
#include "session/limits.h"
#include "session/target_connection_output.h"
#include "session/target_directory.h"

namespace lunway::session {

class TargetConnectionCore;
class TargetSession;

class TargetConnection {
 public:
  /// `directory` and `entropy` outlive the connection. The login time starts now.
  TargetConnection(Instant now, TargetDirectory& directory, EntropySource& entropy, const Portal& portal,
                   const ConnectionLimits& limits);

  /// After Close, or when nobody cares any more: tasks of the connection are then aborted in its session as after
  /// peer_closed().
  ~TargetConnection();

  TargetConnection(const TargetConnection&) = delete;
  TargetConnection& operator=(const TargetConnection&) = delete;

  // --------------------------------------------------------------------------------------------------- bytes in

  /// Takes bytes from the front of `input`, through the end of one PDU at most, and returns how many. The rest is
  /// offered again, together with what came after it. 0 means: not now. Either a whole header has not come yet, or the
  /// connection waits: for a transmission (its queue of answers is full) or for accept_data(); see wants_input().
  [[nodiscard]] std::size_t receive(Instant now, Bytes input);

  /// Where the next bytes of the stream belong when a data PDU is under way and its destination is known: the socket
  /// may read directly there, as much as fits. Empty at other times. Changes with every verb; while a read into it is
  /// under way, only `transmitted`, `expire` and the session's verbs may be called, and they leave it alone.
  MutableBytes receive_window();

  /// `count` bytes, at most the window's size, were read into it.
  void received_into_window(Instant now, std::size_t count);

  /// False while receive() would return 0 whatever came: the owner stops reading the socket and tries again after the
  /// next transmitted() or after a verb of the session.
  bool wants_input() const;

  /// The transport has ended or failed, in either direction. Close follows; the tasks are aborted.
  void peer_closed(Instant now);

  // -------------------------------------------------------------------------------------------------- bytes out

  /// What is ready to be sent, as pieces in order: rest of the last batch first. Empty when there is nothing. PDUs are
  /// made here, not before, so this is where StatSN and the acknowledged CmdSN are taken. Valid until transmitted();
  /// all other verbs leave it alone, so a send may be under way while bytes are received. Not to be called again before
  /// transmitted().
  std::span<const Bytes> next_transmit();

  /// `count` bytes from the front of the last next_transmit() have left, 0 included.
  void transmitted(Instant now, std::size_t count);

  // ------------------------------------------------------------------------------------------- outputs and time

  /// The next event; nullopt when there is none until the next verb. Drain the session's outputs first.
  std::optional<ConnectionOutput> next_output();

  /// When expire() is to be called; kNever when not at all. Changes with every verb.
  Instant deadline() const;

  /// The deadline came. Early calls are harmless.
  void expire(Instant now);

  // ------------------------------------------------------------------------------------------ the owner's wishes

  /// The answer to OpenSession: the connection becomes part of `session`, which outlives it. When Close has come in the
  /// meantime nothing happens; a new session will then never have had a connection: the owner destroys it.
  ///
  /// Where the login joins an existing session, that session may refuse it; and where it takes the place of a
  /// connection with the same CID, that one closes (CloseReason::reinstated) and the login is answered when the owner
  /// has destroyed it and its tasks are gone. The owner drains both meanwhile.
  //= rfc7143#6.3.4
  void open(Instant now, TargetSession& session);

  /// The other answer: the login ends with this status.
  void refuse(Instant now, wire::LoginStatus status);

  /// Asks the initiator to log out, in an Asynchronous Message, and drops the connection when it has not after
  /// `within`. In a discovery session, which knows no such message, and during login the connection closes at once.
  //= rfc7143#11.9.1
  void request_logout(Instant now, Duration within);

  /// Ends the connection, after a Connection Drop Notification where the phase allows one.
  void drop(Instant now);

  // ------------------------------------------------------------------------------------------------- questions

  /// Null before open() and after Close.
  TargetSession* session() const;

  /// Whether the parts agree with each other. Checked after each verb in debug builds.
  bool is_consistent() const;

 private:
  std::unique_ptr<TargetConnectionCore> core_;
};

}  // namespace lunway::session
