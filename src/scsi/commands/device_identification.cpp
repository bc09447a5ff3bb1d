// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Device Identification, page 83h: the names of the logical unit, of the target port that was asked and of the target
// (SPC-4, 7.8.6).
//= rfc7143#4.4.1

#include <algorithm>
#include <string>
#include <utility>

#include "base/big_endian.h"
#include "scsi/commands/designators.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum class Association : std::uint8_t { logical_unit = 0, target_port = 1, target_device = 2 };

void append(Execution& execution, CodeSet code_set, Association association, DesignatorType type, Bytes designator) {
  constexpr std::uint8_t kIscsi = 0x50;
  constexpr std::uint8_t kProtocolValid = 0x80;
  const bool names_a_port = association != Association::logical_unit;
  const auto at = execution.memory.size();
  execution.memory.resize(at + 4 + designator.size());
  std::byte* const header = execution.memory.data() + at;
  store_u8(header, static_cast<std::uint8_t>((names_a_port ? kIscsi : 0U) | static_cast<unsigned>(code_set)));
  store_u8(header + 1,
           static_cast<std::uint8_t>((names_a_port ? kProtocolValid : 0U) | (static_cast<unsigned>(association) << 4) |
                                     static_cast<unsigned>(type)));
  store_u8(header + 3, static_cast<std::uint8_t>(designator.size()));
  std::ranges::copy(designator, header + 4);
}

/// A SCSI name string ends with a null and is padded to a multiple of four bytes, of which a designator has at most
/// 252.
void append_name_string(Execution& execution, Association association, std::string name) {
  constexpr std::size_t kMost = 252;
  name.resize(std::min(kMost, (name.size() / 4 + 1) * 4));
  append(execution, CodeSet::utf8, association, DesignatorType::name_string, bytes_of(name));
}

void append_number(Execution& execution, DesignatorType type, std::uint16_t number) {
  std::array<std::byte, 4> designator{};
  store_be16(designator.data() + 2, number);
  append(execution, CodeSet::binary, Association::target_port, type, designator);
}

}  // namespace

std::vector<Designator> unit_designators(const LogicalUnitOptions& options) {
  std::vector<Designator> designators;
  if (options.naa != 0) {
    std::vector<std::byte> number(8);
    store_be64(number.data(), options.naa);
    designators.push_back({CodeSet::binary, DesignatorType::naa, std::move(number)});
  }
  std::string vendor = options.vendor;
  vendor.resize(8, ' ');
  vendor += options.serial_number;
  const Bytes name = bytes_of(vendor);
  designators.push_back({CodeSet::ascii, DesignatorType::t10_vendor, {name.begin(), name.end()}});
  return designators;
}

void append_device_identification(Execution& execution) {
  for (const Designator& designator : unit_designators(execution.unit->options)) {
    append(execution, designator.code_set, Association::logical_unit, designator.type, designator.bytes);
  }
  const NexusIdentity& identity = *execution.identity;
  append_number(execution, DesignatorType::relative_port, identity.relative_target_port);
  append_number(execution, DesignatorType::port_group, identity.target_port_group);
  append_name_string(execution, Association::target_port, identity.target_port);
  append_name_string(execution, Association::target_device, identity.target_device);
}

}  // namespace lunway::scsi
