// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The listening sockets of a server, all on one shard, which hands what it accepts to the shard with the least to do.

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "runtime/listener.h"
#include "runtime/loop.h"
#include "target/directory.h"
#include "target/server_config.h"

namespace lunway::target {

struct ServerContext;

/// Threads: those of `loop`, after the constructor.
class Portals final : public runtime::Listener::Owner {
 public:
  Portals(runtime::Loop& loop, ServerContext& context) : loop_(loop), context_(context) {}

  /// Binds every address of the configuration; accepts nothing yet. On failure some are bound: close().
  Result<> bind(const std::vector<PortalGroupConfig>& groups);

  /// What was bound, with real ports, in the order of Portal::id.
  std::vector<ServedPortal> addresses() const;

  void start();

  /// `closed` is called on the loop when no listener is left.
  void close(std::function<void()> closed);

  void on_accepted(runtime::Listener& listener, int socket) override;
  void on_accept_paused(runtime::Listener& listener, int error, Instant until) override;
  void on_listener_closed(runtime::Listener& listener) override;

 private:
  struct Listening {
    std::unique_ptr<runtime::Listener> listener;
    ServedPortal portal;
  };

  runtime::Loop& loop_;
  ServerContext& context_;
  std::vector<Listening> listening_;
  std::size_t open_ = 0;
  std::function<void()> closed_;
};

}  // namespace lunway::target
