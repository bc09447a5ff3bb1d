// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI status codes and task attributes (SAM-5, 5.3.1 and 8.6), with the values that iSCSI carries.
//= rfc7143#11.4.2

#pragma once

#include <cstdint>

namespace lunway::scsi {

enum class Status : std::uint8_t {
  good = 0x00,
  check_condition = 0x02,
  condition_met = 0x04,
  busy = 0x08,
  reservation_conflict = 0x18,
  task_set_full = 0x28,
  aca_active = 0x30,
  task_aborted = 0x40,
};

/// The ATTR field of a SCSI Command PDU.
//= rfc7143#11.3.1
enum class TaskAttribute : std::uint8_t {
  untagged = 0,
  simple = 1,
  ordered = 2,
  head_of_queue = 3,
  aca = 4,
};

}  // namespace lunway::scsi
