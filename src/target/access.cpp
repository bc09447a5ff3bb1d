// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/access.h"

#include <algorithm>

namespace lunway::target {
namespace {

std::unexpected<Error> wrong(std::string what) { return failure(EINVAL, std::move(what)); }

Result<std::vector<text::NamePattern>> parse_patterns(std::span<const std::string> texts) {
  std::vector<text::NamePattern> patterns;
  for (const std::string& text : texts) {
    auto pattern = text::NamePattern::parse(text);
    if (!pattern) return wrong("initiator " + text + ": " + std::string(text::describe(pattern.error())));
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

bool matches(std::span<const text::NamePattern> patterns, const text::IscsiName& name) {
  return std::ranges::any_of(patterns, [&](const text::NamePattern& pattern) { return pattern.matches(name); });
}

Result<> check_lun_access(const TargetConfig& target) {
  for (const LunAccessConfig& rule : target.lun_access) {
    if (rule.initiators.empty()) return wrong("a lun_access rule names no initiators");
    if (rule.luns.empty()) return wrong("the lun_access rule for " + rule.initiators.front() + " names no LUN");
    for (const std::uint16_t lun : rule.luns) {
      if (target.luns.contains(lun)) continue;
      return wrong("the lun_access rule for " + rule.initiators.front() + " names LUN " + std::to_string(lun) +
                   ", which the target does not have");
    }
  }
  return {};
}

/// An initiator that is sent where it comes from would go round for ever.
Result<> check_redirection(const TargetConfig& target, const ServerConfig& config) {
  if (!target.redirect) return {};
  const auto to = parse_redirection(*target.redirect);
  if (!to) return std::unexpected(to.error());
  for (const PortalGroupConfig& group : config.portal_groups) {
    if (std::ranges::find(target.portal_groups, group.tag) == target.portal_groups.end()) continue;
    for (const std::string& listen : group.listen) {
      const auto own = runtime::Address::parse(listen);
      const auto other = runtime::Address::parse(text::to_string(*to));
      if (own && other && *own == *other) {
        return wrong("the redirection leads back to " + listen + ", where the target itself is reached");
      }
    }
  }
  return {};
}

}  // namespace

Result<AccessList> AccessList::parse(const TargetConfig& target) {
  AccessList list;
  auto names = parse_patterns(target.initiators);
  if (!names) return std::unexpected(std::move(names.error()));
  list.names_ = std::move(*names);
  for (const std::string& text : target.initiator_addresses) {
    const auto network = runtime::Network::parse(text);
    if (!network) return wrong("initiator address " + network.error().message);
    list.addresses_.push_back(*network);
  }
  return list;
}

bool AccessList::admits(const Initiator& initiator) const {
  if (!names_.empty() && !matches(names_, initiator.name)) return false;
  if (addresses_.empty()) return true;
  return initiator.address && std::ranges::any_of(addresses_, [&](const runtime::Network& network) {
           return network.contains(*initiator.address);
         });
}

Result<ChapUsers> ChapUsers::parse(std::span<const ChapUser> users) {
  ChapUsers parsed;
  for (const ChapUser& user : users) {
    auto initiators = parse_patterns(user.initiators);
    if (!initiators) return wrong("CHAP user " + user.user + ": " + initiators.error().message);
    parsed.users_.push_back({{.name = user.user, .secret = text::ChapSecret(user.secret)}, std::move(*initiators)});
  }
  return parsed;
}

bool ChapUsers::User::may_be(const text::IscsiName& initiator) const {
  return initiators.empty() || matches(initiators, initiator);
}

bool ChapUsers::admit(const text::IscsiName& initiator) const {
  return users_.empty() || std::ranges::any_of(users_, [&](const User& user) { return user.may_be(initiator); });
}

std::vector<text::ChapAccount> ChapUsers::accounts_for(const text::IscsiName& initiator) const {
  std::vector<text::ChapAccount> accounts;
  for (const User& user : users_) {
    if (user.may_be(initiator)) accounts.push_back(user.account);
  }
  return accounts;
}

Result<LunVisibility> LunVisibility::parse(std::span<const LunAccessConfig> rules) {
  LunVisibility visibility;
  for (const LunAccessConfig& rule : rules) {
    auto initiators = parse_patterns(rule.initiators);
    if (!initiators) return wrong("lun_access: " + initiators.error().message);
    visibility.rules_.push_back({std::move(*initiators), rule.luns});
  }
  return visibility;
}

bool LunVisibility::shows(std::uint16_t lun, const text::IscsiName& initiator) const {
  if (shows_all()) return true;
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    return std::ranges::find(rule.luns, lun) != rule.luns.end() && matches(rule.initiators, initiator);
  });
}

Result<text::TargetAddress> parse_redirection(const RedirectConfig& redirect) {
  const auto address = text::parse_target_address(redirect.to);
  if (!address) {
    return wrong("the redirection to '" + redirect.to +
                 "' is no address such as storage.example.com:3260, 192.0.2.7:3260 or [2001:db8::7]:3260");
  }
  if (address->portal_group_tag) {
    return wrong("the redirection to " + redirect.to +
                 " carries a portal group tag, which RFC 7143 section 13.8 does not allow there");
  }
  return *address;
}

Result<> check_access(const TargetConfig& target, const ServerConfig& config) {
  const auto named = [&](const Error& error) { return wrong("target " + target.name + ": " + error.message); };
  if (const auto list = AccessList::parse(target); !list) return named(list.error());
  if (const auto visibility = LunVisibility::parse(target.lun_access); !visibility) return named(visibility.error());
  if (const auto good = check_lun_access(target); !good) return named(good.error());
  if (const auto good = check_redirection(target, config); !good) return named(good.error());
  return {};
}

}  // namespace lunway::target
