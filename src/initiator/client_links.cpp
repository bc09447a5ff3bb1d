// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the links bring: bytes to move, deadlines, the engine's outputs, their end.

#include <algorithm>
#include <array>
#include <utility>

#include "base/big_endian.h"
#include "initiator/client.h"
#include "initiator/errors.h"
#include "initiator/profile.h"

namespace lunway::initiator {
namespace {

std::span<const std::byte> whole(wire::HeaderView header) { return {header.data(), header.size()}; }

std::uint64_t number_of(const wire::Isid& isid) {
  std::uint64_t number = 0;
  for (const std::byte byte : isid.bytes()) number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return number;
}

}  // namespace

// ------------------------------------------------------------------------------------------------------- begin, end

void Client::link_connected(Link& link) {
  const bool reinstates = &link == reinstating_;
  const bool leads = &link != joining_ && !reinstates;
  if (leads) {
    portal_ = link.portal().empty() ? portal_ : link.portal();
    if (!is_recovering()) state_ = SessionState::logging_in;
    std::array<std::byte, 4> random;
    entropy_.fill(random);
    session_ = std::make_unique<session::InitiatorSession>(profile_, session::InitiatorSessionLimits{},
                                                           wire::CmdSN(load_be32(random.data())));
  }
  const bool unwanted = destroying_ || leaving_ || loss_;
  link.log_in({.session = *session_,
               .entropy = entropy_,
               .cid = reinstates ? reinstated_cid_ : wire::Cid(static_cast<std::uint16_t>(leads ? 0 : joins_)),
               .limits = make_limits(options_),
               .observer = options_.on_pdu ? this : nullptr});
  if (unwanted) link.give_up();
}

std::unique_ptr<Link> Client::removed(Link& link) {
  const auto at = std::ranges::find(links_, &link, &std::unique_ptr<Link>::get);
  std::unique_ptr<Link> gone = std::move(*at);
  links_.erase(at);
  return gone;
}

void Client::link_unreachable(Link& link, const lunway::Error& error) {
  const std::unique_ptr<Link> gone = removed(link);
  const bool reinstates = reinstating_ == &link;
  const bool leads = joining_ != &link && !reinstates;
  if (joining_ == &link) joining_ = nullptr;
  if (reinstates) reinstating_ = nullptr;
  if (destroying_) return;
  if (loss_ || leaving_) {
    if (links_.empty()) links_gone();
    return;
  }
  if (reinstates) return reinstatement_failed(nullptr, unreachable(error));
  if (leads) return connect_elsewhere(unreachable(error));
  joining_failed(unreachable(error));
}

void Client::link_closed(Link& link, runtime::TcpStream::Closed closed) {
  const std::unique_ptr<Link> gone = removed(link);
  const session::InitiatorClose& close = *link.close_reason();
  const bool reinstates = reinstating_ == &link;
  const bool leads = joining_ != &link && !reinstates && !link.is_logged_in();
  if (joining_ == &link) joining_ = nullptr;
  if (reinstates) reinstating_ = nullptr;
  if (destroying_) return;
  Error error = to_error(close);
  if (close.reason == session::InitiatorCloseReason::transport_ended) error.message += ": " + to_string(closed);
  const bool logged_out = close.reason == session::InitiatorCloseReason::logged_out;
  if (logged_out && !leaving_) error = {ErrorKind::connection_lost, 0, "logged out at the request of the target"};

  if (leads && !leaving_ && !loss_) {
    session_.reset();
    if (!redirect(close)) attempt_failed(std::move(error));
    return;
  }
  if (reinstates && !loss_ && !leaving_) return reinstatement_failed(&close, error);
  if (!link.is_logged_in() && !loss_ && !leaving_) return joining_failed(error);
  if (recovers_connections()) return connection_lost(link, link.cid(), error);
  // The target wants to be rid of one connection only, and the others go on.
  const bool goes_alone =
      logged_out && !links_.empty() && session_->state() == session::InitiatorSessionState::logged_in;
  if (goes_alone && !loss_ && !leaving_) return tell("connection to " + link.portal() + " " + error.message);
  // What the target says counts, else what was negotiated.
  //= rfc7143#11.9.1
  const bool is_said = logged_out || close.reason == session::InitiatorCloseReason::target_dropped;
  if (!loss_ && !(leaving_ && logged_out))
    lose(std::move(error), is_said ? close.time2wait_s : negotiated_.default_time2wait_s);
  if (links_.empty()) links_gone();
}

// ------------------------------------------------------------------------------------------------------ in and out

void Client::link_pump() {
  link_drain();
  for (const auto& link : links_) link->transmit();
  if (!session_) return;
  Instant deadline = session_->deadline();
  for (const auto& link : links_) deadline = std::min(deadline, link->deadline());
  timer_.arm(deadline);
  if (!gaps_.empty()) mend();
}

void Client::expired(Instant at) {
  if (!session_) return;
  session_->expire(at);
  link_drain();
  for (const auto& link : links_) link->expire(at);
  link_pump();
}

void Client::link_drain() {
  if (!session_) return;
  while (auto done = session_->next_output()) {
    // The session is of use again: the next loss is one of its own.
    if (std::holds_alternative<session::ScsiCompletion>(done->result)) {
      fruitless_losses_ = 0;
      if (state_ == SessionState::logged_in) reconnect_.succeeded();
    }
    TaskEnd& end = ends_[done->task.slot()];
    defer([end = std::exchange(end, {}), result = std::move(done->result)]() mutable { end(std::move(result)); });
  }
  // By index: what is taken may add a link.
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = *links_[i];
    while (auto output = link.next_output()) std::visit([&](auto& event) { take(link, std::move(event)); }, *output);
  }
  // The target may declare it again in the Full Feature Phase.
  //= rfc7143#13.12
  if (!links_.empty() && links_.front()->is_logged_in() && links_.front()->connection() != nullptr)
    negotiated_.max_recv_data_segment_length_target =
        links_.front()->connection()->parameters().peer_max_recv_data_segment_length;
}

