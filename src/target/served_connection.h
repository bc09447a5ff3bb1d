// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One TCP connection on its shard: the engine's connection and the socket, each driven by the other.

#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tcp_stream.h"
#include "runtime/timers.h"
#include "session/target_connection.h"
#include "target/session_registry.h"

namespace lunway::target {

class ServedSession;
class ShardServer;

/// A connection on its way to the shard of the session that it joins.
struct MovingConnection {
  MovingConnection() = default;
  ~MovingConnection();
  MovingConnection(MovingConnection&& other) noexcept;
  MovingConnection& operator=(MovingConnection&&) = delete;

  int socket = -1;
  session::Portal portal;
  std::unique_ptr<session::TargetConnection> engine;
  /// Of OpenSession.
  const session::SessionRequest* request = nullptr;
  /// Bytes that came after the login.
  std::vector<std::byte> held;
};

/// Threads: its shard's. Lifetime: held by the shard until the socket is closed, or lives on at another shard.
class ServedConnection final : public runtime::TcpStream::Owner, public std::enable_shared_from_this<ServedConnection> {
 public:
  ServedConnection(ShardServer& shard, int socket, const session::Portal& portal);
  /// One that has come over from another shard.
  ServedConnection(ShardServer& shard, MovingConnection moving);
  ~ServedConnection();

  void start();
  /// Instead of start(): its login is through, and its session is on this shard.
  void start_joining();
  const std::string& peer_address() const { return portal_.peer_address; }

  /// Takes the outputs of the connection, sends what is ready, and goes on reading where it had stopped. After every
  /// verb of the connection or of its session. True when it took in bytes, which may concern the session's others.
  bool serve();

  /// Asks the initiator to log out within this time.
  void request_logout(Duration within);

  /// Ends it without a word.
  void close();

  void on_bytes(runtime::TcpStream& stream, Bytes bytes) override;
  void on_filled(runtime::TcpStream& stream) override;
  void on_sent(runtime::TcpStream& stream) override;
  void on_closed(runtime::TcpStream& stream, runtime::TcpStream::Closed closed) override;
  void on_released(runtime::TcpStream& stream, int socket) override;

 private:
  void take(Bytes input);
  void take_outputs();
  void serve_all();
  void handle(const session::OpenSession& open);
  void handle(const session::LoggedIn& logged_in);
  void handle(const session::Close& close);
  void claim_place(const NexusKey& key);
  void join(ShardServer& home);
  void join_here();
  void hand_over();
  void granted(const NexusKey& key, std::optional<wire::Tsih> tsih);

  void send_ready();
  bool read_on();
  void aim_at_window();
  void expire(Instant now);
  void end_login();

  ShardServer& shard_;
  const session::Portal portal_;
  std::unique_ptr<session::TargetConnection> engine_;
  runtime::TcpStream stream_;
  runtime::Timer timer_;
  std::shared_ptr<ServedSession> session_;
  // Of OpenSession, until it is answered.
  const session::SessionRequest* request_ = nullptr;
  // Bytes that the engine would not take yet: part of a header, or what came before it stopped.
  std::vector<std::byte> held_;
  std::size_t sending_bytes_ = 0;
  MutableBytes window_;
  // Until the login has ended.
  std::optional<std::list<ServedConnection*>::iterator> login_place_;
  // The shard of the session that it joins, when that is another one.
  ShardServer* home_ = nullptr;
  bool is_leaving_ = false;
  bool is_paused_ = false;
  bool is_closed_ = false;
};

}  // namespace lunway::target
