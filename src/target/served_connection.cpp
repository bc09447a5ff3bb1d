// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/served_connection.h"

#include <unistd.h>

#include <utility>

#include "target/connection_log.h"
#include "target/served_session.h"
#include "target/shard_server.h"

namespace lunway::target {
namespace {

/// Below this a read of its own costs more than the copy that it saves.
constexpr std::size_t kMinWindowBytes = 16U << 10;

/// How long the peer may take to read our last words and to close. A socket that is closed over unread bytes is reset,
/// and the reset overtakes the words.
constexpr Duration kLastWordsTime = std::chrono::seconds(1);

bool has_last_words(session::CloseReason reason) {
  using session::CloseReason;
  return reason == CloseReason::login_refused || reason == CloseReason::logged_out ||
         reason == CloseReason::protocol_error || reason == CloseReason::reset;
}

NexusKey key_of(const session::SessionRequest& request) {
  return nexus_key(request.initiator_name, request.isid, request.target_name, request.portal_group_tag, request.portal);
}

}  // namespace

ServedConnection::ServedConnection(ShardServer& shard, int socket, const session::Portal& portal)
    : shard_(shard),
      portal_(portal),
      engine_(std::make_unique<session::TargetConnection>(shard.loop().now(), *shard.context().directory,
                                                          *shard.context().entropy, portal_,
                                                          shard.context().connection_limits)),
      stream_(shard.loop().ring(), socket, *this),
      timer_(runtime::Timer::calling<&ServedConnection::expire>(shard.loop().timers(), this)) {
  login_place_ = shard_.login_begins(*this);
}

ServedConnection::ServedConnection(ShardServer& shard, MovingConnection moving)
    : shard_(shard),
      portal_(std::move(moving.portal)),
      engine_(std::move(moving.engine)),
      stream_(shard.loop().ring(), std::exchange(moving.socket, -1), *this),
      timer_(runtime::Timer::calling<&ServedConnection::expire>(shard.loop().timers(), this)),
      request_(moving.request),
      held_(std::move(moving.held)) {
  login_place_ = shard_.login_begins(*this);
}

ServedConnection::~ServedConnection() { end_login(); }

MovingConnection::MovingConnection(MovingConnection&& other) noexcept
    : socket(std::exchange(other.socket, -1)),
      portal(std::move(other.portal)),
      engine(std::move(other.engine)),
      request(other.request),
      held(std::move(other.held)) {}

MovingConnection::~MovingConnection() {
  if (socket >= 0) ::close(socket);
}

void ServedConnection::start() {
  stream_.start();
  timer_.arm(engine_->deadline());
}

void ServedConnection::start_joining() {
  stream_.start();
  stream_.pause();
  is_paused_ = true;
  join_here();
  serve_all();
}

void ServedConnection::end_login() {
  if (const auto place = std::exchange(login_place_, std::nullopt)) shard_.login_ends(*place);
}

// --------------------------------------------------------------------------------------------------------- bytes in

void ServedConnection::on_bytes(runtime::TcpStream& /*stream*/, Bytes bytes) {
  if (is_closed_) return;
  if (held_.empty()) {
    take(bytes);
  } else {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    take(std::exchange(held_, {}));
  }
  aim_at_window();
  serve_all();
}

/// Feeds the engine one PDU at a time: its outputs are taken while they may look into `input`. What the engine does not
/// take is held.
void ServedConnection::take(Bytes input) {
  while (!input.empty() && !is_closed_) {
    const std::size_t count = engine_->receive(shard_.loop().now(), input);
    take_outputs();
    if (count == 0) break;
    input = input.subspan(count);
  }
  held_.assign(input.begin(), input.end());
}

/// Lets the socket read large write data to where it belongs. Only between two reads of the stream.
void ServedConnection::aim_at_window() {
  if (is_closed_ || !held_.empty()) return;
  const MutableBytes window = engine_->receive_window();
  if (window.size() < kMinWindowBytes) return;
  window_ = window;
  stream_.receive_into(window);
}

void ServedConnection::on_filled(runtime::TcpStream& /*stream*/) {
  engine_->received_into_window(shard_.loop().now(), std::exchange(window_, {}).size());
  take_outputs();
  aim_at_window();
  serve_all();
}

/// Stops reading while the engine can take nothing, and goes on when it can.
bool ServedConnection::read_on() {
  if (is_closed_ || !window_.empty()) return false;
  const bool goes_on = is_paused_ && engine_->wants_input();
  if (goes_on) {
    take(std::exchange(held_, {}));
    if (is_closed_) return true;
  }
  const bool pause = !engine_->wants_input();
  if (pause != std::exchange(is_paused_, pause)) pause ? stream_.pause() : stream_.resume();
  return goes_on;
}

// -------------------------------------------------------------------------------------------------------- bytes out

void ServedConnection::send_ready() {
  // A stream that has failed is no longer sending, and its end is not here yet.
  if (is_closed_ || stream_.is_sending() || stream_.is_closing()) return;
  const std::span<const Bytes> pieces = engine_->next_transmit();
  sending_bytes_ = 0;
  for (const Bytes piece : pieces) sending_bytes_ += piece.size();
  if (sending_bytes_ != 0) stream_.send(pieces);
}

void ServedConnection::on_sent(runtime::TcpStream& /*stream*/) {
  engine_->transmitted(shard_.loop().now(), sending_bytes_);
  serve_all();
}

// ---------------------------------------------------------------------------------------------------------- outputs

bool ServedConnection::serve() {
  if (is_leaving_) return false;
  take_outputs();
  const bool has_read = read_on();  // a connection that waits to go over only stops reading
  if (home_ == nullptr) send_ready();
  take_outputs();
  if (home_ != nullptr && !is_closed_ && !stream_.is_sending()) {
    hand_over();
    return false;
  }
  if (!is_closed_ && engine_->deadline() != timer_.deadline()) timer_.arm(engine_->deadline());
  return has_read;
}

void ServedConnection::serve_all() {
  const std::shared_ptr<ServedConnection> keep = shared_from_this();
  if (session_ != nullptr) {
    session_->drain();
  } else {
    serve();
  }
}

void ServedConnection::take_outputs() {
  if (session_ != nullptr) session_->take_outputs();
  while (auto output = engine_->next_output()) {
    std::visit([this](const auto& wanted) { handle(wanted); }, *output);
  }
}

void ServedConnection::handle(const session::OpenSession& open) {
  request_ = open.request;
  const NexusKey key = key_of(*request_);
  if (request_->tsih == wire::kNewSession) return claim_place(key);
  const auto home = shard_.context().registry->home_of(key, request_->tsih);
  join(home ? *shard_.peers()[*home] : shard_);
}

void ServedConnection::claim_place(const NexusKey& key) {
  runtime::Loop& loop = shard_.loop();
  // The place may become free on another shard, and this connection may be gone by then.
  auto granted = [&loop, weak = weak_from_this(), registry = shard_.context().registry,
                  key](std::optional<wire::Tsih> tsih) {
    loop.post([weak, registry, key, tsih](runtime::Loop&) {
      if (const std::shared_ptr<ServedConnection> self = weak.lock()) {
        self->granted(key, tsih);
      } else if (tsih) {
        registry->release(key, *tsih);
      }
    });
  };
  auto evict = [&loop, &shard = shard_, key] {
    loop.post([&shard, key](runtime::Loop&) { shard.close_session(key); });
  };
  shard_.context().registry->claim(key, shard_.index(), std::move(granted), std::move(evict));
}

/// A session and its connections are on one shard.
void ServedConnection::join(ShardServer& home) {
  if (&home == &shard_) {
    join_here();
  } else {
    home_ = &home;  // goes over as soon as nothing is being sent
  }
}

void ServedConnection::join_here() {
  const session::SessionRequest* request = std::exchange(request_, nullptr);
  session_ = shard_.find_session(key_of(*request), request->tsih);
  if (session_ == nullptr) {
    // It has ended during the login.
    engine_->refuse(shard_.loop().now(), wire::LoginStatus::session_does_not_exist);
    return;
  }
  session_->add(*this);
  engine_->open(shard_.loop().now(), session_->engine());
}

void ServedConnection::hand_over() {
  is_leaving_ = true;
  is_paused_ = false;
  timer_.disarm();
  stream_.release();
}

/// The rest of this object stays until the other shard has taken over, so that the connection is nowhere overlooked.
void ServedConnection::on_released(runtime::TcpStream& /*stream*/, int socket) {
  MovingConnection moving;
  moving.socket = socket;
  moving.portal = portal_;
  moving.engine = std::move(engine_);
  moving.request = request_;
  moving.held = std::move(held_);
  end_login();
  is_closed_ = true;
  home_->loop().post([this, home = home_, moving = std::move(moving)](runtime::Loop&) mutable {
    home->adopt(std::move(moving));
    shard_.loop().post([this](runtime::Loop&) { shard_.connection_closed(*this); });
  });
}

void ServedConnection::granted(const NexusKey& key, std::optional<wire::Tsih> tsih) {
  const session::SessionRequest* request = std::exchange(request_, nullptr);
  if (is_closed_) {
    if (tsih) shard_.context().registry->release(key, *tsih);
    return;
  }
  if (tsih) session_ = shard_.open_session(*request, *tsih, key);
  if (session_ != nullptr) {
    session_->add(*this);
    engine_->open(shard_.loop().now(), session_->engine());
    // The login may have ended meanwhile: then nobody comes.
    if (engine_->session() == nullptr) session_->engine().close();
  } else if (tsih) {
    shard_.context().registry->release(key, *tsih);
    engine_->refuse(shard_.loop().now(), wire::LoginStatus::not_found);
  } else {
    engine_->refuse(shard_.loop().now(), wire::LoginStatus::out_of_resources);
  }
  serve_all();
}

void ServedConnection::handle(const session::LoggedIn& /*logged_in*/) {
  end_login();
  const LogLine line = log_of_login(session_->engine().request(), portal_, session_->engine().tsih());
  shard_.log(line.level, line.text);
}

void ServedConnection::handle(const session::Close& close) {
  is_closed_ = true;
  held_.clear();
  const LogLine line = log_of_close(close, portal_, session_ == nullptr ? nullptr : &session_->engine().request());
  shard_.log(line.level, line.text);
  if (!has_last_words(close.reason) || !window_.empty()) return stream_.close();
  stream_.finish_sending();
  if (std::exchange(is_paused_, false)) stream_.resume();
  timer_.arm(shard_.loop().now() + kLastWordsTime);
}

void ServedConnection::request_logout(Duration within) {
  if (is_closed_ || is_leaving_) return;
  engine_->request_logout(shard_.loop().now(), within);
  serve_all();
}

void ServedConnection::close() {
  end_login();
  stream_.close();
}

void ServedConnection::expire(Instant now) {
  if (is_closed_) return stream_.close();
  engine_->expire(now);
  if (session_ != nullptr) session_->shrink();
  serve_all();
}

void ServedConnection::on_closed(runtime::TcpStream& /*stream*/, runtime::TcpStream::Closed /*closed*/) {
  const std::shared_ptr<ServedConnection> keep = shared_from_this();
  timer_.disarm();
  if (!is_closed_) {
    engine_->peer_closed(shard_.loop().now());
    take_outputs();
  }
  const std::shared_ptr<ServedSession> session = std::exchange(session_, nullptr);
  if (session != nullptr) session->remove(*this);
  shard_.connection_closed(*this);
  if (session == nullptr) return;
  // The engine's session has lost the connection when this object is gone, and it is still here: hence not at once.
  shard_.loop().post([session](runtime::Loop&) { session->drain(); });
}

}  // namespace lunway::target
