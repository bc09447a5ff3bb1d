// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What one shard serves: its connections and sessions, and the commands that wait for its memory.

#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/loop.h"
#include "runtime/shard.h"
#include "session/entropy_source.h"
#include "session/limits.h"
#include "session/session_request.h"
#include "target/directory.h"
#include "target/session_registry.h"

namespace lunway::target {

class CommandExecution;
class SanitizeExecution;
class ServedConnection;
class ServedSession;
struct Disk;
struct MovingConnection;

/// What all shards of a server share. Outlives them.
struct ServerContext {
  Directory* directory = nullptr;
  SessionRegistry* registry = nullptr;
  session::EntropySource* entropy = nullptr;
  session::ConnectionLimits connection_limits;
  session::SessionLimits session_limits;
  /// Connections of the whole server that have not logged in yet. One more takes the place of the oldest of its shard,
  /// so that who says nothing does not keep others out.
  std::size_t max_logins = 1024;
  std::atomic<std::size_t> logins = 0;
  /// Sessions of a shard that have lost their last connection and wait for another one: the oldest gives way.
  std::size_t max_failed_sessions = 64;
  /// A line for the operator; may be empty. Any thread.
  std::function<void(LogLevel, const std::string&)> log;
  std::vector<class ShardServer*> shards;
  /// Called by a shard whose last connection or session has gone. Any thread.
  std::function<void()> shard_emptied;
  /// A thread that may wait for the state directory.
  runtime::Shard* keeper = nullptr;
};

/// Threads: its loop's, except where a member says otherwise.
class ShardServer {
 public:
  ShardServer(runtime::Loop& loop, ServerContext& context, unsigned index);
  /// Only when is_empty().
  ~ShardServer();

  /// A connected socket that came in at `portal`.
  void adopt(int socket, const session::Portal& portal);
  /// One that another shard has logged in, for a session of this one.
  void adopt(MovingConnection moving);

  /// Asks every initiator to log out; those that have not within this time are cut off. Sanitize operations stop.
  void request_logouts(Duration within);
  /// The directory has a new catalog: sessions get the LUNs that it gives them, and those whose target is gone are
  /// asked to log out within this time.
  void catalog_changed(Duration within);
  /// Ends every session and connection without a word.
  void close_all();
  bool is_empty() const { return connections_.empty() && sessions_.empty() && sanitizing_.empty(); }

  /// Any thread: how many connections it has, for spreading new ones.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  /// Any thread: for post() only.
  runtime::Loop& loop() { return loop_; }
  unsigned index() const { return index_; }

  // ------------------------------------------------------------------------------------------ for its connections

  ServerContext& context() { return context_; }
  const session::SessionLimits& session_limits() const { return context_.session_limits; }
  std::span<ShardServer* const> peers() const { return context_.shards; }
  std::vector<std::shared_ptr<ServedSession>> sessions() const;

  /// Null when the target went away since the login was admitted.
  std::shared_ptr<ServedSession> open_session(const session::SessionRequest& request, wire::Tsih tsih,
                                              const NexusKey& key);
  /// Null when it has ended.
  std::shared_ptr<ServedSession> find_session(const NexusKey& key, wire::Tsih tsih) const;
  void session_ended(ServedSession& session);
  /// It has lost its last connection, or found one again. May close it, or one that has waited longer.
  void session_failed(ServedSession& session, bool failed);
  /// Reinstatement: the session that holds this place makes room.
  void close_session(const NexusKey& key);
  void connection_closed(ServedConnection& connection);
  /// A login begins, and ends well or badly. The place is the connection's to keep.
  using LoginPlace = std::list<ServedConnection*>::iterator;
  LoginPlace login_begins(ServedConnection& connection);
  void login_ends(LoginPlace place);
  void log(LogLevel level, const std::string& line) const;

  /// What the disk says of its sanitize operation has changed: it is kept, and an operation that was ordered begins.
  void sanitize(std::shared_ptr<Disk> disk);
  void sanitize_ended(SanitizeExecution& execution);
  /// The disk is about to be closed: an operation stops, and goes on when the disk is opened again.
  void stop_sanitizing(const Disk& disk);

  /// The execution is told with buffer_available(), first come, first served.
  void wait_for_buffer(ServedSession& session, CommandExecution& execution);
  void stop_waiting_for_buffer(CommandExecution& execution);
  void buffers_freed();

 private:
  void drop_retained_data();

  struct BufferWaiter {
    std::weak_ptr<ServedSession> session;
    CommandExecution* execution;
  };

  std::vector<std::shared_ptr<ServedConnection>> connections() const;
  bool make_room_for_login();
  bool is_served(const session::SessionRequest& request) const;
  void tell_if_empty() const;
  void serve_buffer_waiters();
  void stop_sanitizing();

  runtime::Loop& loop_;
  ServerContext& context_;
  const unsigned index_;
  std::unordered_map<ServedConnection*, std::shared_ptr<ServedConnection>> connections_;
  std::unordered_map<ServedSession*, std::shared_ptr<ServedSession>> sessions_;
  std::list<ServedConnection*> logins_;  // the oldest first
  std::vector<std::shared_ptr<SanitizeExecution>> sanitizing_;
  std::list<ServedSession*> failed_;  // the oldest first
  std::deque<BufferWaiter> buffer_waiters_;
  bool waiters_posted_ = false;
  bool is_draining_ = false;
  std::atomic<std::size_t> load_ = 0;
};

}  // namespace lunway::target
