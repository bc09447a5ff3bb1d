// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/inventory.h"

#include <algorithm>

#include "isns/limits.h"

namespace lunway::isns {
namespace {

bool is_text(const std::string& text, std::size_t most) { return text.size() <= most && !text.contains('\0'); }

}  // namespace

bool Node::is_in_group(std::uint16_t portal_group_tag) const {
  return std::ranges::find(portal_groups, portal_group_tag) != portal_groups.end();
}

std::string fault_of(const Inventory& inventory) {
  if (inventory.entity.empty() || !is_text(inventory.entity, kMaxTextBytes)) {
    return "an iSNS entity identifier has 1 to " + std::to_string(kMaxTextBytes) + " bytes";
  }
  // Only a server makes up such identifiers.
  //= rfc4171#6.2.1
  if (inventory.entity.starts_with("isns:")) return "an iSNS entity identifier must not begin with isns:";
  if (inventory.nodes.empty()) return "there is no target to register";
  if (inventory.nodes.size() > kMaxNodes) {
    return "more than " + std::to_string(kMaxNodes) + " targets cannot be registered with an iSNS server";
  }
  if (inventory.portals.size() > kMaxPortals) {
    return "more than " + std::to_string(kMaxPortals) + " portals cannot be registered with an iSNS server";
  }
  for (const Node& node : inventory.nodes) {
    if (node.name.empty() || !is_text(node.name, kMaxNameBytes)) return "a target's name is too long for iSNS";
    if (!is_text(node.alias, kMaxTextBytes)) return "the alias of " + node.name + " is too long for iSNS";
  }
  return {};
}

}  // namespace lunway::isns
