// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/scsi_command.h"

namespace lunway::wire {

std::string_view to_string(TaskAttribute attribute) {
  switch (attribute) {
    case TaskAttribute::untagged:
      return "Untagged";
    case TaskAttribute::simple:
      return "Simple";
    case TaskAttribute::ordered:
      return "Ordered";
    case TaskAttribute::head_of_queue:
      return "Head of queue";
    case TaskAttribute::aca:
      return "ACA";
  }
  return "reserved";
}

Header ScsiCommand::build(const Fields& fields) {
  return HeaderBuilder(kOpcode, fields.immediate)
      .final(fields.final)
      .flag(0x40, fields.read)
      .flag(0x20, fields.write)
      .flag(static_cast<unsigned>(fields.attribute))
      .u8<2>(static_cast<std::uint8_t>(fields.priority << 4))
      .lun(fields.lun)
      .itt(fields.itt)
      .u32<20>(fields.expected_data_transfer_length)
      .request_numbers(fields.cmd_sn, fields.exp_stat_sn)
      .bytes<32>(fields.cdb)
      .header();
}

ScsiCommand::Fields ScsiCommand::fields() const {
  Fields fields{.immediate = immediate(),
                .final = final(),
                .read = read(),
                .write = write(),
                .attribute = attribute(),
                .priority = priority(),
                .lun = lun(),
                .itt = itt(),
                .expected_data_transfer_length = expected_data_transfer_length(),
                .cmd_sn = cmd_sn(),
                .exp_stat_sn = exp_stat_sn()};
  copy_bytes(fields.cdb, cdb());
  return fields;
}

std::optional<FormatError> ScsiCommand::format_error() const {
  using Kind = FormatError::Kind;
  if (auto error = task_tag_error(*this)) return error;
  if (attribute() > TaskAttribute::aca) return FormatError{Kind::reserved_code, "11.3.1", "ATTR 5 to 7 are reserved"};
  if (!write() && !final()) return FormatError{Kind::inconsistent, "11.3.1", "at least one of W and F is 1"};
  if (!read() && !write() && expected_data_transfer_length() != 0) {
    return FormatError{Kind::inconsistent, "11.3.1", "R or W is 1 when a transfer is expected"};
  }
  if (is_bidirectional() && total_ahs_length_words() == 0) {
    return FormatError{Kind::inconsistent, "11.3.4", "a bidirectional command has an AHS with its read length"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
