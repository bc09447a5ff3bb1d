// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Asymmetric logical unit access (SPC-4, 5.15): in which state the logical units of a target are behind each of its
// target port groups. A path that is not the best, or rests, is a state of the group that the nexus came through.

#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace lunway::scsi {

class Nexus;
struct NexusIdentity;

/// ASYMMETRIC ACCESS STATE.
enum class AccessState : std::uint8_t {
  optimized = 0x0,
  non_optimized = 0x1,
  standby = 0x2,
  unavailable = 0x3,
  transitioning = 0xf,
};

/// In which states a command is worked on; each with those before it.
enum class Reach : std::uint8_t { active, standby, unavailable, always };

/// What a path has to let through. Everything passes where it is Reach::active.
Reach reach_wanted(AccessState state);

/// Threads: any. One for each target; shared by its nexuses, which it outlives.
class PortGroups {
 public:
  /// STATUS CODE: who changed the state.
  enum class Cause : std::uint8_t { none = 0, explicit_command = 1, implicit = 2 };

  struct Group {
    std::uint16_t id = 1;
    AccessState state = AccessState::optimized;
    bool is_preferred = false;
    Cause cause = Cause::none;
    /// Relative target port identifiers.
    std::vector<std::uint16_t> ports;
  };

  struct Change {
    std::uint16_t group = 0;
    AccessState state = AccessState::optimized;
  };

  /// With `can_be_set`, initiators may send SET TARGET PORT GROUPS.
  PortGroups(std::vector<Group> groups, bool can_be_set) : groups_(std::move(groups)), can_be_set_(can_be_set) {}

  bool can_be_set() const { return can_be_set_; }
  std::vector<Group> groups() const;
  /// Of a group that there is not: optimized.
  AccessState state_of(std::uint16_t group) const;
  bool has(std::uint16_t group) const;

  /// All at once. Groups that there are not are left out. Every nexus of the target, but not those of the session
  /// `except`, is told by the unit attention ASYMMETRIC ACCESS STATE CHANGED; when nothing changes, none is.
  void set(std::span<const Change> changes, Cause cause, const NexusIdentity* except = nullptr);

  // For LogicalUnit.
  void attach(Nexus& nexus);
  void detach(Nexus& nexus);

 private:
  const Group* find(std::uint16_t group) const;
  void tell_state(Nexus& nexus) const;

  mutable std::mutex mutex_;
  std::vector<Group> groups_;
  std::vector<Nexus*> nexuses_;
  const bool can_be_set_;
};

}  // namespace lunway::scsi
