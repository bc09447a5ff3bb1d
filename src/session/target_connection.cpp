// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/target_connection.h"

#include <cassert>

#include "session/connection/target_connection_core.h"
#include "session/target_session.h"

namespace lunway::session {

TargetConnection::TargetConnection(Instant now, TargetDirectory& directory, EntropySource& entropy,
                                   const Portal& portal, const ConnectionLimits& limits)
    : core_(std::make_unique<TargetConnectionCore>(now, directory, entropy, portal, limits)) {}

TargetConnection::~TargetConnection() = default;

std::size_t TargetConnection::receive(Instant now, Bytes input) {
  const std::size_t count = core_->receive(now, input);
  assert(is_consistent());
  return count;
}

MutableBytes TargetConnection::receive_window() { return core_->receive_window(); }

void TargetConnection::received_into_window(Instant now, std::size_t count) {
  core_->received_into_window(now, count);
  assert(is_consistent());
}

bool TargetConnection::wants_input() const { return core_->wants_input(); }

void TargetConnection::peer_closed(Instant now) {
  core_->peer_closed(now);
  assert(is_consistent());
}

std::span<const Bytes> TargetConnection::next_transmit() {
  const auto pieces = core_->next_transmit();
  assert(is_consistent());
  return pieces;
}

void TargetConnection::transmitted(Instant now, std::size_t count) {
  core_->transmitted(now, count);
  assert(is_consistent());
}

std::optional<ConnectionOutput> TargetConnection::next_output() { return core_->next_output(); }

Instant TargetConnection::deadline() const { return core_->deadline(); }

void TargetConnection::expire(Instant now) {
  core_->expire(now);
  assert(is_consistent());
}

void TargetConnection::open(Instant now, TargetSession& session) {
  core_->open(now, session, *session.core_);
  assert(is_consistent());
}

void TargetConnection::refuse(Instant now, wire::LoginStatus status) {
  core_->refuse(now, status);
  assert(is_consistent());
}

void TargetConnection::request_logout(Instant now, Duration within) {
  core_->request_logout(now, within);
  assert(is_consistent());
}

void TargetConnection::drop(Instant now) {
  core_->drop(now);
  assert(is_consistent());
}

TargetSession* TargetConnection::session() const { return core_->session(); }

bool TargetConnection::is_consistent() const { return core_->is_consistent(); }

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::logged_out:
      return "logged out";
    case CloseReason::login_refused:
      return "login refused";
    case CloseReason::login_timed_out:
      return "login timed out";
    case CloseReason::peer_closed:
      return "closed by the initiator";
    case CloseReason::peer_silent:
      return "initiator silent";
    case CloseReason::logout_timed_out:
      return "logout timed out";
    case CloseReason::protocol_error:
      return "protocol error";
    case CloseReason::header_digest:
      return "header digest error";
    case CloseReason::out_of_resources:
      return "out of resources";
    case CloseReason::reinstated:
      return "reinstated";
    case CloseReason::session_closed:
      return "session closed";
    case CloseReason::reset:
      return "reset by the initiator";
    case CloseReason::dropped:
      return "dropped";
  }
  return "unknown";
}

}  // namespace lunway::session
