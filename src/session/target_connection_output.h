// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target's connection tells and asks its owner.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "session/session_request.h"

namespace lunway::session {

/// The login is through; the session is the owner's to make or, where `request->tsih` is not zero, to find. It answers
/// with open() or refuse(), at once or when an old session with the same identity has ended. `request` is valid until
/// then. Until it answers, the connection with its session may go over to another thread.
struct OpenSession {
  const SessionRequest* request = nullptr;
};

/// For logs: the connection is in the Full Feature Phase.
struct LoggedIn {};

/// Why a connection ends.
enum class CloseReason : std::uint8_t {
  logged_out,        // the initiator asked for it and has the answer
  login_refused,     // the login was answered with a status
  login_timed_out,   // the login took too long
  peer_closed,       // the transport ended
  peer_silent,       // no answer to a ping
  logout_timed_out,  // no Logout after request_logout()
  protocol_error,    // the initiator broke a rule that has no other answer
  header_digest,     // a header's digest did not match: the stream cannot be trusted
  out_of_resources,  // a limit of the session was reached for which the protocol has no answer
  reinstated,        // a login with the same CID took its place
  session_closed,    // TargetSession::close(), or the logout of the session through another connection
  dropped,           // drop()
  reset,             // a TARGET COLD RESET or an I_T NEXUS RESET that came on it; the answer has been sent
};

std::string_view to_string(CloseReason reason);

/// The last output: the transport is to be closed. What the peer was to be told before has been transmitted, or could
/// not be. The owner makes sure that no read into receive_window() and no send of next_transmit() is under way before
/// it destroys the connection.
struct Close {
  CloseReason reason = CloseReason::peer_closed;
  /// For logs: what the initiator did, with the RFC's section where it broke a rule of it. May be empty.
  std::string detail;
};

using ConnectionOutput = std::variant<OpenSession, LoggedIn, Close>;

}  // namespace lunway::session
