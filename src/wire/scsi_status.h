// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI status codes. This room moves them and knows no more of SCSI.
//= rfc7143#11.4.2

#pragma once

#include <cstdint>
#include <string_view>

namespace lunway::wire {

enum class ScsiStatus : std::uint8_t {
  good = 0x00,
  check_condition = 0x02,
  condition_met = 0x04,
  busy = 0x08,
  intermediate = 0x10,
  intermediate_condition_met = 0x14,
  reservation_conflict = 0x18,
  task_set_full = 0x28,
  aca_active = 0x30,
  task_aborted = 0x40,
};

std::string_view to_string(ScsiStatus status);

/// The statuses that may come with the last Data-In; every other one needs a SCSI Response.
//= rfc7143#11.7.3
constexpr bool is_good_status(ScsiStatus status) {
  return status == ScsiStatus::good || status == ScsiStatus::condition_met || status == ScsiStatus::intermediate ||
         status == ScsiStatus::intermediate_condition_met;
}

}  // namespace lunway::wire
