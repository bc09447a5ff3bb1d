// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/link.h"

#include <utility>
#include <variant>

namespace lunway::initiator {
namespace {

/// From this size on, the rest of a Data-In is read straight into its buffer. Below, one copy is cheaper than one more
/// call of the system.
constexpr std::size_t kDirectBytes = std::size_t{16} << 10;

}  // namespace

Link::Link(runtime::Loop& loop, Owner& owner)
    : loop_(loop), owner_(owner), connector_(loop.ring(), loop.timers(), *this) {}

Link::~Link() = default;

void Link::connect(std::vector<runtime::Address> addresses, Duration timeout) {
  connector_.start(clock(), std::move(addresses), timeout);
}

void Link::give_up() {
  connector_.cancel();
  if (stream_) stream_->close();
}

void Link::on_connected(runtime::Connector& /*connector*/, int socket) {
  if (const auto peer = runtime::Address::peer_of(socket)) portal_ = peer->to_string();
  stream_ = std::make_unique<runtime::TcpStream>(loop_.ring(), socket, static_cast<runtime::TcpStream::Owner&>(*this));
  owner_.link_connected(*this);
}

void Link::on_connect_failed(runtime::Connector& /*connector*/, const lunway::Error& error) {
  owner_.link_unreachable(*this, error);
}

void Link::log_in(const Login& login) {
  cid_ = login.cid;
  connection_ =
      std::make_unique<session::InitiatorConnection>(clock(), login.session, login.entropy, login.cid, login.limits);
  if (login.observer != nullptr) connection_->observe(login.observer);
  stream_->start();
  owner_.link_pump();
}

// -------------------------------------------------------------------------------------------------------------- in

void Link::on_bytes(runtime::TcpStream& stream, Bytes bytes) {
  feed(bytes);
  const MutableBytes window = connection_->receive_window();
  if (held_.empty() && window.size() >= kDirectBytes) {
    filling_bytes_ = window.size();
    stream.receive_into(window);
  }
  owner_.link_pump();
}

void Link::on_filled(runtime::TcpStream& /*stream*/) {
  connection_->received_into_window(clock(), std::exchange(filling_bytes_, 0));
  owner_.link_drain();
  owner_.link_pump();
}

void Link::feed(Bytes bytes) {
  while (!bytes.empty() && connection_->wants_input()) {
    bytes = bytes.subspan(connection_->receive(clock(), bytes));
    owner_.link_drain();
  }
  // After a close nobody wants the rest.
  if (bytes.empty() || close_) return;
  held_.assign(bytes.begin(), bytes.end());
  stream_->pause();
}

void Link::feed_held() {
  if (held_.empty() || !connection_->wants_input()) return;
  const std::vector<std::byte> bytes = std::exchange(held_, {});
  feed(bytes);
  if (held_.empty()) stream_->resume();
}

// ------------------------------------------------------------------------------------------------------------- out

void Link::transmit() {
  if (!connection_ || stream_->is_sending() || stream_->is_closing()) return;
  const std::span<const Bytes> pieces = connection_->next_transmit(clock());
  owner_.link_drain();
  if (pieces.empty() || close_) return;
  sending_bytes_ = 0;
  for (const Bytes piece : pieces) sending_bytes_ += piece.size();
  stream_->send(pieces);
}

void Link::on_sent(runtime::TcpStream& /*stream*/) {
  connection_->transmitted(clock(), std::exchange(sending_bytes_, 0));
  owner_.link_drain();
  feed_held();
  owner_.link_pump();
}

void Link::expire(Instant now) {
  if (!connection_) return;
  connection_->expire(now);
  owner_.link_drain();
}

std::optional<session::InitiatorConnectionOutput> Link::next_output() {
  if (!connection_) return std::nullopt;
  auto output = connection_->next_output();
  if (!output) return output;
  if (std::holds_alternative<session::InitiatorLoggedIn>(*output)) logged_in_ = true;
  if (const auto* close = std::get_if<session::InitiatorClose>(&*output)) {
    close_ = *close;
    stream_->close();
  }
  return output;
}

void Link::on_closed(runtime::TcpStream& /*stream*/, runtime::TcpStream::Closed closed) {
  if (connection_) {
    connection_->transport_ended(clock());
    owner_.link_drain();
    connection_.reset();
  }
  stream_.reset();
  owner_.link_closed(*this, closed);
}

}  // namespace lunway::initiator
