// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// INQUIRY: standard data, and the dispatch of vital product data pages (SPC-4, 6.6).

#include <algorithm>
#include <array>
#include <string_view>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::size_t kStandardLength = 96;

// Version descriptors, SPC-4, table 142. That of iSCSI counts on with iSCSIProtocolLevel.
//= rfc7144#4.2
constexpr std::uint16_t kIscsiVersion = 0x0960;
constexpr std::array<std::uint16_t, 4> kVersions = {
    0x00a0,  // SAM-5
    kIscsiVersion,
    0x0460,  // SPC-4
    0x04c0,  // SBC-3
};

void write_padded(MutableBytes to, std::string_view text) {
  std::ranges::fill(to, std::byte{' '});
  copy_bytes(to, bytes_of(text));
}

/// TPGS: how states of target port groups change; zero where there are none to tell of.
std::uint8_t port_group_support(const NexusIdentity& nexus) {
  constexpr std::uint8_t kImplicit = 0x10;
  constexpr std::uint8_t kExplicit = 0x20;
  if (nexus.port_groups == nullptr) return 0;
  return nexus.port_groups->can_be_set() ? kImplicit | kExplicit : kImplicit;
}

void write_standard_data(MutableBytes data, std::uint8_t peripheral, std::uint8_t port_groups,
                         const LogicalUnitOptions& options, std::uint8_t iscsi_level) {
  constexpr std::uint8_t kSpc4 = 0x06;
  constexpr std::uint8_t kHierarchicalLuns = 0x10;
  constexpr std::uint8_t kResponseFormat = 0x02;
  constexpr std::uint8_t kThirdPartyCopy = 0x08;
  constexpr std::uint8_t kMultiPort = 0x10;
  constexpr std::uint8_t kCommandQueuing = 0x02;
  store_u8(data.data(), peripheral);
  store_u8(data.data() + 1, options.removable ? 0x80 : 0x00);
  store_u8(data.data() + 2, kSpc4);
  store_u8(data.data() + 3, kHierarchicalLuns | kResponseFormat);
  store_u8(data.data() + 4, kStandardLength - 5);
  store_u8(data.data() + 5, port_groups | kThirdPartyCopy);
  store_u8(data.data() + 6, kMultiPort);
  store_u8(data.data() + 7, kCommandQueuing);
  write_padded(data.subspan(8, 8), options.vendor);
  write_padded(data.subspan(16, 16), options.product);
  write_padded(data.subspan(32, 4), options.revision);
  std::byte* at = data.data() + 58;
  for (const std::uint16_t version : kVersions) {
    store_be16(at, version == kIscsiVersion ? static_cast<std::uint16_t>(version + iscsi_level) : version);
    at += 2;
  }
}

/// Works without a logical unit too: the peripheral qualifier then says so.
Step begin_inquiry(Execution& execution) {
  const bool wants_page = execution.cdb.bit(1, 0);
  const std::uint8_t page = execution.cdb.u8(2);
  const std::uint16_t allocation_length = execution.cdb.be16(3);
  if (wants_page) {
    const std::size_t length = write_vital_product_data(execution, page);
    if (length == 0) return execution.invalid_field(2, 7);
    return execution.good_with_data(length, allocation_length);
  }
  if (page != 0) return execution.invalid_field(2, 7);
  const MutableBytes data = execution.zeroed_memory(kStandardLength);
  const LogicalUnitOptions defaults;
  const bool exists = execution.unit != nullptr;
  const NexusIdentity& identity = *execution.identity;
  if (exists)
    write_standard_data(data, kDirectAccess, port_group_support(identity), execution.unit->options,
                        identity.iscsi_protocol_level);
  else
    write_standard_data(data, kNoLogicalUnit, 0, defaults, identity.iscsi_protocol_level);
  return execution.good_with_data(data.size(), allocation_length);
}

constexpr std::array kCommands = {
    CommandDescription{.name = "INQUIRY",
                       .opcode = 0x12,
                       .usage = {0, 0x01, 0xff, 0xff, 0xff},
                       .begin = begin_inquiry,
                       .ignores_attention = true,
                       .reach = Reach::always,
                       .works_during_sanitize = true},
};

}  // namespace

std::span<const CommandDescription> inquiry_commands() { return kCommands; }

}  // namespace lunway::scsi
