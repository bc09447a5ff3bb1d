// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/directory.h"

#include <algorithm>

namespace lunway::target {

using session::LoginAttempt;
using session::LoginPolicy;
using session::LoginRefusal;
using wire::LoginStatus;

namespace {

std::unexpected<LoginRefusal> refuse(LoginStatus status) { return std::unexpected(LoginRefusal{status, {}}); }

bool is_ipv6(const text::TargetAddress& address) { return address.host.contains(':'); }

Initiator initiator_at(const session::Portal& portal, const text::IscsiName& name) {
  const auto address = runtime::Address::parse(portal.peer_address);
  return {name, address ? std::optional(*address) : std::nullopt};
}

}  // namespace

std::shared_ptr<const Catalog> Directory::catalog() const {
  const std::lock_guard lock(mutex_);
  return catalog_;
}

void Directory::replace(std::shared_ptr<const Catalog> catalog) {
  // What the old one held on to goes after the lock.
  const std::lock_guard lock(mutex_);
  catalog_.swap(catalog);
}

std::expected<LoginPolicy, LoginRefusal> Directory::admit(const LoginAttempt& attempt) {
  const bool is_unnamed = !attempt.target_name.has_value();
  if (is_unnamed && attempt.type == text::SessionType::normal) return refuse(LoginStatus::missing_parameter);
  const std::shared_ptr<const Catalog> catalog = this->catalog();
  if (is_unnamed) {
    if (!has_session_for(attempt, 0)) return refuse(LoginStatus::session_does_not_exist);
    return catalog->discovery_of(attempt.initiator_name);
  }

  const std::uint16_t group = attempt.portal.address.portal_group_tag.value_or(0);
  const ServedTarget* target = catalog->find(*attempt.target_name);
  if (target == nullptr || !target->is_in_group(group)) return refuse(LoginStatus::not_found);
  if (!target->access.admits(initiator_at(attempt.portal, attempt.initiator_name))) {
    return refuse(LoginStatus::authorization_failure);
  }
  // Before authentication, as the RFC allows: then the secret is needed at the new place only. Who is not on the lists
  // is not told where that is.
  //= rfc7143#11.13.5
  if (target->redirection) return std::unexpected(*target->redirection);
  if (!has_session_for(attempt, group)) return refuse(LoginStatus::session_does_not_exist);
  // A discovery session sees more than the target that it names: it must pass what guards discovery.
  const bool discovers = attempt.type == text::SessionType::discovery;
  LoginPolicy policy =
      discovers ? catalog->discovery_of(attempt.initiator_name) : target->login_of(attempt.initiator_name);
  policy.portal_group_tag = group;
  return policy;
}

/// True also for a login that wants a new one.
bool Directory::has_session_for(const LoginAttempt& attempt, std::uint16_t portal_group_tag) const {
  if (attempt.tsih == wire::kNewSession) return true;
  const NexusKey key =
      nexus_key(attempt.initiator_name, attempt.isid, attempt.target_name, portal_group_tag, attempt.portal);
  return sessions_ != nullptr && sessions_->home_of(key, attempt.tsih).has_value();
}

std::vector<text::TargetRecord> Directory::list_targets(const session::Portal& portal, const text::IscsiName& initiator,
                                                        const std::optional<text::IscsiName>& target) {
  const Initiator who = initiator_at(portal, initiator);
  std::vector<text::TargetRecord> records;
  const std::shared_ptr<const Catalog> catalog = this->catalog();
  for (const ServedTarget& served : catalog->targets()) {
    if (target && served.name != *target) continue;
    if (!served.access.admits(who) || !served.users.admit(initiator)) continue;
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
    // Nobody can connect to a wildcard. It listens on every address of its family, so the one that this initiator
    // reached is one that it can use; which others it can reach is not known here.
    if (is_ipv6(portal.address) == is_ipv6(reached.address)) {
      addresses.push_back(portal.address);
      addresses.back().host = reached.address.host;
    }
  }
  // What the initiator already reaches comes first: many try the list in order.
  std::ranges::stable_partition(addresses, [&](const text::TargetAddress& address) {
    return address.host == reached.address.host && address.port == reached.address.port;
  });
  return addresses;
}

}  // namespace lunway::target
