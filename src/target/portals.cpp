// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/portals.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "target/shard_server.h"

namespace lunway::target {
namespace {

/// Without the zone of a link-local address: it is a name of ours for a link, and the initiator has its own.
text::TargetAddress target_address(const runtime::Address& address, std::optional<std::uint16_t> tag) {
  const std::string host = address.host();
  return {.host = host.substr(0, host.find('%')), .port = address.port(), .portal_group_tag = tag};
}

}  // namespace

Result<> Portals::bind(const std::vector<PortalGroupConfig>& groups) {
  for (const PortalGroupConfig& group : groups) {
    for (const std::string& text : group.listen) {
      const auto address = runtime::Address::parse(text);
      if (!address) return std::unexpected(address.error());
      auto listener = runtime::Listener::open(loop_.ring(), loop_.timers(), *address, *this,
                                              {.share_port = false, .require_ipsec = group.require_ipsec});
      if (!listener) return std::unexpected(listener.error());
      const runtime::Address& real = (*listener)->address();
      listening_.push_back({std::move(*listener), {target_address(real, group.tag), real.is_wildcard()}});
      ++open_;
    }
  }
  return {};
}

std::vector<ServedPortal> Portals::addresses() const {
  std::vector<ServedPortal> portals;
  portals.reserve(listening_.size());
  for (const Listening& listening : listening_) portals.push_back(listening.portal);
  return portals;
}

void Portals::start() {
  for (const Listening& listening : listening_) listening.listener->start();
}

void Portals::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  if (open_ == 0) return closed_();
  for (const Listening& listening : listening_) listening.listener->close();
}

void Portals::on_accepted(runtime::Listener& listener, int socket) {
  const auto local = runtime::Address::local_of(socket);
  const auto peer = runtime::Address::peer_of(socket);
  if (!local || !peer) {
    // It went away again while it waited to be accepted.
    ::close(socket);
    return;
  }
  const auto found = std::ranges::find_if(
      listening_, [&](const Listening& listening) { return listening.listener.get() == &listener; });
  session::Portal portal{.id = static_cast<std::uint32_t>(found - listening_.begin()),
                         .address = target_address(*local, found->portal.address.portal_group_tag),
                         .peer_address = peer->to_string()};
  ShardServer* shard = *std::ranges::min_element(context_.shards, {}, &ShardServer::load);
  shard->loop().post([shard, socket, portal = std::move(portal)](runtime::Loop&) { shard->adopt(socket, portal); });
}

void Portals::on_accept_paused(runtime::Listener& listener, int error, Instant /*until*/) {
  if (context_.log)
    context_.log(LogLevel::problem,
                 "accepting on " + listener.address().to_string() + " rests: " + std::strerror(error));
}

void Portals::on_listener_closed(runtime::Listener& /*listener*/) {
  if (--open_ == 0 && closed_) closed_();
}

}  // namespace lunway::target
