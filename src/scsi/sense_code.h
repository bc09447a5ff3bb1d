// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sense keys, and the additional sense codes that Lunway reports (SPC-4, 4.5.6 and annex F).

#pragma once

#include <cstdint>

namespace lunway::scsi {

enum class SenseKey : std::uint8_t {
  no_sense = 0x0,
  recovered_error = 0x1,
  not_ready = 0x2,
  medium_error = 0x3,
  hardware_error = 0x4,
  illegal_request = 0x5,
  unit_attention = 0x6,
  data_protect = 0x7,
  blank_check = 0x8,
  copy_aborted = 0xa,
  aborted_command = 0xb,
  miscompare = 0xe,
};

/// ADDITIONAL SENSE CODE in the high byte, ADDITIONAL SENSE CODE QUALIFIER in the low one.
enum class SenseCode : std::uint16_t {
  no_additional_sense_information = 0x0000,
  operation_in_progress = 0x0016,
  logical_unit_not_ready_initializing_command_required = 0x0402,
  logical_unit_not_accessible_asymmetric_access_transition = 0x040a,
  logical_unit_not_accessible_target_port_in_standby = 0x040b,
  logical_unit_not_accessible_target_port_unavailable = 0x040c,
  logical_unit_not_ready_sanitize_in_progress = 0x041b,
  write_error = 0x0c00,
  write_error_unexpected_unsolicited_data = 0x0c0c,
  write_error_not_enough_unsolicited_data = 0x0c0d,
  third_party_device_failure = 0x0d01,
  copy_target_device_not_reachable = 0x0d02,
  incorrect_copy_target_device_type = 0x0d03,
  invalid_field_in_command_information_unit = 0x0e03,
  unrecovered_read_error = 0x1100,
  parameter_list_length_error = 0x1a00,
  miscompare_during_verify_operation = 0x1d00,
  invalid_command_operation_code = 0x2000,
  logical_block_address_out_of_range = 0x2100,
  invalid_token_operation_unsupported_token_type = 0x2301,
  invalid_token_operation_remote_token_usage_not_supported = 0x2302,
  invalid_token_operation_token_unknown = 0x2304,
  invalid_token_operation_token_corrupt = 0x2305,
  invalid_token_operation_token_expired = 0x2307,
  invalid_token_operation_token_cancelled = 0x2308,
  invalid_token_operation_token_deleted = 0x2309,
  invalid_token_operation_invalid_token_length = 0x230a,
  invalid_field_in_cdb = 0x2400,
  logical_unit_not_supported = 0x2500,
  invalid_field_in_parameter_list = 0x2600,
  invalid_release_of_persistent_reservation = 0x2604,
  too_many_target_descriptors = 0x2606,
  unsupported_target_descriptor_type_code = 0x2607,
  too_many_segment_descriptors = 0x2608,
  unsupported_segment_descriptor_type_code = 0x2609,
  unexpected_inexact_segment = 0x260a,
  inline_data_length_exceeded = 0x260b,
  write_protected = 0x2700,
  software_write_protected = 0x2702,
  space_allocation_failed_write_protect = 0x2707,
  not_ready_to_ready_change = 0x2800,
  power_on_occurred = 0x2900,
  bus_device_reset_function_occurred = 0x2903,
  i_t_nexus_loss_occurred = 0x2907,
  mode_parameters_changed = 0x2a01,
  log_parameters_changed = 0x2a02,
  reservations_preempted = 0x2a03,
  reservations_released = 0x2a04,
  registrations_preempted = 0x2a05,
  asymmetric_access_state_changed = 0x2a06,
  capacity_data_has_changed = 0x2a09,
  command_sequence_error = 0x2c00,
  commands_cleared_by_another_initiator = 0x2f00,
  commands_cleared_by_device_server = 0x2f02,
  sanitize_command_failed = 0x3103,
  saving_parameters_not_supported = 0x3900,
  medium_not_present = 0x3a00,
  inquiry_data_has_changed = 0x3f03,
  reported_luns_data_has_changed = 0x3f0e,
  internal_target_failure = 0x4400,
  protocol_service_crc_error = 0x4705,
  some_commands_cleared_by_iscsi_protocol_event = 0x477f,
  invalid_message_error = 0x4900,
  medium_removal_prevented = 0x5302,
  insufficient_reservation_resources = 0x5502,
  insufficient_registration_resources = 0x5504,
  insufficient_resources_to_create_rod = 0x550c,
};

}  // namespace lunway::scsi
