// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/session_registry.h"

#include <limits>
#include <utility>

namespace lunway::target {

NexusKey nexus_key(const text::IscsiName& initiator, wire::Isid isid, const std::optional<text::IscsiName>& target,
                   std::uint16_t portal_group_tag, const session::Portal& portal) {
  NexusKey key{
      .initiator_name = initiator.text(), .isid = isid, .target_name = {}, .portal_group_tag = 0, .portal = {}};
  if (target) {
    key.target_name = target->text();
    key.portal_group_tag = portal_group_tag;
  } else {
    key.portal = text::to_string(portal.address);
  }
  return key;
}

void SessionRegistry::claim(const NexusKey& key, unsigned home, Granted granted, Evict evict) {
  std::unique_lock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) {
    const std::optional<wire::Tsih> tsih = unused_tsih();
    if (tsih) places_.emplace(key, Place{*tsih, home, std::move(evict), std::nullopt});
    lock.unlock();
    granted(tsih);
    return;
  }
  std::optional<Waiting> overtaken =
      std::exchange(found->second.next, Waiting{home, std::move(granted), std::move(evict)});
  Evict evict_holder = std::exchange(found->second.evict, nullptr);
  lock.unlock();
  if (overtaken) overtaken->granted(std::nullopt);
  if (evict_holder) evict_holder();
}

void SessionRegistry::release(const NexusKey& key, wire::Tsih tsih) {
  Granted granted;
  std::optional<wire::Tsih> next_tsih;
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end() || found->second.tsih != tsih) return;
    Place& place = found->second;
    // The new handle is taken before the old one is given back: an initiator that still uses the old one means the old
    // session.
    std::optional<Waiting> next = std::move(place.next);
    if (next) next_tsih = unused_tsih();
    if (next_tsih) {
      place = Place{*next_tsih, next->home, std::move(next->evict), std::nullopt};
    } else {
      places_.erase(found);
    }
    if (next) granted = std::move(next->granted);
    handles_.erase(tsih.value());
  }
  if (granted) granted(next_tsih);
}

std::optional<unsigned> SessionRegistry::home_of(const NexusKey& key, wire::Tsih tsih) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end() || found->second.tsih != tsih) return std::nullopt;
  return found->second.home;
}

std::size_t SessionRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return places_.size();
}

std::optional<wire::Tsih> SessionRegistry::unused_tsih() {
  if (handles_.size() == std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  // 0 is no handle: it asks for a new session.
  do {
    ++last_tsih_;
  } while (last_tsih_ == 0 || handles_.contains(last_tsih_));
  handles_.insert(last_tsih_);
  return wire::Tsih(last_tsih_);
}

}  // namespace lunway::target
