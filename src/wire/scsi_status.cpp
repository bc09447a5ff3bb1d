// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/scsi_status.h"

namespace lunway::wire {

std::string_view to_string(ScsiStatus status) {
  switch (status) {
    case ScsiStatus::good:
      return "GOOD";
    case ScsiStatus::check_condition:
      return "CHECK CONDITION";
    case ScsiStatus::condition_met:
      return "CONDITION MET";
    case ScsiStatus::busy:
      return "BUSY";
    case ScsiStatus::intermediate:
      return "INTERMEDIATE";
    case ScsiStatus::intermediate_condition_met:
      return "INTERMEDIATE-CONDITION MET";
    case ScsiStatus::reservation_conflict:
      return "RESERVATION CONFLICT";
    case ScsiStatus::task_set_full:
      return "TASK SET FULL";
    case ScsiStatus::aca_active:
      return "ACA ACTIVE";
    case ScsiStatus::task_aborted:
      return "TASK ABORTED";
  }
  return "unknown status";
}

}  // namespace lunway::wire
