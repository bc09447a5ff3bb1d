// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/catalog.h"

#include <algorithm>
#include <utility>

namespace lunway::target {
namespace {

using text::KeyId;

/// What we can take in one data segment. A torn PDU is gathered in a buffer of this size.
constexpr std::uint32_t kMaxRecvDataSegmentLength = 256U << 10;
constexpr std::uint32_t kMaxBurstLength = 1U << 20;
constexpr std::uint32_t kFirstBurstLength = 256U << 10;
constexpr std::uint32_t kMaxOutstandingR2T = 16;

/// Ask for what makes transfers fast, accept whatever the RFC allows.
text::Policy negotiation_policy() {
  text::Policy policy;
  policy.number(KeyId::max_recv_data_segment_length).preferred = kMaxRecvDataSegmentLength;
  policy.number(KeyId::max_burst_length).preferred = kMaxBurstLength;
  policy.number(KeyId::first_burst_length).preferred = kFirstBurstLength;
  policy.number(KeyId::max_outstanding_r2t).preferred = kMaxOutstandingR2T;
  policy.number(KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  policy.list(KeyId::header_digest) = {text::Digest::none, text::Digest::crc32c};
  policy.list(KeyId::data_digest) = {text::Digest::none, text::Digest::crc32c};
  return policy;
}

text::ChapAccount account_of(const ChapCredentials& credentials) {
  return {.name = credentials.user, .secret = text::ChapSecret(credentials.secret)};
}

std::optional<text::ChapTarget::Config> chap_of(const Authentication& authentication) {
  if (authentication.chap.empty()) return std::nullopt;
  text::ChapTarget::Config chap;
  if (authentication.mutual_chap) chap.own = account_of(*authentication.mutual_chap);
  if (authentication.algorithms.empty()) return chap;
  chap.settings.algorithms.clear();
  for (const std::uint8_t number : authentication.algorithms) {
    if (const auto algorithm = text::chap_algorithm(number)) chap.settings.algorithms.push_back(*algorithm);
  }
  return chap;
}

session::LoginPolicy login_policy(const Authentication& authentication, const std::string& alias) {
  session::LoginPolicy policy;
  policy.chap = chap_of(authentication);
  policy.negotiation = negotiation_policy();
  policy.target_alias = alias;
  return policy;
}

session::LoginPolicy login_policy(const TargetConfig& config) {
  session::LoginPolicy policy = login_policy(config.authentication, config.alias);
  policy.may_reset_target = config.allow_reset;
  policy.negotiation.number(KeyId::max_connections).preferred = config.max_connections;
  policy.negotiation.number(KeyId::error_recovery_level).preferred = config.error_recovery_level;
  policy.negotiation.number(KeyId::default_time2wait).preferred = config.default_time2wait_s;
  policy.negotiation.number(KeyId::default_time2retain).preferred = config.default_time2retain_s;
  // No is agreed on where both sides prefer it.
  policy.negotiation.number(KeyId::data_pdu_in_order).preferred = config.data_pdu_in_order ? 1 : 0;
  policy.negotiation.number(KeyId::data_sequence_in_order).preferred = config.data_sequence_in_order ? 1 : 0;
  return policy;
}

session::LoginPolicy with_users(session::LoginPolicy policy, const ChapUsers& users, const text::IscsiName& initiator) {
  if (policy.chap) policy.chap->initiators = users.accounts_for(initiator);
  return policy;
}

std::optional<session::LoginRefusal> redirection_of(const TargetConfig& config) {
  if (!config.redirect) return std::nullopt;
  const auto to = parse_redirection(*config.redirect);
  if (!to) return std::nullopt;
  using wire::LoginStatus;
  return session::LoginRefusal{
      config.redirect->permanent ? LoginStatus::target_moved_permanently : LoginStatus::target_moved_temporarily,
      {*to}};
}

scsi::AccessState access_state(PathState state) {
  switch (state) {
    case PathState::optimized:
      return scsi::AccessState::optimized;
    case PathState::non_optimized:
      return scsi::AccessState::non_optimized;
    case PathState::standby:
      return scsi::AccessState::standby;
    case PathState::unavailable:
      return scsi::AccessState::unavailable;
  }
  std::unreachable();
}

/// A portal group is a SCSI port, and a target port group of its own.
//= rfc7143#4.4.1
std::shared_ptr<scsi::PortGroups> port_groups_of(const TargetConfig& config) {
  if (!config.alua) return nullptr;
  std::vector<scsi::PortGroups::Group> groups;
  for (const std::uint16_t tag : config.portal_groups) {
    const auto stated = config.alua->states.find(tag);
    const PathState state = stated == config.alua->states.end() ? PathState::optimized : stated->second;
    groups.push_back(
        {.id = tag, .state = access_state(state), .is_preferred = config.alua->preferred == tag, .ports = {tag}});
  }
  return std::make_shared<scsi::PortGroups>(std::move(groups), config.alua->initiators_may_set);
}

Result<ServedTarget> serve(const TargetConfig& config, const std::map<std::string, std::shared_ptr<Disk>>& disks) {
  const auto name = text::IscsiName::parse(config.name);
  if (!name) return failure(EINVAL, config.name + ": " + std::string(text::describe(name.error())));
  auto access = AccessList::parse(config);
  if (!access) return std::unexpected(std::move(access.error()));
  auto users = ChapUsers::parse(config.authentication.chap);
  if (!users) return std::unexpected(std::move(users.error()));
  auto visibility = LunVisibility::parse(config.lun_access);
  if (!visibility) return std::unexpected(std::move(visibility.error()));
  auto luns = std::make_shared<LunMap>();
  for (const auto& [number, volume] : config.luns) luns->entries.push_back({number, disks.at(volume)});
  return ServedTarget{.name = *name,
                      .portal_groups = config.portal_groups,
                      .access = std::move(*access),
                      .users = std::move(*users),
                      .visibility = std::move(*visibility),
                      .redirection = redirection_of(config),
                      .login = login_policy(config),
                      .luns = std::move(luns),
                      .port_groups = port_groups_of(config)};
}

}  // namespace

bool ServedTarget::is_in_group(std::uint16_t portal_group_tag) const {
  return std::ranges::find(portal_groups, portal_group_tag) != portal_groups.end();
}

session::LoginPolicy ServedTarget::login_of(const text::IscsiName& initiator) const {
  return with_users(login, users, initiator);
}

std::shared_ptr<const LunMap> ServedTarget::luns_for(const text::IscsiName& initiator) const {
  if (visibility.shows_all()) return luns;
  auto seen = std::make_shared<LunMap>();
  for (const LunMap::Entry& entry : luns->entries) {
    if (visibility.shows(entry.number, initiator)) seen->entries.push_back(entry);
  }
  return seen;
}

Result<Catalog> Catalog::make(const ServerConfig& config, const std::map<std::string, std::shared_ptr<Disk>>& disks) {
  Catalog catalog;
  auto discovery_users = ChapUsers::parse(config.discovery.chap);
  if (!discovery_users) return std::unexpected(std::move(discovery_users.error()));
  catalog.discovery_ = login_policy(config.discovery, "");
  catalog.discovery_users_ = std::move(*discovery_users);
  for (const TargetConfig& target : config.targets) {
    auto served = serve(target, disks);
    if (!served) return std::unexpected(served.error());
    catalog.targets_.push_back(std::move(*served));
  }
  return catalog;
}

const ServedTarget* Catalog::find_served(const text::IscsiName& name, std::uint16_t portal_group_tag) const {
  const ServedTarget* target = find(name);
  if (target == nullptr || target->redirection || !target->is_in_group(portal_group_tag)) return nullptr;
  return target;
}

session::LoginPolicy Catalog::discovery_of(const text::IscsiName& initiator) const {
  return with_users(discovery_, discovery_users_, initiator);
}

void Catalog::keep_port_groups(const Catalog& before) {
  for (ServedTarget& target : targets_) {
    const ServedTarget* const known = before.find(target.name);
    if (known != nullptr) target.port_groups = known->port_groups;
  }
}

const ServedTarget* Catalog::find(const text::IscsiName& name) const {
  const auto found = std::ranges::find(targets_, name, &ServedTarget::name);
  return found == targets_.end() ? nullptr : &*found;
}

}  // namespace lunway::target
