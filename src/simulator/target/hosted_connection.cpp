// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/target/hosted_connection.h"

#include <utility>

#include "simulator/target/target_host.h"

namespace lunway::simulator {

HostedConnection::HostedConnection(TargetHost& host, std::shared_ptr<Link> link, const session::Portal& portal,
                                   Random random)
    : host_(host),
      link_(std::move(link)),
      random_(random),
      engine_(std::make_unique<session::TargetConnection>(host.now(), host, host.entropy(), portal,
                                                          host.connection_limits())),
      sender_(std::make_shared<Sender>(host.events(), random_.fork(), link_, Role::target, [this](std::size_t count) {
        engine_->transmitted(host_.now(), count);
        host_.settle();
      })) {
  link_->attach(Role::target, this);
}

HostedConnection::~HostedConnection() {
  sender_->cancel();
  link_->abort(Role::target);
}

bool HostedConnection::take_outputs() {
  bool any = false;
  while (!closed_) {
    const auto output = engine_->next_output();
    if (!output) break;
    any = true;
    if (const auto* open = std::get_if<session::OpenSession>(&*output)) pending_ = open->request;
    if (const auto* close_output = std::get_if<session::Close>(&*output)) close(*close_output);
  }
  return any;
}

void HostedConnection::close(const session::Close& close) {
  host_.verdict().mark("target closes", session::to_string(close.reason));
  if (close.reason == session::CloseReason::protocol_error && !link_->was_damaged())
    host_.verdict().fail("the target thinks that the initiator broke a rule: " + close.detail);
  closed_ = true;
  pending_ = nullptr;
  sender_->cancel();
  link_->close(Role::target);
}

void HostedConnection::open(std::shared_ptr<HostedSession> session) {
  pending_ = nullptr;
  session_ = std::move(session);
  engine_->open(host_.now(), session_->engine());
}

void HostedConnection::refuse() {
  pending_ = nullptr;
  engine_->refuse(host_.now(), wire::LoginStatus::session_does_not_exist);
}

bool HostedConnection::read_on() {
  if (closed_) return false;
  return feed(*engine_, *link_, Role::target, random_, host_.now(), [this] {
    host_.take_outputs();
    return !closed_;
  });
}

void HostedConnection::send_ready() {
  if (closed_ || sender_->is_busy()) return;
  const std::span<const Bytes> pieces = engine_->next_transmit();
  if (!pieces.empty()) sender_->start(pieces);
}

void HostedConnection::on_bytes() { host_.settle(); }

void HostedConnection::on_end() {
  if (closed_) return;
  engine_->peer_closed(host_.now());
  host_.settle();
}

}  // namespace lunway::simulator
