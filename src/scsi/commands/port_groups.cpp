// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// REPORT TARGET PORT GROUPS and SET TARGET PORT GROUPS (SPC-4, 6.37 and 6.45). A change takes effect at once: between
// two states there is no transition that an initiator could see.

#include <array>
#include <optional>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

// States that a group can be in, byte 1 of a target port group descriptor.
constexpr std::uint8_t kSupportedStates = 0x8f;  // transitioning, unavailable, standby, non-optimized, optimized

void append_group(Execution& execution, const PortGroups::Group& group) {
  constexpr std::uint8_t kPreferred = 0x80;
  const std::size_t before = execution.memory.size();
  execution.memory.resize(before + 8 + 4 * group.ports.size());
  std::byte* at = execution.memory.data() + before;
  store_u8(at, static_cast<std::uint8_t>((group.is_preferred ? kPreferred : 0U) | static_cast<unsigned>(group.state)));
  store_u8(at + 1, kSupportedStates);
  store_be16(at + 2, group.id);
  store_u8(at + 5, static_cast<std::uint8_t>(group.cause));
  store_u8(at + 7, static_cast<std::uint8_t>(group.ports.size()));
  for (const std::uint16_t port : group.ports) {
    at += 4;
    store_be16(at + 6, port);
  }
}

/// PARAMETER DATA FORMAT: with the length only, or with the extended header too.
Step begin_report(Execution& execution) {
  enum Format : std::uint8_t { kLengthOnly = 0, kExtended = 1 };
  const auto format = static_cast<std::uint8_t>(execution.cdb.u8(1) >> 5);
  if (format > kExtended) return execution.invalid_field(1, 7);
  execution.zeroed_memory(format == kExtended ? 8 : 4);
  if (format == kExtended) store_u8(execution.memory.data() + 4, kExtended << 4);
  for (const PortGroups::Group& group : execution.identity->port_groups->groups()) append_group(execution, group);
  store_be32(execution.memory.data(), static_cast<std::uint32_t>(execution.memory.size() - 4));
  return execution.good_with_data(execution.memory.size(), execution.cdb.be32(6));
}

constexpr std::size_t kListHeader = 4;
constexpr std::size_t kDescriptor = 4;
constexpr std::size_t kMostDescriptors = 1024;

Step begin_set(Execution& execution) {
  const std::uint32_t length = execution.cdb.be32(6);
  if (length == 0) return execution.good();
  if (length > kListHeader + kMostDescriptors * kDescriptor) return execution.invalid_field(6);
  return execution.receive_parameters(length);
}

std::optional<AccessState> settable(std::uint8_t state) {
  if (state > static_cast<std::uint8_t>(AccessState::unavailable)) return std::nullopt;
  return static_cast<AccessState>(state);
}

/// Either all descriptors take effect or, when one of them is wrong, none.
Step resume_set(Execution& execution, const Outcome& outcome) {
  const std::size_t length = execution.memory.size();
  if (outcome.received != execution.cdb.be32(6) || length < kListHeader || (length - kListHeader) % kDescriptor != 0) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  PortGroups& groups = *execution.identity->port_groups;
  std::vector<PortGroups::Change> changes;
  for (std::size_t at = kListHeader; at < length; at += kDescriptor) {
    const std::byte* const descriptor = execution.memory.data() + at;
    const auto state = settable(load_u8(descriptor) & 0x0fU);
    if (!state) return execution.invalid_parameter(static_cast<std::uint16_t>(at), 3);
    const std::uint16_t group = load_be16(descriptor + 2);
    if (!groups.has(group)) return execution.invalid_parameter(static_cast<std::uint16_t>(at + 2));
    changes.push_back({.group = group, .state = *state});
  }
  groups.set(changes, PortGroups::Cause::explicit_command, execution.identity);
  return execution.good();
}

bool has_groups(const NexusIdentity& identity) { return identity.port_groups != nullptr; }
bool can_set(const NexusIdentity& identity) { return has_groups(identity) && identity.port_groups->can_be_set(); }

constexpr std::array kCommands = {
    CommandDescription{.name = "REPORT TARGET PORT GROUPS",
                       .opcode = 0xa3,
                       .service_action = 0x0a,
                       .cdb_length = 12,
                       .usage = {0, 0xe0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
                       .begin = begin_report,
                       .reach = Reach::always,
                       .works_during_sanitize = true,
                       .is_offered_to = has_groups},
    CommandDescription{.name = "SET TARGET PORT GROUPS",
                       .opcode = 0xa4,
                       .service_action = 0x0a,
                       .cdb_length = 12,
                       .usage = {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::writes,
                       .begin = begin_set,
                       .resume = resume_set,
                       .reach = Reach::unavailable,
                       .is_offered_to = can_set},
};

}  // namespace

std::span<const CommandDescription> port_group_commands() { return kCommands; }

}  // namespace lunway::scsi
