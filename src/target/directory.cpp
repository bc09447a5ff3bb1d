// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/directory.h"

#include <algorithm>

namespace lunway::target {

using session::LoginAttempt;
using session::LoginPolicy;
using session::LoginRefusal;
using wire::LoginStatus;

std::expected<LoginPolicy, LoginRefusal> Directory::admit(const LoginAttempt& attempt) {
  const bool is_unnamed = !attempt.target_name.has_value();
  if (is_unnamed && attempt.type == text::SessionType::normal) {
    return std::unexpected(LoginRefusal{LoginStatus::missing_parameter, {}});
  }
  // Sessions have one connection, so there is never a place in one.
  if (attempt.tsih.value() != 0) return std::unexpected(LoginRefusal{LoginStatus::session_does_not_exist, {}});
  if (is_unnamed) return catalog_->discovery();

  const std::uint16_t group = attempt.portal.address.portal_group_tag.value_or(0);
  const ServedTarget* target = catalog_->find(*attempt.target_name);
  if (target == nullptr || !target->is_in_group(group)) {
    return std::unexpected(LoginRefusal{LoginStatus::not_found, {}});
  }
  if (!target->admits(attempt.initiator_name)) {
    return std::unexpected(LoginRefusal{LoginStatus::authorization_failure, {}});
  }
  LoginPolicy policy = target->login;
  policy.portal_group_tag = group;
  return policy;
}

std::vector<text::TargetRecord> Directory::list_targets(const session::Portal& portal, const text::IscsiName& initiator,
                                                        const std::optional<text::IscsiName>& target) {
  std::vector<text::TargetRecord> records;
  for (const ServedTarget& served : catalog_->targets()) {
    if (target && served.name != *target) continue;
    if (!served.admits(initiator)) continue;
    std::vector<text::TargetAddress> addresses = addresses_of(served, portal);
    if (!addresses.empty()) records.push_back({served.name.text(), std::move(addresses)});
  }
  return records;
}

std::vector<text::TargetAddress> Directory::addresses_of(const ServedTarget& target,
                                                         const session::Portal& reached) const {
  std::vector<text::TargetAddress> addresses;
  for (std::size_t i = 0; i < portals_.size(); ++i) {
    const ServedPortal& portal = portals_[i];
    const std::uint16_t group = portal.address.portal_group_tag.value_or(0);
    if (!target.is_in_group(group)) continue;
    if (!portal.is_wildcard) {
      addresses.push_back(portal.address);
      continue;
    }
    // Nobody can connect to a wildcard. The address that this initiator reached is one that it can use again; of
    // another wildcard portal no address is known to be reachable.
    if (i == reached.id) {
      addresses.push_back(reached.address);
      addresses.back().portal_group_tag = group;
    }
  }
  // What the initiator already reaches comes first: many try the list in order.
  std::ranges::stable_partition(addresses, [&](const text::TargetAddress& address) {
    return address.host == reached.address.host && address.port == reached.address.port;
  });
  return addresses;
}

}  // namespace lunway::target
