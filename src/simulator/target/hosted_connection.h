// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One connection of the simulated target: the engine's connection and its end of a link.

#pragma once

#include <memory>
#include <optional>

#include "session/target_connection.h"
#include "simulator/network/feeding.h"
#include "simulator/network/link.h"
#include "simulator/target/hosted_session.h"

namespace lunway::simulator {

class TargetHost;

class HostedConnection final : public LinkEnd, public std::enable_shared_from_this<HostedConnection> {
 public:
  HostedConnection(TargetHost& host, std::shared_ptr<Link> link, const session::Portal& portal, Random random);
  ~HostedConnection();
  HostedConnection(const HostedConnection&) = delete;
  HostedConnection& operator=(const HostedConnection&) = delete;

  session::TargetConnection& engine() { return *engine_; }
  const std::shared_ptr<HostedSession>& session() const { return session_; }
  bool has_closed() const { return closed_; }

  /// True when there were any.
  bool take_outputs();
  bool read_on();
  void send_ready();

  /// Waits for a session that it may be part of; null when it does not.
  const session::SessionRequest* pending() const { return pending_; }
  void open(std::shared_ptr<HostedSession> session);
  void refuse();

  void on_bytes() override;
  void on_room() override { sender_->on_room(); }
  void on_end() override;

 private:
  void close(const session::Close& close);

  TargetHost& host_;
  const std::shared_ptr<Link> link_;
  Random random_;
  std::unique_ptr<session::TargetConnection> engine_;
  std::shared_ptr<HostedSession> session_;
  std::shared_ptr<Sender> sender_;
  const session::SessionRequest* pending_ = nullptr;
  bool closed_ = false;
};

}  // namespace lunway::simulator
