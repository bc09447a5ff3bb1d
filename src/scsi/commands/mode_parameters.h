// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// MODE SENSE and MODE SELECT, with CDBs of 6 and 10 bytes (SPC-4, 6.9 to 6.12 and 7.5).

#pragma once

#include <cstddef>

#include "scsi/cdb.h"
#include "scsi/execution.h"
#include "scsi/step.h"

namespace lunway::scsi {

Step begin_mode_sense(Execution& execution);
Step begin_mode_select(Execution& execution);
Step resume_mode_select(Execution& execution, const Outcome& outcome);

/// The mode parameter header of the (6) and of the (10) commands.
struct ModeHeader {
  std::size_t length;
  std::size_t device_specific_byte;
  std::size_t descriptor_length_byte;
};

inline bool has_ten_bytes(const Cdb& cdb) { return cdb.opcode() >= 0x20; }

inline ModeHeader mode_header(const Cdb& cdb) {
  if (has_ten_bytes(cdb)) return {.length = 8, .device_specific_byte = 3, .descriptor_length_byte = 6};
  return {.length = 4, .device_specific_byte = 2, .descriptor_length_byte = 3};
}

inline constexpr std::size_t kShortDescriptor = 8;
inline constexpr std::size_t kLongDescriptor = 16;

}  // namespace lunway::scsi
