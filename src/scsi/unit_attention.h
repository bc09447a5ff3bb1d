// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Unit attention conditions (SAM-5, 5.14): what an initiator has to be told before its next command is worked on. Each
// nexus holds a set of them, in which every condition exists once.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "scsi/sense_code.h"

namespace lunway::scsi {

/// In the order in which they are reported: a reset says more than what it implies.
enum class UnitAttention : std::uint8_t {
  power_on,
  logical_unit_reset,
  i_t_nexus_loss,
  commands_cleared_by_another_initiator,
  commands_cleared_by_iscsi_event,
  reported_luns_changed,
  inquiry_data_changed,
  capacity_changed,
  mode_parameters_changed,
  log_parameters_changed,
  reservations_preempted,
  reservations_released,
  registrations_preempted,
  asymmetric_access_changed,
  medium_may_have_changed,
};

inline constexpr std::size_t kUnitAttentions = 15;

constexpr SenseCode code_of(UnitAttention attention) {
  constexpr std::array<SenseCode, kUnitAttentions> kCodes = {
      SenseCode::power_on_occurred,
      SenseCode::bus_device_reset_function_occurred,
      SenseCode::i_t_nexus_loss_occurred,
      SenseCode::commands_cleared_by_another_initiator,
      SenseCode::some_commands_cleared_by_iscsi_protocol_event,
      SenseCode::reported_luns_data_has_changed,
      SenseCode::inquiry_data_has_changed,
      SenseCode::capacity_data_has_changed,
      SenseCode::mode_parameters_changed,
      SenseCode::log_parameters_changed,
      SenseCode::reservations_preempted,
      SenseCode::reservations_released,
      SenseCode::registrations_preempted,
      SenseCode::asymmetric_access_state_changed,
      SenseCode::not_ready_to_ready_change,
  };
  return kCodes[static_cast<std::size_t>(attention)];
}

}  // namespace lunway::scsi
