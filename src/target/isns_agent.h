// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Registers a server's targets with an iSNS server: one isns::Registration on one loop, with one TCP connection. What
// becomes of it holds nothing else up.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "isns/registration.h"
#include "runtime/connector.h"
#include "runtime/loop.h"
#include "runtime/tcp_stream.h"
#include "target/directory.h"
#include "target/server_config.h"

namespace lunway::target {

/// Threads: its loop's.
class IsnsAgent final : public runtime::Connector::Owner, public runtime::TcpStream::Owner {
 public:
  /// `config` names an iSNS server.
  IsnsAgent(runtime::Loop& loop, const ServerConfig& config, std::vector<ServedPortal> portals);

  void start();

  /// The server has another configuration, with the same first target: what has changed is registered.
  void change_to(const ServerConfig& config);

  /// Deregisters, within isns::Registration::Options::stop_time. `ended` is called once, on the loop, perhaps before
  /// this returns; the agent may be destroyed when that call is over.
  void stop(std::function<void()> ended);

  void on_connected(runtime::Connector& connector, int socket) override;
  void on_connect_failed(runtime::Connector& connector, const Error& error) override;
  void on_bytes(runtime::TcpStream& stream, Bytes bytes) override;
  void on_filled(runtime::TcpStream& stream) override;
  void on_sent(runtime::TcpStream& stream) override;
  void on_closed(runtime::TcpStream& stream, runtime::TcpStream::Closed closed) override;

 private:
  void deadline_came(Instant now);
  void take_outputs();
  void take(isns::Output output);
  void disconnect();
  void connection_ended();

  runtime::Loop& loop_;
  ServerConfig config_;
  const std::vector<ServedPortal> portals_;
  isns::Registration registration_;
  runtime::Timer deadline_ = runtime::Timer::calling<&IsnsAgent::deadline_came>(loop_.timers(), this);
  runtime::Connector connector_{loop_.ring(), loop_.timers(), *this};
  std::unique_ptr<runtime::TcpStream> stream_;
  std::optional<runtime::Address> own_address_;  // of the last connection
  std::deque<std::vector<std::byte>> to_send_;   // the first one is with the stream while that is sending
  bool must_connect_ = false;                    // as soon as the last connection is gone
  bool is_wanted_ = false;                       // the registration waits for, or has, the present connection
  std::function<void()> ended_;
};

}  // namespace lunway::target
