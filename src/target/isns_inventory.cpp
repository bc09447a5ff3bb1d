// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/isns_inventory.h"

#include <algorithm>
#include <optional>

#include "text/name.h"

namespace lunway::target {
namespace {

//= rfc4171#6.3.1
isns::IpAddress ip_address(const runtime::Address& address) {
  isns::IpAddress bytes{};
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.raw());
    copy_bytes(bytes, std::as_bytes(std::span(v6->sin6_addr.s6_addr)));
    return bytes;
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.raw());
  bytes[10] = bytes[11] = std::byte{0xff};
  copy_bytes(MutableBytes(bytes).last<4>(), std::as_bytes(std::span(&v4->sin_addr, 1)));
  return bytes;
}

/// Where a portal is reached by those who ask the iSNS server; nothing when it is not.
std::optional<runtime::Address> reachable(const ServedPortal& portal, const runtime::Address& seen_from) {
  text::TargetAddress written = portal.address;
  written.portal_group_tag.reset();
  const auto address = runtime::Address::parse(text::to_string(written));
  if (!address) return std::nullopt;
  if (portal.is_wildcard) return address->family() == seen_from.family() ? std::optional(seen_from) : std::nullopt;
  if (address->is_loopback() && !seen_from.is_loopback()) return std::nullopt;
  return *address;
}

}  // namespace

isns::Inventory isns_inventory(const ServerConfig& config, std::span<const ServedPortal> portals,
                               const runtime::Address& seen_from) {
  isns::Inventory inventory;
  for (const TargetConfig& target : config.targets) {
    inventory.nodes.push_back({.name = text::IscsiName::parse(target.name)->text(),
                               .alias = target.alias,
                               .portal_groups = target.portal_groups});
  }
  inventory.entity = inventory.nodes.front().name;
  for (const ServedPortal& portal : portals) {
    const auto address = reachable(portal, seen_from);
    if (!address) continue;
    const isns::Portal one{.address = ip_address(*address),
                           .port = portal.address.port,
                           .portal_group_tag = *portal.address.portal_group_tag};
    // An address of its own beside one that listens everywhere: the server wants each portal once.
    const bool is_known = std::ranges::any_of(inventory.portals, [&](const isns::Portal& other) {
      return other.address == one.address && other.port == one.port;
    });
    if (!is_known) inventory.portals.push_back(one);
  }
  return inventory;
}

}  // namespace lunway::target
