// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/relay.h"

#include <algorithm>
#include <utility>

namespace lunway::proxy {
namespace {

wire::Role other(wire::Role side) { return side == wire::Role::initiator ? wire::Role::target : wire::Role::initiator; }

std::string address_text(const Result<runtime::Address>& address) {
  return address ? address->to_string() : std::string("unknown");
}

}  // namespace

Relay::Relay(Shared& shared, int socket, Exchange::Setup setup)
    : shared_(shared),
      exchange_(std::move(setup), shared.rules, shared.watcher),
      initiator_(shared.loop.ring(), socket, *this),
      connector_(shared.loop.ring(), shared.loop.timers(), *this),
      due_(runtime::Timer::calling<&Relay::due>(shared.loop.timers(), this)),
      old_(runtime::Timer::calling<&Relay::grown_old>(shared.loop.timers(), this)) {}

void Relay::start() {
  state_ = State::connecting;
  connector_.start(shared_.loop.now(), shared_.target, kConnectTime);
}

void Relay::close(std::string_view why) {
  if (state_ == State::relaying) return close_both(why, false);
  stopped_ = why;
  if (state_ == State::connecting) connector_.cancel();
}

void Relay::on_connected(runtime::Connector& /*connector*/, int socket) {
  Stream::Owner& owner = *this;
  target_ = std::make_unique<Stream>(shared_.loop.ring(), socket, owner);
  state_ = State::relaying;
  const Instant now = shared_.loop.now();
  shared_.watcher.on_opened(now, number(), address_text(runtime::Address::peer_of(initiator_.socket())),
                            address_text(runtime::Address::peer_of(socket)));
  if (shared_.cut_every != Duration()) old_.arm(now + shared_.cut_every);
  initiator_.start();
  target_->start();
  if (!stopped_.empty()) close_both(stopped_, false);
}

void Relay::on_connect_failed(runtime::Connector& /*connector*/, const Error& error) {
  why_ = stopped_.empty() ? "the target cannot be reached: " + error.message : stopped_;
  end();
}

void Relay::on_bytes(Stream& stream, Bytes bytes) {
  const wire::Role from = side_of(stream);
  exchange_.receive(shared_.loop.now(), from, bytes);
  if (exchange_.is_full(from)) stream.pause();
  pump(from);
}

void Relay::on_sent(Stream& stream) {
  const wire::Role from = other(side_of(stream));
  exchange_.outbox(from).sent();
  if (!exchange_.is_full(from)) stream_of(from).resume();
  pump(from);
}

void Relay::on_peer_finished(Stream& stream) {
  const wire::Role from = side_of(stream);
  exchange_.finish(shared_.loop.now(), from);
  pump(from);
}

void Relay::on_closed(Stream& stream, Stream::Closed closed) {
  const wire::Role side = side_of(stream);
  if (state_ == State::relaying) {
    close_both((side == wire::Role::initiator ? "the initiator: " : "the target: ") + runtime::to_string(closed), true);
  }
  if (++streams_ended_ == 2) end();
}

void Relay::due(Instant /*now*/) {
  pump(wire::Role::initiator);
  pump(wire::Role::target);
}

void Relay::grown_old(Instant /*now*/) {
  if (state_ == State::relaying) close_both("cut at its age", false);
}

/// Goes on with what `from` has said, as far as the other side takes it.
void Relay::pump(wire::Role from) {
  if (state_ != State::relaying) return;
  Outbox& outbox = exchange_.outbox(from);
  const std::span<const Bytes> pieces = outbox.begin_send(shared_.loop.now());
  if (!pieces.empty()) pass(from, pieces);
  if (outbox.reached_end() != Outbox::End::none) reach_end(from, outbox.reached_end());
  arm();
}

void Relay::pass(wire::Role from, std::span<const Bytes> pieces) {
  for (const Bytes piece : pieces) shared_.watcher.on_passed(shared_.loop.now(), number(), from, piece);
  stream_of(other(from)).send(pieces);
}

void Relay::reach_end(wire::Role from, Outbox::End end) {
  if (end != Outbox::End::finish) {
    const bool reset = end == Outbox::End::reset;
    return close_both(reset ? "reset by a rule" : "cut by a rule", reset);
  }
  if (!std::exchange(finished_[std::to_underlying(from)], true)) stream_of(other(from)).finish_sending();
  if (finished_[0] && finished_[1]) close_both("both sides have finished", false);
}

void Relay::arm() {
  due_.arm(
      std::min(exchange_.outbox(wire::Role::initiator).deadline(), exchange_.outbox(wire::Role::target).deadline()));
}

void Relay::close_both(std::string_view why, bool reset) {
  if (std::exchange(state_, State::closing) == State::closing) return;
  why_ = why;
  due_.disarm();
  old_.disarm();
  for (Stream* stream : {&initiator_, target_.get()}) {
    if (reset) {
      stream->reset();
    } else {
      stream->close();
    }
  }
}

void Relay::end() {
  shared_.watcher.on_closed(shared_.loop.now(), number(), why_);
  shared_.owner.on_relay_ended(*this);
}

wire::Role Relay::side_of(const Stream& stream) const {
  return &stream == &initiator_ ? wire::Role::initiator : wire::Role::target;
}

}  // namespace lunway::proxy
