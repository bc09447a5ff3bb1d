// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/connection_log.h"

#include <string_view>

namespace lunway::target {
namespace {

using session::CloseReason;

bool is_discovery(const session::SessionRequest& request) {
  return request.session.session_type == text::SessionType::discovery;
}

std::string who(const session::SessionRequest& request, const session::Portal& portal) {
  return request.initiator_name.text() + " at " + portal.peer_address;
}

std::string_view verb_of(CloseReason reason, bool has_logged_in) {
  switch (reason) {
    case CloseReason::logged_out:
      return "logout: ";
    case CloseReason::login_refused:
      return "login refused: ";
    case CloseReason::session_closed:
    case CloseReason::dropped:
      return "closed: ";
    default:
      return has_logged_in ? "lost: " : "login failed: ";
  }
}

LogLevel level_of(CloseReason reason, const session::SessionRequest* request) {
  // Who connects and goes away without a word is a port scanner or a health check.
  if (request == nullptr && reason == CloseReason::peer_closed) return LogLevel::detail;
  const bool is_orderly = reason == CloseReason::logged_out || reason == CloseReason::peer_closed;
  return request != nullptr && is_discovery(*request) && is_orderly ? LogLevel::detail : LogLevel::event;
}

}  // namespace

LogLine log_of_login(const session::SessionRequest& request, const session::Portal& portal, wire::Tsih tsih) {
  if (is_discovery(request)) return {LogLevel::detail, "discovery: " + who(request, portal)};
  return {LogLevel::event, "login: " + who(request, portal) + " to " + request.target_name->text() + ", TSIH " +
                               std::to_string(tsih.value())};
}

LogLine log_of_close(const session::Close& close, const session::Portal& portal,
                     const session::SessionRequest* request) {
  const bool has_logged_in = request != nullptr;
  std::string text(verb_of(close.reason, has_logged_in));
  text += has_logged_in ? who(*request, portal) : portal.peer_address;
  const bool says_all = close.reason == CloseReason::logged_out || close.reason == CloseReason::login_refused;
  if (!says_all) text.append(": ").append(session::to_string(close.reason));
  if (!close.detail.empty()) text.append(": ").append(close.detail);
  return {level_of(close.reason, request), std::move(text)};
}

}  // namespace lunway::target
