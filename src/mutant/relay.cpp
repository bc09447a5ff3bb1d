// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "mutant/relay.h"

#include <array>
#include <utility>

#include "conformance/peer/connection.h"
#include "proxy/login_watch.h"

namespace lunway::mutant {
namespace {

constexpr Duration kTurn = std::chrono::milliseconds(50);
constexpr Duration kConnectLimit = std::chrono::seconds(5);

wire::Role other(wire::Role side) { return side == wire::Role::initiator ? wire::Role::target : wire::Role::initiator; }

}  // namespace

/// One connection: what each side says, judged in turn, goes to the other.
class Relay::Passing {
 public:
  Passing(runtime::BlockingStream initiator, runtime::BlockingStream target, const Fault* fault)
      : fault_(fault),
        // Each end of the relay plays the side that its peer expects.
        sides_{Side(std::move(initiator), wire::Role::target), Side(std::move(target), wire::Role::initiator)},
        thread_([this](const std::stop_token& stop) { pass_on(stop); }) {}

  bool is_over() const { return over_; }

 private:
  struct Side {
    Side(runtime::BlockingStream stream, wire::Role plays)
        : exchange(std::make_unique<conformance::Exchange>()),
          connection(std::make_unique<conformance::Connection>(std::move(stream), plays, *exchange)) {}

    std::unique_ptr<conformance::Exchange> exchange;
    std::unique_ptr<conformance::Connection> connection;
    /// What it sends is passed on unread.
    bool unread = false;
    /// It has closed the connection, and its peer is not to know.
    bool gone = false;
  };

  Side& side(wire::Role role) { return sides_[std::to_underlying(role)]; }
  conformance::Connection& connection(wire::Role role) { return *side(role).connection; }

  void pass_on(const std::stop_token& stop) {
    while (!stop.stop_requested() && !ended_) {
      take_all(wire::Role::initiator);
      take_all(wire::Role::target);
      if (!ended_ && !wait()) pass_partial();
    }
    for (Side& each : sides_) each.connection->close();
    over_ = true;
  }

  /// True when there may be something to take.
  bool wait() {
    const Side& initiator = side(wire::Role::initiator);
    const Side& target = side(wire::Role::target);
    if (initiator.gone) return runtime::BlockingStream::wait_for_any({&target.connection->stream()}, kTurn);
    if (target.gone) return runtime::BlockingStream::wait_for_any({&initiator.connection->stream()}, kTurn);
    return runtime::BlockingStream::wait_for_any({&initiator.connection->stream(), &target.connection->stream()},
                                                 kTurn);
  }

  void take_all(wire::Role from) {
    if (side(from).gone) return;
    while (!ended_) {
      const conformance::Arrival arrival = connection(from).receive(Duration::zero());
      if (arrival.kind == conformance::Arrival::Kind::pdu) {
        take(from, arrival.pdu);
        continue;
      }
      if (arrival.ended() || side(from).unread) pass_rest(from);
      if (arrival.ended()) end(from);
      return;
    }
  }

  /// A PDU that does not become whole is a test's own doing: the peer is to see it as far as it goes, and nobody knows
  /// where the next one begins.
  void pass_partial() {
    pass_rest(wire::Role::initiator);
    pass_rest(wire::Role::target);
  }

  void pass_rest(wire::Role from) {
    const std::vector<std::byte> rest = connection(from).take_rest();
    if (rest.empty()) return;
    side(from).unread = true;
    connection(other(from)).send_bytes(rest);
  }

  void end(wire::Role from) {
    const bool held = fault_ != nullptr && fault_->keeps_connections && from == fault_->made_of;
    ended_ = !held;
    if (held) side(from).gone = true;
  }

  void take(wire::Role from, const Pdu& pdu) {
    Passage passage{.from = from, .in_login = !login_.is_over(), .memory = memory_, .pdu = pdu};
    const bool judged = fault_ != nullptr && !side(from).unread && fault_->apply != nullptr;
    if (judged) fault_->apply(passage);

    conformance::Connection& onward = connection(other(from));
    for (const Pdu& extra : passage.before) onward.send(extra);
    if (!passage.drop) pass(passage, pdu);
    for (const Pdu& extra : passage.after) onward.send(extra);
    for (const Pdu& answer : passage.back) connection(from).send(answer);
    if (login_.see(from, wire::HeaderView(pdu.header), pdu.data)) {
      for (Side& each : sides_) each.connection->use_digests(login_.digests());
    }
    ended_ = ended_ || passage.close;
  }

  void pass(const Passage& passage, const Pdu& came) {
    conformance::Connection& onward = connection(other(passage.from));
    if (passage.pdu == came && !passage.pdu.is_lying() && !passage.repaired) {
      onward.send_bytes(side(passage.from).exchange->events().back().bytes);
    } else {
      onward.send(passage.pdu);
    }
  }

  const Fault* fault_;
  Memory memory_;
  proxy::LoginWatch login_;
  bool ended_ = false;
  std::atomic<bool> over_ = false;
  std::array<Side, 2> sides_;  // by the peer's role
  std::jthread thread_;
};

Result<std::unique_ptr<Relay>> Relay::start(const runtime::Address& listen, const runtime::Address& to,
                                            const Fault* fault) {
  auto listener = runtime::BlockingListener::open(listen);
  if (!listener) return std::unexpected(listener.error());
  return std::unique_ptr<Relay>(new Relay(std::move(*listener), to, fault));
}

Relay::Relay(runtime::BlockingListener listener, const runtime::Address& to, const Fault* fault)
    : listener_(std::move(listener)), to_(to), fault_(fault) {
  thread_ = std::jthread([this](const std::stop_token& stop) { this->listen(stop); });
}

Relay::~Relay() {
  thread_.request_stop();
  thread_.join();
}

void Relay::listen(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::erase_if(passing_, [](const std::unique_ptr<Passing>& passing) { return passing->is_over(); });
    auto initiator = listener_.accept(kTurn);
    if (!initiator) continue;
    auto target = runtime::BlockingStream::connect(to_, kConnectLimit);
    if (!target) continue;
    passing_.push_back(std::make_unique<Passing>(std::move(*initiator), std::move(*target), fault_));
  }
}

}  // namespace lunway::mutant
