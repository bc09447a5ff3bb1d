// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/shard_server.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "target/sanitize_execution.h"
#include "target/served_connection.h"
#include "target/served_session.h"

namespace lunway::target {

ShardServer::ShardServer(runtime::Loop& loop, ServerContext& context, unsigned index)
    : loop_(loop), context_(context), index_(index) {}

ShardServer::~ShardServer() { assert(is_empty()); }

void ShardServer::adopt(int socket, const session::Portal& portal) {
  if (!make_room_for_login()) {
    log(LogLevel::problem, "closing " + portal.peer_address + ": too many connections that have not logged in");
    ::close(socket);
    return;
  }
  auto connection = std::make_shared<ServedConnection>(*this, socket, portal);
  connections_.emplace(connection.get(), connection);
  ++load_;
  connection->start();
}

void ShardServer::adopt(MovingConnection moving) {
  if (is_draining_) return;
  ++context_.logins;
  auto connection = std::make_shared<ServedConnection>(*this, std::move(moving));
  connections_.emplace(connection.get(), connection);
  ++load_;
  connection->start_joining();
}

bool ShardServer::make_room_for_login() {
  // Counted first and judged afterwards: other shards do the same at the same time.
  if (context_.logins.fetch_add(1) < context_.max_logins) return true;
  if (logins_.empty()) {
    --context_.logins;
    return false;
  }
  ServedConnection& oldest = *logins_.front();
  log(LogLevel::problem,
      "closing " + oldest.peer_address() + ": too many connections that have not logged in, and it is the oldest");
  oldest.close();
  return true;
}

ShardServer::LoginPlace ShardServer::login_begins(ServedConnection& connection) {
  return logins_.insert(logins_.end(), &connection);
}

void ShardServer::login_ends(LoginPlace place) {
  --context_.logins;
  logins_.erase(place);
}

void ShardServer::connection_closed(ServedConnection& connection) {
  if (connections_.erase(&connection) == 0) return;
  --load_;
  tell_if_empty();
}

void ShardServer::tell_if_empty() const {
  if (is_empty()) context_.shard_emptied();
}

std::shared_ptr<ServedSession> ShardServer::open_session(const session::SessionRequest& request, wire::Tsih tsih,
                                                         const NexusKey& key) {
  std::shared_ptr<const LunMap> luns;
  std::shared_ptr<scsi::PortGroups> port_groups;
  if (request.session.session_type == text::SessionType::normal) {
    const std::shared_ptr<const Catalog> catalog = context_.directory->catalog();
    const ServedTarget* target = catalog->find_served(*request.target_name, request.portal_group_tag);
    if (target == nullptr) return nullptr;
    luns = target->luns_for(request.initiator_name);
    port_groups = target->port_groups;
  }
  auto session = std::make_shared<ServedSession>(*this, request, tsih, key, std::move(luns), std::move(port_groups));
  sessions_.emplace(session.get(), session);
  return session;
}

std::shared_ptr<ServedSession> ShardServer::find_session(const NexusKey& key, wire::Tsih tsih) const {
  for (const auto& [address, session] : sessions_) {
    if (session->engine().tsih() != tsih || session->key() != key) continue;
    return is_served(session->engine().request()) ? session : nullptr;
  }
  return nullptr;
}

/// A change of the configuration may have taken the target away.
bool ShardServer::is_served(const session::SessionRequest& request) const {
  return request.session.session_type != text::SessionType::normal ||
         context_.directory->catalog()->find_served(*request.target_name, request.portal_group_tag) != nullptr;
}

void ShardServer::session_failed(ServedSession& session, bool failed) {
  failed_.remove(&session);
  if (!failed) return;
  if (is_draining_ || !is_served(session.engine().request())) return session.close();
  failed_.push_back(&session);
  if (failed_.size() > context_.max_failed_sessions) failed_.front()->close();
}

void ShardServer::session_ended(ServedSession& session) {
  const auto found = sessions_.find(&session);
  if (found == sessions_.end()) return;
  failed_.remove(&session);
  // The old session's last trace goes before its successor may begin.
  const NexusKey key = session.key();
  const wire::Tsih tsih = session.engine().tsih();
  sessions_.erase(found);
  context_.registry->release(key, tsih);
  tell_if_empty();
}

void ShardServer::close_session(const NexusKey& key) {
  for (const std::shared_ptr<ServedSession>& session : sessions()) {
    if (session->key() == key) session->close();
  }
}

std::vector<std::shared_ptr<ServedSession>> ShardServer::sessions() const {
  std::vector<std::shared_ptr<ServedSession>> all;
  all.reserve(sessions_.size());
  for (const auto& [address, session] : sessions_) all.push_back(session);
  return all;
}

std::vector<std::shared_ptr<ServedConnection>> ShardServer::connections() const {
  std::vector<std::shared_ptr<ServedConnection>> all;
  all.reserve(connections_.size());
  for (const auto& [address, connection] : connections_) all.push_back(connection);
  return all;
}

void ShardServer::request_logouts(Duration within) {
  stop_sanitizing();
  is_draining_ = true;
  for (const std::shared_ptr<ServedSession>& session : sessions()) {
    if (session->engine().has_failed()) session->close();
  }
  for (const std::shared_ptr<ServedConnection>& connection : connections()) connection->request_logout(within);
}

// A session that is opened later than this looks at the new catalog by itself: see open_session().
void ShardServer::catalog_changed(Duration within) {
  const std::shared_ptr<const Catalog> catalog = context_.directory->catalog();
  for (const std::shared_ptr<ServedSession>& session : sessions()) {
    const session::SessionRequest& request = session->engine().request();
    if (request.session.session_type != text::SessionType::normal) continue;
    if (const auto* target = catalog->find_served(*request.target_name, request.portal_group_tag)) {
      session->change_luns(*target->luns_for(request.initiator_name));
    } else {
      session->request_logout(within);
    }
  }
}

void ShardServer::close_all() {
  stop_sanitizing();
  is_draining_ = true;
  for (const std::shared_ptr<ServedSession>& session : sessions()) session->close();
  for (const std::shared_ptr<ServedConnection>& connection : connections()) connection->close();
}

void ShardServer::sanitize(std::shared_ptr<Disk> disk) {
  const auto execution = std::make_shared<SanitizeExecution>(*this, std::move(disk));
  sanitizing_.push_back(execution);
  execution->start();
  // The next start takes it up again.
  if (is_draining_) execution->stop();
}

void ShardServer::sanitize_ended(SanitizeExecution& execution) {
  std::erase_if(sanitizing_, [&](const auto& one) { return one.get() == &execution; });
  tell_if_empty();
}

/// Each takes itself out of the list, at once or when the medium lets go.
void ShardServer::stop_sanitizing() {
  for (const std::shared_ptr<SanitizeExecution>& execution : std::vector(sanitizing_)) execution->stop();
}

void ShardServer::stop_sanitizing(const Disk& disk) {
  for (const std::shared_ptr<SanitizeExecution>& execution : std::vector(sanitizing_)) {
    if (&execution->disk() == &disk) execution->stop();
  }
}

void ShardServer::log(LogLevel level, const std::string& line) const {
  if (context_.log) context_.log(level, line);
}

// ---------------------------------------------------------------------------------------------------------- buffers

void ShardServer::wait_for_buffer(ServedSession& session, CommandExecution& execution) {
  buffer_waiters_.push_back({session.weak_from_this(), &execution});
  if (buffer_waiters_.size() == 1) loop_.post([this](runtime::Loop&) { drop_retained_data(); });
}

/// What initiators have not acknowledged yet must not keep others from their data.
void ShardServer::drop_retained_data() {
  for (const std::shared_ptr<ServedSession>& session : sessions()) {
    if (buffer_waiters_.empty()) return;
    session->engine().drop_retained_data();
    session->drain();
  }
}

void ShardServer::stop_waiting_for_buffer(CommandExecution& execution) {
  std::erase_if(buffer_waiters_, [&](const BufferWaiter& waiter) { return waiter.execution == &execution; });
}

void ShardServer::buffers_freed() {
  // Not at once: the caller is in the middle of the outputs of a session.
  if (buffer_waiters_.empty() || std::exchange(waiters_posted_, true)) return;
  loop_.post([this](runtime::Loop&) {
    waiters_posted_ = false;
    serve_buffer_waiters();
  });
}

void ShardServer::serve_buffer_waiters() {
  while (!buffer_waiters_.empty()) {
    const BufferWaiter waiter = buffer_waiters_.front();
    buffer_waiters_.pop_front();
    const std::shared_ptr<ServedSession> session = waiter.session.lock();
    if (session == nullptr) continue;
    if (!waiter.execution->buffer_available()) {
      buffer_waiters_.push_front(waiter);
      return;
    }
    session->drain();
  }
}

}  // namespace lunway::target
