// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The verbs of a target's connection.

#include "session/connection/target_connection_core.h"

#include <algorithm>
#include <cassert>

#include "session/recovery/connection_recovery.h"
#include "wire/nop_in.h"

namespace lunway::session {
namespace {

/// What an initiator may send before it has learnt our own MaxRecvDataSegmentLength.
constexpr std::uint32_t kDefaultDataSegment = 8192;

}  // namespace

TargetConnectionCore::TargetConnectionCore(Instant now, TargetDirectory& directory, EntropySource& entropy,
                                           const Portal& portal, const ConnectionLimits& limits)
    : directory_(directory),
      limits_(limits),
      portal_(portal),
      framer_({.max_data_segment_length = kDefaultDataSegment}, {wire::Opcode::data_out}),
      login_(directory, entropy, portal_, limits),
      transmitter_(limits),
      text_(directory, limits),
      liveness_(limits.ping_after, limits.ping_timeout),
      login_deadline_(now + limits.login_time) {
  state_.step(Event::accepted);
  liveness_.heard(now);
}

TargetConnectionCore::~TargetConnectionCore() {
  if (ending_ == Ending::no) begin_ending(Ending::reported, CloseReason::peer_closed, {});
  if (session_ != nullptr) session_->detach(*this);
}

std::size_t TargetConnectionCore::receive(Instant now, Bytes input) {
  assert(drained_ && (session_ == nullptr || session_->drained()));
  drained_ = false;
  if (session_ != nullptr) session_->tick(now);
  if (!wants_input()) return 0;
  if (!input.empty()) liveness_.heard(now);
  Bytes rest = input;
  wire::Step step = framer_.next(rest);
  if (const auto* head = std::get_if<wire::PlaceNeeded>(&step)) {
    on_data_out_head(*head);
    step = framer_.next(rest);
  }
  on_step(now, step);
  settle(now);
  return input.size() - rest.size();
}

MutableBytes TargetConnectionCore::receive_window() const {
  return incoming_ && !ended() ? framer_.window() : MutableBytes();
}

void TargetConnectionCore::received_into_window(Instant now, std::size_t count) {
  if (ended()) return;
  assert(count <= framer_.window().size());
  drained_ = false;
  session_->tick(now);
  liveness_.heard(now);
  framer_.advanced(count);
  Bytes none;
  on_step(now, framer_.next(none));
  settle(now);
}

bool TargetConnectionCore::wants_input() const {
  if (ending_ != Ending::no || awaiting_session_ || logout_ || is_logging_out_) return false;
  if (session_ != nullptr && session_->holds_too_much()) return false;
  return transmitter_.queued_answers() < limits_.queued_answers;
}

void TargetConnectionCore::on_step(Instant now, const wire::Step& step) {
  if (const auto* pdu = std::get_if<wire::WholePdu>(&step)) on_pdu(now, *pdu);
  if (const auto* error = std::get_if<wire::FramingError>(&step)) on_framing_error(*error);
}

void TargetConnectionCore::on_pdu(Instant now, const wire::WholePdu& pdu) {
  if (is_full_feature()) {
    on_full_feature(now, pdu);
  } else {
    on_login_phase(now, pdu);
  }
}

void TargetConnectionCore::on_framing_error(const wire::FramingError& error) {
  using Kind = wire::FramingError::Kind;
  switch (error.kind) {
    case Kind::header_digest:
      // The length may be damaged, so nobody knows where the next PDU begins.
      //= rfc7143#7.8
      close_now(CloseReason::header_digest, "a header digest does not match (7.8)");
      break;
    case Kind::ahs_too_long:
      close_now(CloseReason::protocol_error, "more AHS than any command needs (11.2.2)");
      break;
    case Kind::data_segment_too_long:
      close_now(CloseReason::protocol_error, "a data segment longer than MaxRecvDataSegmentLength (13.12)");
      break;
  }
}

/// The owner has seen the outputs: the input may go away, and with it the data that was offered.
void TargetConnectionCore::keep_offered() {
  if (session_ == nullptr || offered_.generation() == 0) return;
  if (TargetTask* task = session_->tasks().find(offered_)) session_->keep_offered(*task);
  offered_ = {};
}

void TargetConnectionCore::peer_closed(Instant now) {
  drained_ = false;
  if (session_ != nullptr) session_->tick(now);
  state_.step(Event::transport_lost);
  close_now(ending_ == Ending::no ? CloseReason::peer_closed : close_.reason, close_.detail);
}

std::span<const Bytes> TargetConnectionCore::next_transmit() {
  if (ended()) return {};
  return transmitter_.next_batch();
}

void TargetConnectionCore::transmitted(Instant now, std::size_t count) {
  drained_ = false;
  transmitter_.transmitted(count);
  if (recovery_ != nullptr && recovery_->wants_acknowledgement()) ask_for_acknowledgement();
  settle(now);
}

std::optional<ConnectionOutput> TargetConnectionCore::next_output() {
  enter_when_possible();
  if (open_due_) {
    open_due_ = false;
    return OpenSession{&login_.session_request()};
  }
  if (logged_in_due_) {
    logged_in_due_ = false;
    return LoggedIn{};
  }
  if (ending_ == Ending::now) {
    ending_ = Ending::reported;
    return close_;
  }
  keep_offered();
  drained_ = true;
  return std::nullopt;
}

Instant TargetConnectionCore::deadline() const {
  if (ended()) return kNever;
  if (ending_ == Ending::when_transmitted) return closing_deadline_;
  if (!is_full_feature()) return login_deadline_;
  Instant earliest = std::min({logout_deadline_, text_.deadline(), liveness_.deadline()});
  if (recovery_ != nullptr) earliest = std::min(earliest, recovery_->deadline());
  if (!session_->management().idle()) earliest = std::min(earliest, session_->management().deadline());
  return earliest;
}

void TargetConnectionCore::expire(Instant now) {
  drained_ = false;
  if (ended() || now < deadline()) return;
  if (ending_ == Ending::when_transmitted) {
    close_now(close_.reason, close_.detail);
    return;
  }
  if (!is_full_feature()) {
    state_.step(Event::login_timed_out);
    close_now(CloseReason::login_timed_out, "the login takes too long");
    return;
  }
  session_->tick(now);
  text_.expire(now);
  session_->management().advance(now);
  if (recovery_ != nullptr) {
    if (recovery_->expire(now)) ask_for_acknowledgement();
    if (recovery_->sequences_due(now)) time_out_sequences(now);
  }
  if (now >= logout_deadline_) {
    close_now(CloseReason::logout_timed_out, "no Logout in the time that the target asked for (11.9.1)");
    return;
  }
  switch (liveness_.expire(now)) {
    case TargetLiveness::Action::none:
      break;
    case TargetLiveness::Action::ping:
      if (session_->is_discovery()) {
        close_now(CloseReason::peer_silent, "a discovery session that asks nothing");
        return;
      }
      shrink();
      transmitter_.answer(wire::NopIn::build({.ttt = session_->new_transfer_tag()}), {}, false);
      break;
    case TargetLiveness::Action::give_up:
      close_now(CloseReason::peer_silent, "no sign of life");
      return;
  }
  settle(now);
}

/// Nothing has been heard for a while: what busier times have left behind goes.
void TargetConnectionCore::shrink() {
  transmitter_.shrink();
  text_.shrink();
  session_->shrink();
}

bool TargetConnectionCore::is_full_feature() const { return session_ != nullptr; }

bool TargetConnectionCore::is_consistent() const {
  if (session_ != nullptr && !session_->is_consistent()) return false;
  if (awaiting_session_ && session_ != nullptr) return false;
  if (incoming_ && session_ == nullptr) return false;
  return transmitter_.is_consistent();
}

}  // namespace lunway::session
