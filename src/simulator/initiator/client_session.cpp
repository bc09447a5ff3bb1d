// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/initiator/client_session.h"

#include <algorithm>
#include <utility>

namespace lunway::simulator {

class ClientSession::Connection final : public LinkEnd {
 public:
  Connection(ClientSession& owner, std::shared_ptr<Link> link, wire::Cid cid)
      : owner_(owner),
        link_(std::move(link)),
        random_(owner.random_.fork()),
        engine_(owner.events_.now(), *owner.session_, owner.entropy_, cid, owner.options_.connection_limits),
        sender_(
            std::make_shared<Sender>(owner.events_, random_.fork(), link_, Role::initiator, [this](std::size_t count) {
              engine_.transmitted(owner_.events_.now(), count);
              owner_.settle();
            })) {
    link_->attach(Role::initiator, this);
  }
  ~Connection() {
    sender_->cancel();
    link_->abort(Role::initiator);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  session::InitiatorConnection& engine() { return engine_; }
  bool has_closed() const { return closed_; }

  bool take_outputs() {
    bool any = false;
    while (!closed_) {
      const auto output = engine_.next_output();
      if (!output) break;
      any = true;
      if (std::holds_alternative<session::InitiatorLoggedIn>(*output)) owner_.unsettled_ = true;
      if (const auto* event = std::get_if<session::TargetEvent>(&*output))
        owner_.verdict_.mark("asynchronous message", std::to_string(static_cast<unsigned>(event->event)));
      if (const auto* close = std::get_if<session::InitiatorClose>(&*output)) end(*close);
    }
    return any;
  }

  bool read_on() {
    if (closed_) return false;
    return feed(engine_, *link_, Role::initiator, random_, owner_.events_.now(), [this] {
      owner_.take_outputs();
      return !closed_;
    });
  }

  void send_ready() {
    if (closed_ || sender_->is_busy()) return;
    const std::span<const Bytes> pieces = engine_.next_transmit(owner_.events_.now());
    if (!pieces.empty()) sender_->start(pieces);
  }

  void on_bytes() override { owner_.settle(); }
  void on_room() override { sender_->on_room(); }
  void on_end() override {
    if (closed_) return;
    sender_->cancel();
    engine_.transport_ended(owner_.events_.now());
    owner_.settle();
  }

 private:
  void end(const session::InitiatorClose& close) {
    owner_.verdict_.mark("initiator closes", session::to_string(close.reason));
    owner_.logged_out_ = close.reason == session::InitiatorCloseReason::logged_out;
    if (close.reason == session::InitiatorCloseReason::protocol_error && !link_->was_damaged())
      owner_.verdict_.fail("the initiator thinks that the target broke a rule: " + close.detail);
    // Whatever a SNACK asks for is kept, or the limits are too low.
    if (close.reason == session::InitiatorCloseReason::recovery_failed)
      owner_.verdict_.fail("the initiator has lost something for good: " + close.detail);
    closed_ = true;
    sender_->cancel();
    link_->close(Role::initiator);
    owner_.take_ends();
    engine_.transport_ended(owner_.events_.now());
  }

  ClientSession& owner_;
  const std::shared_ptr<Link> link_;
  Random random_;
  session::InitiatorConnection engine_;
  std::shared_ptr<Sender> sender_;
  bool closed_ = false;
};

ClientSession::ClientSession(EventQueue& events, Random random, Verdict& verdict, InitiatorOptions options, Dial dial,
                             ClientUser& user)
    : events_(events),
      random_(random),
      verdict_(verdict),
      options_(std::move(options)),
      dial_(std::move(dial)),
      user_(user),
      entropy_(random_.fork()) {}

ClientSession::~ClientSession() = default;

void ClientSession::log_in() {
  if (session_ != nullptr) return;
  ++life_;
  logged_out_ = false;
  next_cid_ = 0;
  free_cids_.clear();
  joins_ = false;
  const wire::CmdSN first(random_.flip() ? 0xfffffff0U + random_.between32(0, 15) : random_.between32(0, 0xffffffff));
  session_ = std::make_unique<session::InitiatorSession>(options_.profile, options_.session_limits, first);
  connect(wire::Cid(next_cid_++));
  settle();
}

void ClientSession::log_in_later() {
  const auto most = static_cast<std::uint64_t>(options_.longest_pause.count());
  events_.after(std::chrono::nanoseconds(random_.below(most)), [this, life = life_] {
    if (life == life_) log_in();
  });
}

void ClientSession::connect(wire::Cid cid) {
  const std::shared_ptr<Link> link = dial_();
  if (link != nullptr) connections_.push_back(std::make_shared<Connection>(*this, link, cid));
}

void ClientSession::crash() {
  ++life_;
  connections_.clear();
  session_.reset();
  armed_ = kNever;
  logged_in_ = false;
}

// ------------------------------------------------------------------------------------------------------- the engine

bool ClientSession::take_ends() {
  bool any = false;
  while (auto done = session_->next_output()) {
    any = true;
    user_.task_done(*done);
  }
  return any;
}

bool ClientSession::take_outputs() {
  bool any = false;
  for (bool again = true; again;) {
    again = take_ends();
    for (const auto& connection : std::vector(connections_)) again |= connection->take_outputs();
    any |= again;
  }
  return any;
}

void ClientSession::settle() {
  if (std::exchange(settling_, true)) {
    unsettled_ = true;
    return;
  }
  while (session_ != nullptr) {
    unsettled_ = false;
    take_outputs();
    for (const auto& connection : std::vector(connections_)) unsettled_ |= connection->read_on();
    take_outputs();
    for (const auto& connection : std::vector(connections_)) {
      connection->send_ready();
      take_outputs();
    }
    unsettled_ |= bury();
    check_consistency();
    if (connections_.empty()) {
      end_session();
      break;
    }
    note_login();
    join_others();
    if (!unsettled_) break;
  }
  settling_ = false;
  if (session_ != nullptr) arm();
}

bool ClientSession::bury() {
  for (const auto& connection : connections_)
    if (connection->has_closed()) free_cids_.push_back(connection->engine().cid());
  return std::erase_if(connections_, [](const auto& connection) { return connection->has_closed(); }) != 0;
}

void ClientSession::end_session() {
  take_outputs();
  session_.reset();
  logged_in_ = false;
  armed_ = kNever;
  ++life_;
  const bool logged_out = logged_out_;
  user_.session_over(logged_out);
  if (!logged_out) log_in_later();
}

/// The leading connection is through.
void ClientSession::note_login() {
  if (!goes_on() || std::exchange(logged_in_, true)) return;
  user_.logged_in();
  unsettled_ = true;
}

/// One after the other, and again when one is lost.
void ClientSession::join_others() {
  const std::uint32_t most = std::min<std::uint32_t>(options_.connections, session_->parameters().max_connections);
  if (!goes_on() || connections_.size() >= most || std::exchange(joins_, true)) return;
  const bool replaces = !free_cids_.empty();
  events_.after(std::chrono::microseconds(random_.below(replaces ? 3'000'000 : 3000)), [this, life = life_] {
    if (life != life_ || session_ == nullptr) return;
    joins_ = false;
    if (goes_on()) join_one();
    settle();
  });
}

/// With a number of its own, or in the place of one that was lost.
void ClientSession::join_one() {
  if (free_cids_.empty() || random_.flip()) return connect(wire::Cid(next_cid_++));
  const auto at = free_cids_.begin() + static_cast<std::ptrdiff_t>(random_.below(free_cids_.size()));
  const wire::Cid cid = *at;
  free_cids_.erase(at);
  verdict_.mark("session", "a connection takes the place of a lost one");
  connect(cid);
}

void ClientSession::check_consistency() {
  if (!session_->is_consistent()) verdict_.fail("initiator: InitiatorSession::is_consistent() is false");
  for (const auto& connection : connections_) {
    if (!connection->engine().is_consistent())
      verdict_.fail("initiator: InitiatorConnection::is_consistent() is false");
  }
}

void ClientSession::arm() {
  Instant next = session_->deadline();
  for (const auto& connection : connections_) next = std::min(next, connection->engine().deadline());
  if (next >= armed_) return;
  armed_ = next;
  events_.at(next, [this, next, life = life_] {
    if (life != life_ || armed_ != next || session_ == nullptr) return;
    armed_ = kNever;
    session_->expire(events_.now());
    take_outputs();
    for (const auto& connection : std::vector(connections_)) {
      if (!connection->has_closed()) connection->engine().expire(events_.now());
      take_outputs();
    }
    settle();
  });
}

}  // namespace lunway::simulator
