// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A proxy between initiators and one target: listens, connects to the target for each connection, and does to the PDUs
// that pass what its rules say.

#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "proxy/relay.h"
#include "runtime/listener.h"

namespace lunway::proxy {

struct Options {
  runtime::Address listen;
  /// Tried in turn, for each connection.
  std::vector<runtime::Address> target;
  /// The target's names in a TargetAddress, beside its addresses.
  std::vector<text::TargetAddress> target_names;
  AddressPolicy addresses = AddressPolicy::matching;
  std::vector<Rule> rules;
  std::uint64_t seed = 1;
  /// Every connection is cut at this age; 0 is never.
  Duration cut_every{};
};

/// Belongs to the thread of its loop.
class Proxy final : runtime::Listener::Owner, Relay::Owner {
 public:
  /// A connection beyond these is closed at once.
  static constexpr std::size_t kMaxConnections = 1024;

  /// Listens and accepts from now on. `loop` and `watcher` outlive the proxy.
  static Result<std::unique_ptr<Proxy>> start(runtime::Loop& loop, Watcher& watcher, Options options);

  /// Where it really listens: the port that the system chose in place of 0.
  const runtime::Address& address() const { return listener_->address(); }

  /// Closes everything; Watcher::on_stopped() follows, and then the proxy may be destroyed, but not inside the call.
  void stop();

 private:
  Proxy(runtime::Loop& loop, Watcher& watcher, Options options);

  void on_accepted(runtime::Listener& listener, int socket) override;
  void on_listener_closed(runtime::Listener& listener) override;
  void on_relay_ended(Relay& relay) override;
  void settle();
  Exchange::Setup setup_for(int socket);

  runtime::Loop& loop_;
  Watcher& watcher_;
  Options options_;
  RuleBook rules_;
  Relay::Shared shared_;
  std::unique_ptr<runtime::Listener> listener_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Relay>> relays_;
  std::uint64_t accepted_ = 0;
  bool listening_ = true;
};

}  // namespace lunway::proxy
