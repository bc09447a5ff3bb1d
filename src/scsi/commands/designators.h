// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Designators (SPC-4, 7.8.6.1): how SCSI names what it talks to. Page 83h lists them, and copies find logical units by
// them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lunway::scsi {

struct LogicalUnitOptions;

enum class CodeSet : std::uint8_t { binary = 1, ascii = 2, utf8 = 3 };

enum class DesignatorType : std::uint8_t {
  t10_vendor = 1,
  naa = 3,
  relative_port = 4,
  port_group = 5,
  name_string = 8,
};

struct Designator {
  CodeSet code_set = CodeSet::binary;
  DesignatorType type = DesignatorType::naa;
  std::vector<std::byte> bytes;

  friend bool operator==(const Designator&, const Designator&) = default;
};

/// Those of the logical unit itself, the best one first.
std::vector<Designator> unit_designators(const LogicalUnitOptions& options);

}  // namespace lunway::scsi
