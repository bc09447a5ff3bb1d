// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which I_T nexuses have a session, on all shards: the ISID rule, session reinstatement, and session handles.
//= rfc7143#6.3.5
//= rfc7143#4.4.3
//
// A place is held by one session at a time. Who claims a place that is held has its holder closed first, and gets the
// place only when the holder has let go, that is, when the old session's tasks can no longer touch data.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "session/target_directory.h"
#include "text/name.h"
#include "wire/numbers.h"

namespace lunway::target {

/// The four-tuple that must be unique.
struct NexusKey {
  std::string initiator_name;
  wire::Isid isid;
  /// Empty in an unnamed discovery session, whose `portal` then takes the place of target and portal group.
  //= rfc7143#7.4.2.1
  std::string target_name;
  std::uint16_t portal_group_tag = 0;
  std::string portal;

  friend auto operator<=>(const NexusKey&, const NexusKey&) = default;
};

NexusKey nexus_key(const text::IscsiName& initiator, wire::Isid isid, const std::optional<text::IscsiName>& target,
                   std::uint16_t portal_group_tag, const session::Portal& portal);

/// Threads: any.
class SessionRegistry {
 public:
  /// Called once, on any thread, with the registry unlocked: the handle of the new session, or nothing when a later
  /// claim overtook this one or all handles are in use.
  using Granted = std::move_only_function<void(std::optional<wire::Tsih>)>;
  /// Called at most once, on any thread: close the session and release its place.
  using Evict = std::move_only_function<void()>;

  /// The first handle comes from `seed`, so that a server that starts again does not repeat the handles of its
  /// predecessor in the same order.
  explicit SessionRegistry(std::uint16_t seed) : last_tsih_(seed) {}

  /// Asks for the place of `key`, for a session on the shard with this index. Every grant with a handle is given back
  /// by release().
  void claim(const NexusKey& key, unsigned home, Granted granted, Evict evict);

  void release(const NexusKey& key, wire::Tsih tsih);

  /// The shard of the session with this handle; nothing when `key` has no such session.
  //= rfc7143#6.3.1
  std::optional<unsigned> home_of(const NexusKey& key, wire::Tsih tsih) const;

  std::size_t size() const;

 private:
  struct Waiting {
    unsigned home;
    Granted granted;
    Evict evict;
  };
  struct Place {
    wire::Tsih tsih;
    unsigned home;
    Evict evict;
    std::optional<Waiting> next;
  };

  std::optional<wire::Tsih> unused_tsih();

  mutable std::mutex mutex_;
  std::map<NexusKey, Place> places_;
  std::unordered_set<std::uint16_t> handles_;
  std::uint16_t last_tsih_;
};

}  // namespace lunway::target
