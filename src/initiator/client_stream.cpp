// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Bytes between engine and socket, and the engine's outputs.

#include <algorithm>
#include <utility>

#include "initiator/client.h"
#include "initiator/errors.h"

namespace lunway::initiator {
namespace {

/// From this size on, the rest of a Data-In is read straight into its buffer. Below, one copy is cheaper than one more
/// call of the system.
constexpr std::size_t kDirectBytes = std::size_t{16} << 10;

std::span<const std::byte> whole(wire::HeaderView header) { return {header.data(), header.size()}; }

std::uint64_t number_of(const wire::Isid& isid) {
  std::uint64_t number = 0;
  for (const std::byte byte : isid.bytes()) number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return number;
}

}  // namespace

// -------------------------------------------------------------------------------------------------------------- in

void Client::on_bytes(runtime::TcpStream& stream, Bytes bytes) {
  feed(bytes);
  const MutableBytes window = connection_->receive_window();
  if (held_.empty() && window.size() >= kDirectBytes) {
    filling_bytes_ = window.size();
    stream.receive_into(window);
  }
  pump();
}

void Client::on_filled(runtime::TcpStream& /*stream*/) {
  connection_->received_into_window(clock(), std::exchange(filling_bytes_, 0));
  pump();
}

void Client::feed(Bytes bytes) {
  while (!bytes.empty() && connection_->wants_input()) {
    bytes = bytes.subspan(connection_->receive(clock(), bytes));
    drain();
  }
  // After a close nobody wants the rest.
  if (bytes.empty() || close_) return;
  held_.assign(bytes.begin(), bytes.end());
  stream_->pause();
}

void Client::feed_held() {
  if (held_.empty() || !connection_->wants_input()) return;
  const std::vector<std::byte> bytes = std::exchange(held_, {});
  feed(bytes);
  if (held_.empty()) stream_->resume();
}

// ------------------------------------------------------------------------------------------------------------- out

void Client::pump() {
  drain();
  transmit();
  if (connection_) timer_.arm(std::min(session_->deadline(), connection_->deadline()));
}

void Client::transmit() {
  if (!stream_ || stream_->is_sending() || stream_->is_closing()) return;
  const std::span<const Bytes> pieces = connection_->next_transmit(clock());
  drain();
  if (pieces.empty() || close_) return;
  sending_bytes_ = 0;
  for (const Bytes piece : pieces) sending_bytes_ += piece.size();
  stream_->send(pieces);
}

void Client::on_sent(runtime::TcpStream& /*stream*/) {
  connection_->transmitted(clock(), std::exchange(sending_bytes_, 0));
  drain();
  feed_held();
  pump();
}

void Client::expired(Instant at) {
  if (!connection_) return;
  session_->expire(at);
  drain();
  connection_->expire(at);
  pump();
}

// --------------------------------------------------------------------------------------------------------- outputs

void Client::drain() {
  if (!session_) return;
  while (auto done = session_->next_output()) {
    TaskEnd& end = ends_[done->task.slot()];
    defer([end = std::exchange(end, {}), result = std::move(done->result)]() mutable { end(std::move(result)); });
  }
  while (connection_) {
    auto output = connection_->next_output();
    if (!output) break;
    std::visit([this](auto& event) { take(std::move(event)); }, *output);
  }
  // The target may declare it again in the Full Feature Phase.
  //= rfc7143#13.12
  if (connection_ && state_ == SessionState::logged_in)
    negotiated_.max_recv_data_segment_length_target = connection_->parameters().peer_max_recv_data_segment_length;
}

void Client::take(session::InitiatorLoggedIn event) {
  const text::SessionParameters& session = session_->parameters();
  const text::ConnectionParameters& connection = connection_->parameters();
  negotiated_ = {
      .isid = number_of(profile_.isid),
      .tsih = session_->tsih().value(),
      .cid = connection_->cid().value(),
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
  if (state_ == SessionState::logging_in) state_ = SessionState::logged_in;
  told_opened({});
}

void Client::take(const session::TargetEvent& event) {
  if (options_.on_event) defer([this, text = describe(event)] { options_.on_event(text); });
}

void Client::take(const session::UnrelatedReject& event) {
  if (!options_.on_event) return;
  const std::string text = "the target rejects a PDU: " + std::string(wire::to_string(event.reason));
  defer([this, text] { options_.on_event(text); });
}

void Client::take(session::InitiatorClose close) {
  close_ = std::move(close);
  if (stream_) stream_->close();
}

void Client::on_closed(runtime::TcpStream& /*stream*/, runtime::TcpStream::Closed closed) {
  const bool by_engine = close_.has_value();
  connection_->transport_ended(clock());
  drain();
  connection_.reset();
  session_.reset();
  stream_.reset();
  held_.clear();
  if (redirect()) return;
  if (close_->reason == session::InitiatorCloseReason::logged_out && leaving_) return end(std::nullopt);
  Error error = to_error(*close_);
  if (!by_engine) error.message += ": " + to_string(closed);
  if (close_->reason == session::InitiatorCloseReason::logged_out) {
    error = {ErrorKind::connection_lost, 0, "logged out at the request of the target"};
  }
  end(std::move(error));
}

// -------------------------------------------------------------------------------------------------------- observing

void Client::sent(wire::HeaderView header, Bytes data) {
  options_.on_pdu({.direction = Direction::sent, .header = whole(header), .data = data});
}

void Client::received(wire::HeaderView header, Bytes data) {
  options_.on_pdu({.direction = Direction::received, .header = whole(header), .data = data});
}

}  // namespace lunway::initiator
