// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The parameter list of EXTENDED COPY(LID1) (SPC-4, 6.4.3 to 6.4.6), taken apart: pure data, nothing is looked up.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <vector>

#include "base/bytes.h"
#include "scsi/commands/designators.h"
#include "scsi/sense.h"

namespace lunway::scsi {

/// An identification descriptor CSCD descriptor, E4h.
struct Cscd {
  Designator designator;
  /// Names a logical unit, not a port or a target.
  bool names_unit = true;
  /// NUL: nothing is to be sent there.
  bool is_null_device = false;
  std::uint8_t peripheral_type = 0;
  std::uint32_t block_size = 0;
};

/// A block device to block device segment descriptor, 02h.
struct CopySegment {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  /// DC: the number of blocks counts those of the destination.
  bool counts_destination = false;
  std::uint16_t blocks = 0;
  std::uint64_t source_lba = 0;
  std::uint64_t destination_lba = 0;
};

struct CopyList {
  std::uint8_t list_identifier = 0;
  /// LIST ID USAGE is not 11b: the copy can be asked about.
  bool is_identified = true;
  std::vector<Cscd> cscds;
  std::vector<CopySegment> segments;
};

/// What is wrong with a list is found here before anything is copied.
std::expected<CopyList, Sense> parse_copy_list(Bytes list);

/// The offset of a CSCD descriptor in the list.
std::uint16_t cscd_offset(std::size_t index);

}  // namespace lunway::scsi
