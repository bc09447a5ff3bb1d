// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What is registered: one network entity with its portals, its targets, and which target is reached through which
// portal.
//= rfc4171#3

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isns/attribute.h"

namespace lunway::isns {

struct Portal {
  IpAddress address{};
  std::uint16_t port = 0;
  std::uint16_t portal_group_tag = 0;

  friend bool operator==(const Portal&, const Portal&) = default;
};

struct Node {
  /// The iSCSI name in its normal form, at most kMaxNameBytes.
  std::string name;
  /// May be empty; at most kMaxTextBytes.
  std::string alias;
  /// The tags of the portal groups through which it is reached.
  std::vector<std::uint16_t> portal_groups;

  bool is_in_group(std::uint16_t portal_group_tag) const;

  friend bool operator==(const Node&, const Node&) = default;
};

struct Inventory {
  /// The Entity Identifier: unique at the server, at most kMaxTextBytes, does not begin with "isns:".
  std::string entity;
  std::vector<Portal> portals;  // at most kMaxPortals
  std::vector<Node> nodes;      // targets: at least one, at most kMaxNodes

  friend bool operator==(const Inventory&, const Inventory&) = default;
};

/// The first rule above that is broken, as a sentence for who wrote the configuration; nothing when all is well.
std::string fault_of(const Inventory& inventory);

}  // namespace lunway::isns
