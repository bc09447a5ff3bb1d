// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Device Identification, page 83h: the names of the logical unit, of the target port that was asked and of the target
// (SPC-4, 7.8.6).
//= rfc7143#4.4.1

#include <algorithm>
#include <string>

#include "base/big_endian.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum class CodeSet : std::uint8_t { binary = 1, ascii = 2, utf8 = 3 };
enum class Association : std::uint8_t { logical_unit = 0, target_port = 1, target_device = 2 };
enum class Type : std::uint8_t { t10_vendor = 1, naa = 3, relative_port = 4, port_group = 5, name_string = 8 };

void append(Execution& execution, CodeSet code_set, Association association, Type type, Bytes designator) {
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
  append(execution, CodeSet::utf8, association, Type::name_string, bytes_of(name));
}

void append_number(Execution& execution, Type type, std::uint16_t number) {
  std::array<std::byte, 4> designator{};
  store_be16(designator.data() + 2, number);
  append(execution, CodeSet::binary, Association::target_port, type, designator);
}

}  // namespace

void append_device_identification(Execution& execution) {
  const LogicalUnitOptions& options = execution.unit->options;
  if (options.naa != 0) {
    std::array<std::byte, 8> designator{};
    store_be64(designator.data(), options.naa);
    append(execution, CodeSet::binary, Association::logical_unit, Type::naa, designator);
  }
  std::string vendor = options.vendor;
  vendor.resize(8, ' ');
  vendor += options.serial_number;
  append(execution, CodeSet::ascii, Association::logical_unit, Type::t10_vendor, bytes_of(vendor));

  const NexusIdentity& identity = *execution.identity;
  append_number(execution, Type::relative_port, identity.relative_target_port);
  append_number(execution, Type::port_group, identity.target_port_group);
  append_name_string(execution, Association::target_port, identity.target_port);
  append_name_string(execution, Association::target_device, identity.target_device);
}

}  // namespace lunway::scsi
