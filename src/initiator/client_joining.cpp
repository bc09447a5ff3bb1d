// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The further connections of a session: how many, to which portals. One after the other; a session with fewer than were
// wished for is a session all the same.
//= rfc7143#4.2.2

#include <algorithm>
#include <utility>
#include <variant>

#include "initiator/client.h"
#include "initiator/errors.h"
#include "runtime/address.h"

namespace lunway::initiator {
namespace {

/// Of a portal group: more are not used.
constexpr std::size_t kPortalsMax = 64;
/// Portals that do not answer are passed over, but not for ever.
constexpr unsigned kSpareJoins = 8;

}  // namespace

void Client::begin_joining() {
  if (!session_ || loss_ || leaving_) return;
  joins_ = 0;
  portals_.clear();
  if (negotiated_.max_connections < 2) {
    tell("one connection: MaxConnections is 1");
    return joined();
  }
  // An empty value asks for the target of this session.
  //= rfc7143#C
  auto asked = submitted(session_->send_targets(clock(), "", options_.login_timeout),
                         [this](session::TaskResult result) { take_portals(std::move(result)); });
  if (!asked) join_next();
}

/// The portals of our group, those first that we are not connected to yet. Only within a group can connections share a
/// session.
//= rfc7143#4.2.2
void Client::take_portals(session::TaskResult result) {
  if (loss_ || leaving_) return;
  if (const auto* answer = std::get_if<session::DiscoveryCompletion>(&result)) {
    for (const text::TargetRecord& record : answer->targets) {
      if (record.name != profile_.target_name) continue;
      for (const text::TargetAddress& address : record.addresses)
        if (address.portal_group_tag == negotiated_.target_portal_group_tag && portals_.size() < kPortalsMax)
          portals_.push_back(address);
    }
  }
  const auto is_ours = [this](const text::TargetAddress& address) {
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port) == portal_;
  };
  const auto ours = std::ranges::find_if(portals_, is_ours);
  if (ours != portals_.end()) std::rotate(portals_.begin(), ours + 1, portals_.end());
  join_next();
}

void Client::join_next() {
  if (loss_ || leaving_ || joined_) return;
  const unsigned wanted = std::min<unsigned>(url_.connections, negotiated_.max_connections);
  if (links_.size() >= wanted || joins_ == wanted - 1 + kSpareJoins) return joined();
  ++joins_;
  std::vector<runtime::Address> addresses;
  if (!portals_.empty()) {
    const text::TargetAddress& portal = portals_[(joins_ - 1) % portals_.size()];
    if (auto found = runtime::resolve({.host = portal.host, .port = portal.port})) addresses = std::move(*found);
  }
  // Where nothing else is named, or reached, there is the portal that we know.
  if (!links_.empty())
    if (const auto leading = runtime::Address::parse(links_.front()->portal())) addresses.push_back(*leading);
  if (addresses.empty()) return joined();
  links_.push_back(std::make_unique<Link>(*loop_, static_cast<Link::Owner&>(*this)));
  joining_ = links_.back().get();
  joining_->connect(std::move(addresses), options_.connect_timeout);
}

void Client::joining_failed(const Error& error) {
  tell("no further connection: " + error.message);
  defer([this, is_final = is_final(error)] { is_final ? joined() : join_next(); });
}

void Client::joined() {
  if (joined_ || loss_ || leaving_) return;
  joined_ = true;
  if (is_recovering()) {
    defer([this] {
      if (on_change_ && joined_ && is_recovering()) on_change_(Change::reinstated);
    });
    return;
  }
  if (state_ == SessionState::logging_in) state_ = SessionState::logged_in;
  was_open_ = true;
  told_opened({});
}

}  // namespace lunway::initiator