// --------------------------------------------------------------------------------------------------------- outputs

void Client::take(Link& link, session::InitiatorLoggedIn event) {
  if (&link == reinstating_) return reinstated(link);
  if (&link == joining_) {
    joining_ = nullptr;
    defer([this] { join_next(); });
    return;
  }
  note(link, std::move(event));
  const bool several = url_.connections > 1 && profile_.session_type == text::SessionType::normal;
  if (!several) return joined();
  defer([this] { begin_joining(); });
}

void Client::note(const Link& leading, session::InitiatorLoggedIn event) {
  const text::SessionParameters& session = session_->parameters();
  const text::ConnectionParameters& connection = leading.connection()->parameters();
  negotiated_ = {
      .isid = number_of(profile_.isid),
      .tsih = session_->tsih().value(),
      .cid = leading.connection()->cid().value(),
      .target_portal_group_tag = event.portal_group_tag.value_or(0),
      .target_alias = std::move(event.target_alias),
      .auth_method = event.mutually_authenticated ? "CHAP (mutual)"
                     : event.authenticated        ? "CHAP"
                                                  : "None",
      .header_digest = connection.header_digest == text::Digest::crc32c,
      .data_digest = connection.data_digest == text::Digest::crc32c,
      .initial_r2t = session.initial_r2t,
      .immediate_data = session.immediate_data,
      .data_pdu_in_order = session.data_pdu_in_order,
      .data_sequence_in_order = session.data_sequence_in_order,
      .max_recv_data_segment_length_initiator = connection.our_max_recv_data_segment_length,
      .max_recv_data_segment_length_target = connection.peer_max_recv_data_segment_length,
      .max_burst_length = session.max_burst_length,
      .first_burst_length = session.first_burst_length,
      .max_outstanding_r2t = session.max_outstanding_r2t,
      .max_connections = session.max_connections,
      .default_time2wait_s = session.default_time2wait_s,
      .default_time2retain_s = session.default_time2retain_s,
      .error_recovery_level = session.error_recovery_level,
      .task_reporting = static_cast<TaskReporting>(session.task_reporting),
      .protocol_level = session.protocol_level,
  };
}

void Client::take(Link& /*link*/, const session::TargetEvent& event) {
  if (options_.on_event) tell(describe(event));
}

void Client::take(Link& /*link*/, const session::UnrelatedReject& event) {
  tell("the target rejects a PDU: " + std::string(wire::to_string(event.reason)));
}

/// The rest is done when its transport has ended.
void Client::take(Link& /*link*/, const session::InitiatorClose& /*close*/) {}

void Client::tell(std::string text) {
  if (options_.on_event) defer([this, said = std::move(text)] { options_.on_event(said); });
}

std::vector<ConnectionFacts> Client::connections() const {
  std::vector<ConnectionFacts> facts;
  for (const auto& link : links_)
    if (link->is_logged_in() && link->connection() != nullptr)
      facts.push_back({.cid = link->connection()->cid().value(), .portal = link->portal()});
  return facts;
}

// -------------------------------------------------------------------------------------------------------- observing

void Client::sent(wire::HeaderView header, Bytes data) {
  options_.on_pdu({.direction = Direction::sent, .header = whole(header), .data = data});
}

void Client::received(wire::HeaderView header, Bytes data) {
  options_.on_pdu({.direction = Direction::received, .header = whole(header), .data = data});
}

}  // namespace lunway::initiator
