// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What of a server's configuration is registered with an iSNS server.

#pragma once

#include <cstdint>
#include <span>

#include "isns/inventory.h"
#include "runtime/address.h"
#include "target/directory.h"
#include "target/server_config.h"

namespace lunway::target {

//= rfc4171#5.6
inline constexpr std::uint16_t kIsnsPort = 3205;

/// The entity is called as the first target: no other server has that name. `seen_from` is our own end of the
/// connection to the iSNS server. It stands in for portals that listen everywhere; portals on loopback are left out
/// unless it is on loopback too, because nobody else could reach them.
isns::Inventory isns_inventory(const ServerConfig& config, std::span<const ServedPortal> portals,
                               const runtime::Address& seen_from);

}  // namespace lunway::target
