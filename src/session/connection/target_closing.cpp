// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How a target's connection ends, and what it says before: Logout, Reject, Asynchronous Messages.

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"
#include "wire/asynchronous_message.h"
#include "wire/logout_response.h"

namespace lunway::session {

using wire::LogoutReason;
using wire::LogoutResponseCode;
using wire::RejectReason;

namespace {

/// Who was told that the target does not wait, or has had its time, cannot come back.
TargetSessionCore::Leaving leaving_for(CloseReason reason) {
  switch (reason) {
    case CloseReason::logged_out:
      return TargetSessionCore::Leaving::logged_out;
    case CloseReason::dropped:
    case CloseReason::logout_timed_out:
    case CloseReason::session_closed:
      return TargetSessionCore::Leaving::dropped;
    case CloseReason::reinstated:
      return TargetSessionCore::Leaving::reinstated;
    default:
      return TargetSessionCore::Leaving::lost;
  }
}

}  // namespace

bool TargetConnectionCore::has_exchange(wire::Itt itt) const {
  const auto has_tag = [itt](const wire::Header& header) {
    return wire::BasicHeader(wire::HeaderView(header)).itt() == itt;
  };
  return text_.is_about(itt) || (logout_ && logout_->itt == itt) || std::ranges::any_of(later_logouts_, has_tag);
}

//= rfc7143#11.14
void TargetConnectionCore::on_logout_request(Instant now, const wire::LogoutRequest& request) {
  if (logout_) {
    std::ranges::copy(request.header(), later_logouts_.emplace_back().begin());
    return;
  }
  const bool whole_session = request.reason() == LogoutReason::close_session;
  LogoutResponseCode refusal = LogoutResponseCode::closed;
  const bool recovers = request.reason() == LogoutReason::remove_for_recovery;
  if (recovers && session_->suspended() == nullptr) refusal = LogoutResponseCode::recovery_not_supported;
  if (!whole_session && !session_->knows(request.cid())) refusal = LogoutResponseCode::cid_not_found;
  if (session_->is_discovery() && !whole_session) {
    reject_request(RejectReason::command_not_supported, request);
    return;
  }
  if (refusal != LogoutResponseCode::closed) {
    transmitter_.answer(wire::LogoutResponse::build({.response = refusal, .itt = request.itt()}));
    return;
  }
  logout_ = request.fields();
  if (whole_session) {
    logout_begins();
    session_->begin_session_logout();
  } else if (recovers) {
    session_->begin_recovery_logout(request.cid());
  } else {
    session_->begin_logout(request.cid());
  }
  settle(now);
}

void TargetConnectionCore::logout_begins() {
  state_.step(Event::logout_received);
  is_logging_out_ = true;
  transmitter_.stop_announcing();
}

void TargetConnectionCore::logged_out(Instant now) {
  state_.step(Event::logout_succeeded);
  close_when_transmitted(CloseReason::logged_out, {});
  settle(now);
}

/// The response says that the cleanup is over, so it waits for it.
//= rfc7143#11.15
void TargetConnectionCore::answer_logout_when_clean() {
  assert(session_ != nullptr);
  const bool whole_session = logout_->reason == LogoutReason::close_session;
  if (session_->has_unfinished_tasks(whole_session ? std::nullopt : std::optional(logout_->cid))) return;
  const auto& agreed = session_->request().session;
  const bool retains = logout_->reason == LogoutReason::remove_for_recovery;
  transmitter_.answer(
      wire::LogoutResponse::build({.response = LogoutResponseCode::closed,
                                   .itt = logout_->itt,
                                   .time2wait = agreed.default_time2wait_s,
                                   .time2retain = retains ? agreed.default_time2retain_s : std::uint16_t{0}}));
  finish_logout();
}

/// The connections that the Logout was for close, whether or not its answer can still be sent.
void TargetConnectionCore::finish_logout() {
  const auto logout = *std::exchange(logout_, std::nullopt);
  if (logout.reason == LogoutReason::close_session) {
    session_->finish_session_logout(*this);
    logged_out(session_->last_tick());
  } else if (logout.reason == LogoutReason::remove_for_recovery) {
    session_->finish_recovery_logout(logout.cid, logout.exp_stat_sn);
  } else {
    session_->finish_logout(logout.cid);
  }
  if (ending_ != Ending::no || later_logouts_.empty()) return;
  const wire::Header next = later_logouts_.front();
  later_logouts_.erase(later_logouts_.begin());
  on_logout_request(session_->last_tick(), wire::LogoutRequest(wire::HeaderView(next)));
}

void TargetConnectionCore::reject(RejectReason reason, wire::HeaderView header, Bytes ahs) {
  std::array<std::byte, wire::kHeaderSize + wire::kMaxAhsSize> bad;
  const std::size_t copied = copy_bytes(bad, header);
  const std::size_t size = copied + copy_bytes(MutableBytes(bad).subspan(copied), ahs);
  transmitter_.answer(wire::Reject::build({.reason = reason}), Bytes(bad).first(size));
}

//= rfc7143#7.3
void TargetConnectionCore::reject_request(RejectReason reason, wire::RequestHeader request) {
  if (!request.immediate()) session_->window().take_back(request.cmd_sn());
  reject(reason, request.header());
}

/// A reserved code is rejected; a header that contradicts section 11 ends the session's connections.
//= rfc7143#7.7
void TargetConnectionCore::on_format_error(const wire::FormatError& error, wire::HeaderView header, Bytes ahs) {
  reject(RejectReason::protocol_error, header, ahs);
  if (error.kind == wire::FormatError::Kind::reserved_code) return;
  session_->escalate();
  close_when_transmitted(CloseReason::protocol_error,
                         std::string(error.rule) + " (" + std::string(error.section) + ")");
  session_->close_others(*this);
}

//= rfc7143#11.9.1
void TargetConnectionCore::request_logout(Instant now, Duration within) {
  drained_ = false;
  if (ending_ != Ending::no || logout_) return;
  if (session_ == nullptr || session_->is_discovery()) {
    close_when_transmitted(CloseReason::dropped, "the target asks for no logout here (7.4.3)");
    settle(now);
    return;
  }
  if (logout_deadline_ != kNever) return;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(within).count();
  const auto parameter = static_cast<std::uint16_t>(std::clamp<std::int64_t>(seconds, 0, 0xffff));
  transmitter_.answer(
      wire::AsynchronousMessage::build({.event = wire::AsyncEvent::logout_request, .parameter3 = parameter}));
  state_.step(Event::logout_requested);
  logout_deadline_ = now + within;
}

void TargetConnectionCore::drop(Instant now) {
  drained_ = false;
  if (ending_ != Ending::no) return;
  if (session_ != nullptr && !session_->is_discovery()) {
    transmitter_.answer(wire::AsynchronousMessage::build({.event = wire::AsyncEvent::connection_drop,
                                                          .parameter1 = cid().value(),
                                                          .parameter2 = session_->request().session.default_time2wait_s,
                                                          .parameter3 = 0}));
    state_.step(Event::emergency);
  }
  close_when_transmitted(CloseReason::dropped, {});
  settle(now);
}

bool TargetConnectionCore::announce_loss(wire::Cid lost) {
  if (ending_ != Ending::no || is_logging_out_) return false;
  const auto& agreed = session_->request().session;
  transmitter_.answer(wire::AsynchronousMessage::build({.event = wire::AsyncEvent::connection_drop,
                                                        .parameter1 = lost.value(),
                                                        .parameter2 = agreed.default_time2wait_s,
                                                        .parameter3 = agreed.default_time2retain_s}));
  return true;
}

void TargetConnectionCore::session_closed() {
  state_.step(Event::session_closed);
  close_now(CloseReason::session_closed, {});
}

void TargetConnectionCore::reinstated() {
  state_.step(Event::reinstated);
  close_now(CloseReason::reinstated, {});
}

void TargetConnectionCore::close_after_answer() {
  state_.step(Event::session_closed);
  close_when_transmitted(CloseReason::reset, {});
  // This may be the verb of another connection, and the last one that this session sees.
  if (!ended() && closing_deadline_ == kNever) closing_deadline_ = session_->last_tick() + limits_.closing_time;
}

void TargetConnectionCore::close_when_transmitted(CloseReason reason, std::string detail) {
  begin_ending(Ending::when_transmitted, reason, std::move(detail));
}

void TargetConnectionCore::close_now(CloseReason reason, std::string detail) {
  begin_ending(Ending::now, reason, std::move(detail));
}

void TargetConnectionCore::begin_ending(Ending how, CloseReason reason, std::string detail) {
  if (ended()) return;
  const bool is_first = ending_ == Ending::no;
  ending_ = how;
  close_ = {.reason = reason, .detail = std::move(detail)};
  transmitter_.stop_announcing();
  if (!is_first) return;
  if (TargetSessionCore* joined = std::exchange(joining_, nullptr)) joined->join_failed(*this);
  if (session_ == nullptr) return;
  session_->connection_left(*this, leaving_for(reason));
  if (recovery_ != nullptr) recovery_->forget_all();
  if (logout_) finish_logout();
}

/// At the end of each verb: what the verb has made possible.
void TargetConnectionCore::settle(Instant now) {
  if (session_ != nullptr) session_->settle(now);
  if (ended()) return;
  if (logout_ && ending_ == Ending::no) answer_logout_when_clean();
  if (ending_ != Ending::when_transmitted) return;
  if (closing_deadline_ == kNever) closing_deadline_ = now + limits_.closing_time;
  if (transmitter_.idle()) ending_ = Ending::now;
}

}  // namespace lunway::session
