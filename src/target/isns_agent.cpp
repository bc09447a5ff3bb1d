// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/isns_agent.h"

#include <unistd.h>

#include <cassert>
#include <utility>
#include <variant>

#include "runtime/address.h"
#include "target/isns_inventory.h"

namespace lunway::target {
namespace {

constexpr std::chrono::seconds kConnectTime(10);

runtime::Address server_address(const std::string& server) {
  return runtime::Address::parse(server, kIsnsPort).value();
}

}  // namespace

IsnsAgent::IsnsAgent(runtime::Loop& loop, const ServerConfig& config, std::vector<ServedPortal> portals)
    : loop_(loop),
      config_(config),
      portals_(std::move(portals)),
      registration_(isns_inventory(config, portals_, server_address(config.isns))) {}

void IsnsAgent::start() {
  registration_.start();
  take_outputs();
}

void IsnsAgent::change_to(const ServerConfig& config) {
  config_ = config;
  const runtime::Address seen_from = own_address_.value_or(server_address(config_.isns));
  registration_.update(loop_.now(), isns_inventory(config_, portals_, seen_from));
  take_outputs();
}

void IsnsAgent::stop(std::function<void()> ended) {
  ended_ = std::move(ended);
  registration_.stop(loop_.now());
  take_outputs();
}

void IsnsAgent::on_connected(runtime::Connector& /*connector*/, int socket) {
  const auto own = runtime::Address::local_of(socket);
  if (!is_wanted_ || !own) {
    ::close(socket);
    return connection_ended();
  }
  stream_ = std::make_unique<runtime::TcpStream>(loop_.ring(), socket, *this);
  stream_->start();
  registration_.update(loop_.now(), isns_inventory(config_, portals_, *own));
  own_address_ = *own;
  registration_.connected(loop_.now());
  take_outputs();
}

void IsnsAgent::on_connect_failed(runtime::Connector& /*connector*/, const Error& /*error*/) { connection_ended(); }

void IsnsAgent::on_bytes(runtime::TcpStream& /*stream*/, Bytes bytes) {
  if (!is_wanted_) return;
  registration_.receive(loop_.now(), bytes);
  take_outputs();
}

void IsnsAgent::on_filled(runtime::TcpStream& /*stream*/) { assert(false && "no place is ever named to the stream"); }

void IsnsAgent::on_sent(runtime::TcpStream& /*stream*/) {
  to_send_.pop_front();
  take_outputs();
}

void IsnsAgent::on_closed(runtime::TcpStream& /*stream*/, runtime::TcpStream::Closed /*closed*/) {
  stream_.reset();
  to_send_.clear();
  connection_ended();
}

void IsnsAgent::deadline_came(Instant now) {
  registration_.expire(now);
  take_outputs();
}

/// After each verb of the registration. Nothing may follow it: the agent may be gone.
void IsnsAgent::take_outputs() {
  while (auto output = registration_.next_output()) take(std::move(*output));
  deadline_.arm(registration_.deadline());

  const bool is_idle = stream_ == nullptr && !connector_.is_connecting();
  if (must_connect_ && is_idle) {
    must_connect_ = false;
    is_wanted_ = true;
    connector_.start(loop_.now(), {server_address(config_.isns)}, kConnectTime);
  } else if (stream_ != nullptr && !stream_->is_closing() && !stream_->is_sending() && !to_send_.empty()) {
    const Bytes next(to_send_.front());
    stream_->send({&next, 1});
  } else if (is_idle && registration_.has_ended() && ended_) {
    std::exchange(ended_, nullptr)();
  }
}

void IsnsAgent::take(isns::Output output) {
  if (std::holds_alternative<isns::Connect>(output)) {
    must_connect_ = true;
  } else if (auto* transmit = std::get_if<isns::Transmit>(&output)) {
    to_send_.push_back(std::move(transmit->bytes));
  } else if (const auto* event = std::get_if<isns::Event>(&output)) {
    if (config_.log) config_.log(LogLevel::event, "isns " + config_.isns + ": " + isns::describe(*event));
  } else {
    disconnect();
  }
}

/// What the stream is still sending stays in to_send_ until it has closed.
void IsnsAgent::disconnect() {
  must_connect_ = false;
  is_wanted_ = false;
  if (connector_.is_connecting()) connector_.cancel();
  if (stream_ != nullptr) stream_->close();
}

void IsnsAgent::connection_ended() {
  if (std::exchange(is_wanted_, false)) registration_.disconnected(loop_.now());
  take_outputs();
}

}  // namespace lunway::target
