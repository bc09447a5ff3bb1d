// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/execution.h"

#include <algorithm>

#include "scsi/unit_state.h"

namespace lunway::scsi {

Sense sense_of(Outcome::Failure failure) {
  using Failure = Outcome::Failure;
  switch (failure) {
    case Failure::none:
      break;
    case Failure::read_failed:
      return {.key = SenseKey::medium_error, .code = SenseCode::unrecovered_read_error};
    case Failure::write_failed:
    case Failure::flush_failed:
      return {.key = SenseKey::medium_error, .code = SenseCode::write_error};
    case Failure::out_of_space:
      return {.key = SenseKey::data_protect, .code = SenseCode::space_allocation_failed_write_protect};
    case Failure::not_accessible:
    case Failure::unit_lost:
    case Failure::not_stored:
      return {.key = SenseKey::hardware_error, .code = SenseCode::internal_target_failure};
    //= rfc7143#11.4.7.2
    case Failure::unexpected_unsolicited_data:
      return {.key = SenseKey::aborted_command, .code = SenseCode::write_error_unexpected_unsolicited_data};
    case Failure::incorrect_amount_of_data:
      return {.key = SenseKey::aborted_command, .code = SenseCode::write_error_not_enough_unsolicited_data};
    case Failure::protocol_service_crc_error:
      return {.key = SenseKey::aborted_command, .code = SenseCode::protocol_service_crc_error};
  }
  return {};
}

void Execution::load(const Command& command) {
  /// What a task keeps of its memory for the next command.
  constexpr std::size_t kMostMemoryKept = 64U << 10;
  cdb = Cdb(command.cdb);
  luns = command.luns;
  copy_host = command.copy_host;
  now = command.now;
  expected_data_in = command.expected_data_in;
  expected_data_out = command.expected_data_out;
  data_in_length = 0;
  data_out_length = 0;
  offset = 0;
  length = 0;
  progress = 0;
  stage = 0;
  fenced = false;
  if (memory.capacity() > kMostMemoryKept) memory = {};
  memory.clear();
  victims.clear();
  extents = {};
  copy.reset();
}

MutableBytes Execution::zeroed_memory(std::size_t size) {
  memory.assign(size, std::byte{});
  return memory;
}

Step Execution::good() { return good_with_status(Status::good); }

Step Execution::good_with_status(Status status) {
  return Finish{.status = status,
                .sense = {},
                .data_in = {},
                .data_in_length = data_in_length,
                .data_out_length = data_out_length,
                .fenced = fenced};
}

Step Execution::good_with_data(std::size_t size, std::uint64_t allocation_length) {
  const auto sent = static_cast<std::size_t>(std::min<std::uint64_t>(size, allocation_length));
  data_in_length = sent;
  return Finish{.status = Status::good,
                .sense = {},
                .data_in = Bytes(memory).first(sent),
                .data_in_length = sent,
                .data_out_length = data_out_length};
}

Step Execution::check_condition(const Sense& why) {
  const SenseFormat format = unit == nullptr ? SenseFormat::fixed : unit->sense_format();
  const std::size_t written = write_sense(why, format, sense);
  return Finish{.status = Status::check_condition,
                .sense = Bytes(sense).first(written),
                .data_in = {},
                .data_in_length = 0,
                .data_out_length = data_out_length,
                .fenced = fenced};
}

Step Execution::check_condition(SenseKey key, SenseCode code) {
  return check_condition(Sense{.key = key, .code = code});
}

Step Execution::invalid_field(std::uint16_t byte, std::optional<std::uint8_t> bit) {
  return check_condition({.key = SenseKey::illegal_request,
                          .code = SenseCode::invalid_field_in_cdb,
                          .field = FieldPointer{.in_cdb = true, .byte = byte, .bit = bit}});
}

Step Execution::invalid_parameter(std::uint16_t byte, std::optional<std::uint8_t> bit) {
  return check_condition({.key = SenseKey::illegal_request,
                          .code = SenseCode::invalid_field_in_parameter_list,
                          .field = FieldPointer{.in_cdb = false, .byte = byte, .bit = bit}});
}

Step Execution::failed(Outcome::Failure failure) { return check_condition(sense_of(failure)); }

Step Execution::receive_parameters(std::uint64_t size) {
  data_out_length = size;
  const std::uint64_t comes = std::min(size, expected_data_out);
  memory.resize(static_cast<std::size_t>(comes));
  return ReceiveParameters{memory};
}

}  // namespace lunway::scsi
