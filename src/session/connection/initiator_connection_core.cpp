// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The life of a connection: its start, its deadlines, its end.

#include "session/connection/initiator_connection_core.h"

#include <cassert>
#include <utility>

namespace lunway::session {
namespace {

/// Torn data of these goes where the caller wants it; of all others into a buffer of the framer's.
constexpr wire::OpcodeSet kStreamed{wire::Opcode::data_in};

}  // namespace

std::string_view to_string(InitiatorCloseReason reason) {
  switch (reason) {
    case InitiatorCloseReason::logged_out:
      return "logged out";
    case InitiatorCloseReason::logout_failed:
      return "logout failed";
    case InitiatorCloseReason::login_refused:
      return "login refused";
    case InitiatorCloseReason::login_redirected:
      return "login redirected";
    case InitiatorCloseReason::login_timed_out:
      return "login timed out";
    case InitiatorCloseReason::authentication_failed:
      return "authentication failed";
    case InitiatorCloseReason::negotiation_failed:
      return "negotiation failed";
    case InitiatorCloseReason::protocol_error:
      return "protocol error of the target";
    case InitiatorCloseReason::header_digest:
      return "header digest error";
    case InitiatorCloseReason::data_digest:
      return "data digest error";
    case InitiatorCloseReason::recovery_failed:
      return "something was lost for good";
    case InitiatorCloseReason::target_silent:
      return "target does not answer";
    case InitiatorCloseReason::target_dropped:
      return "dropped by the target";
    case InitiatorCloseReason::transport_ended:
      return "connection lost";
  }
  return "";
}

std::string_view to_string(TaskFault fault) {
  switch (fault) {
    case TaskFault::aborted:
      return "aborted";
    case TaskFault::terminated:
      return "terminated by the target";
    case TaskFault::timed_out:
      return "timed out";
    case TaskFault::rejected:
      return "rejected by the target";
    case TaskFault::target_failure:
      return "target failure";
    case TaskFault::data_digest:
      return "data digest error";
    case TaskFault::data_refused:
      return "data was lost, and the target refuses to send it again";
    case TaskFault::data_missing:
      return "not all data moved that the response speaks of";
    case TaskFault::echo_differs:
      return "the echo differs from the ping data";
    case TaskFault::bad_text:
      return "the text of the answer cannot be read";
    case TaskFault::connection_lost:
      return "connection lost";
    case TaskFault::session_closed:
      return "session closed";
  }
  return "";
}

InitiatorConnectionCore::InitiatorConnectionCore(Instant now, InitiatorSessionCore& session, EntropySource& entropy,
                                                 wire::Cid cid, const InitiatorConnectionLimits& limits)
    : session_(session),
      cid_(cid),
      limits_(limits),
      framer_({.max_ahs_length = 0}, kStreamed),
      batch_(limits.transmit_pdus),
      login_deadline_(now + limits.login_time),
      last_heard_(now) {
  assert(!session.has_ended() && "a lost session is not continued");
  if (const auto expected = session.begin_reinstatement(cid)) exp_stat_sn_ = *expected;
  machine_.step(Event::connect_started);
  machine_.step(Event::connected);
  login_.emplace(
      session.profile(), entropy,
      InitiatorLogin::Start{
          .tsih = session.tsih(), .session = session.parameters(), .authenticated = session.is_authenticated()},
      limits);
}

InitiatorConnectionCore::~InitiatorConnectionCore() {
  if (!ended_) transport_ended(last_heard_);
}

// ------------------------------------------------------------------------------------------------------------- ends

void InitiatorConnectionCore::close(InitiatorClose close, Event event) {
  if (closing_) return;
  closing_ = true;
  login_deadline_ = logout_deadline_ = leave_by_ = kNever;
  machine_.step(event);
  outputs_.emplace_back(std::move(close));
}

void InitiatorConnectionCore::close(Reason reason, std::string_view detail, Event event) {
  close(InitiatorClose{.reason = reason, .detail = std::string(detail)}, event);
}

void InitiatorConnectionCore::transport_ended(Instant now) {
  if (ended_) return;
  ended_ = true;
  close(Reason::transport_ended, "the transport connection ended");
  drop_batch();
  if (placing_ && placing_->task != nullptr) session_.drop_view(*placing_->task);
  placing_.reset();
  const text::SessionParameters& session = session_.parameters();
  const Respite respite = respite_.value_or(Respite{session.default_time2wait_s, session.default_time2retain_s});
  session_.connection_down(now, {.cid = cid_,
                                 .logged_in = logged_in_,
                                 .graceful = graceful_,
                                 .exp_stat_sn = acknowledgeable(),
                                 .time2wait_s = respite.time2wait,
                                 .time2retain_s = respite.time2retain});
}

void InitiatorConnectionCore::drop_batch() {
  for (InitiatorTask* const task : batch_.viewed()) session_.drop_view(*task);
  batch_.clear();
}

void InitiatorConnectionCore::check_session() {
  // "all connections must be closed if the logout reason was session close"
  //= rfc7143#11.15
  if (session_.is_closed() && !closing_) {
    graceful_ = true;
    close(Reason::logged_out, "the session was closed on another connection", Event::session_closed);
  }
  if (session_.is_abandoned()) close(Reason::recovery_failed, "recovery of another connection has failed (7.1.4.3)");
  if (const auto* drop = logged_in_ && !closing_ ? session_.drop_of(cid_) : nullptr) {
    note_respite(drop->time2wait_s, drop->time2retain_s);
    close(InitiatorClose{.reason = Reason::target_dropped,
                         .detail = "announced on another connection",
                         .time2wait_s = drop->time2wait_s},
          Event::drop_announced);
  }
  if (in_login() && session_.has_ended()) close(Reason::transport_ended, "the session ended before its login");
  if (session_.gave_up(cid_)) close(Reason::target_silent, "no answer to a request that must be answered");
}

// ------------------------------------------------------------------------------------------------ outputs and time

std::optional<InitiatorConnectionOutput> InitiatorConnectionCore::next_output() {
  check_session();
  if (outputs_.empty()) return std::nullopt;
  InitiatorConnectionOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

Instant InitiatorConnectionCore::deadline() const {
  Instant deadline = std::min({login_deadline_, logout_deadline_, leave_by_});
  const bool pings =
      limits_.ping_after != Duration::zero() && logged_in_ && !closing_ && !logout_ && !session_.closing_by();
  if (pings && !keepalive_) deadline = std::min(deadline, last_heard_ + limits_.ping_after);
  if (recovery_ != nullptr && !closing_) deadline = std::min(deadline, recovery_->check_at);
  return deadline;
}

void InitiatorConnectionCore::expire(Instant now) {
  if (now >= login_deadline_) close(Reason::login_timed_out, "no Login Final-Response in time", Event::login_timed_out);
  if (now >= logout_deadline_) close(Reason::logout_failed, "no Logout Response in time", Event::logout_failed);
  if (now >= leave_by_) {
    leave_now_ = true;
    leave_by_ = kNever;
  }
  if (keepalive_ && session_.tasks().find(*keepalive_) == nullptr) keepalive_.reset();
  if (recovery_ != nullptr) recover(now);
  if (closing_ || now < deadline()) return;
  // Silence for too long.
  InitiatorTask* const ping = session_.allocate(now, limits_.ping_timeout);
  last_heard_ = now;
  if (ping == nullptr) return;
  ping->immediate = true;
  ping->allegiance = cid_;
  ping->work = PingWork{};
  keepalive_ = ping->id();
  session_.push_urgent(*ping);
}

bool InitiatorConnectionCore::is_consistent() const {
  const bool fresh = machine_.state() == State::in_login;
  if (!closing_ && in_login() != fresh) return false;
  if (placing_ && !closing_ && placing_->task != nullptr && placing_->task->views == 0) return false;
  return session_.is_consistent();
}

}  // namespace lunway::session
