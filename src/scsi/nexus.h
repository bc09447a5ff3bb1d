// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What one logical unit remembers of one initiator that is logged in: an I_T_L nexus (SAM-5, 4.8).

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "scsi/unit_attention.h"

namespace lunway::scsi {

class PortGroups;

/// The two ends of a session, with the names that SCSI gives them (RFC 7143, 4.4.1). One is shared by the nexuses of a
/// session.
struct NexusIdentity {
  /// SCSI name of the initiator port: iSCSI name + ",i,0x" + ISID in twelve hex digits.
  std::string initiator_port;
  /// SCSI name of the target device: its iSCSI name.
  std::string target_device;
  /// SCSI name of the target port: iSCSI name + ",t,0x" + target portal group tag in four hex digits.
  std::string target_port;
  /// Unique in the target device, not zero.
  std::uint16_t relative_target_port = 1;
  std::uint16_t target_port_group = 1;
  /// Null: all groups are alike, and initiators are told of none.
  std::shared_ptr<PortGroups> port_groups = {};
  /// What the session has agreed on as iSCSIProtocolLevel.
  std::uint8_t iscsi_protocol_level = 1;
};

/// Threads: tasks of a nexus run on one thread, the shard's. Everybody may raise a unit attention.
/// Lifetime: between LogicalUnit::attach() and detach(), and longer than every task of it.
class Nexus {
 public:
  /// `shard` is a small number, the same for all nexuses of one thread.
  Nexus(std::shared_ptr<const NexusIdentity> identity, unsigned shard)
      : identity_(std::move(identity)), shard_(shard) {}
  Nexus(const Nexus&) = delete;
  Nexus& operator=(const Nexus&) = delete;

  const NexusIdentity& identity() const { return *identity_; }
  const std::shared_ptr<const NexusIdentity>& shared_identity() const { return identity_; }
  unsigned shard() const { return shard_; }

  void raise(UnitAttention attention) { conditions_.fetch_or(bit_of(attention)); }
  void clear(UnitAttention attention) { conditions_.fetch_and(~bit_of(attention)); }
  bool has(UnitAttention attention) const { return (conditions_.load() & bit_of(attention)) != 0; }

  /// Zero, the usual case, when a read or write has nothing to heed but its own fields: no unit attention is pending,
  /// and no reservation may stand in its way.
  std::uint32_t conditions() const { return conditions_.load(std::memory_order_acquire); }

  /// The mask of all unit attentions in conditions().
  static constexpr std::uint32_t kAttentionMask = (1U << kUnitAttentions) - 1;
  /// A reservation of somebody else bars some commands: which, the logical unit knows.
  static constexpr std::uint32_t kBarred = 1U << 31;

  /// The state of the target port group lets not every command through: which, PortGroups knows.
  static constexpr std::uint32_t kRestricted = 1U << 30;

  void set_barred(bool barred) { set(kBarred, barred); }
  void set_restricted(bool restricted) { set(kRestricted, restricted); }

 private:
  void set(std::uint32_t condition, bool holds) {
    if (holds) {
      conditions_.fetch_or(condition);
    } else {
      conditions_.fetch_and(~condition);
    }
  }

  static constexpr std::uint32_t bit_of(UnitAttention attention) { return 1U << static_cast<unsigned>(attention); }

  const std::shared_ptr<const NexusIdentity> identity_;
  const unsigned shard_;
  std::atomic<std::uint32_t> conditions_ = 0;
};

}  // namespace lunway::scsi
