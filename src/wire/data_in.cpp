// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/data_in.h"

namespace lunway::wire {
namespace {

constexpr unsigned kOverflow = 0x04;
constexpr unsigned kUnderflow = 0x02;

}  // namespace

Header DataIn::build(const Fields& fields) {
  HeaderBuilder builder(kOpcode);
  builder.final(fields.final)
      .flag(0x40, fields.acknowledge)
      .lun(fields.lun)
      .itt(fields.itt)
      .ttt(fields.ttt)
      .response_numbers(fields.has_status ? fields.stat_sn : StatSN{}, fields.exp_cmd_sn, fields.max_cmd_sn)
      .u32<36>(fields.data_sn.value())
      .u32<40>(fields.buffer_offset);
  if (fields.has_status) {
    builder.flag(0x01)
        .flag(kOverflow, fields.residual.is_overflow())
        .flag(kUnderflow, fields.residual.is_underflow())
        .u8<3>(static_cast<std::uint8_t>(fields.status))
        .u32<44>(fields.residual.wire_count());
  }
  return builder.header();
}

DataIn::Fields DataIn::fields() const {
  return {.final = final(),
          .acknowledge = acknowledge(),
          .has_status = has_status(),
          .status = has_status() ? status() : ScsiStatus::good,
          .residual = residual(),
          .lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .stat_sn = has_status() ? stat_sn() : StatSN{},
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn(),
          .data_sn = data_sn(),
          .buffer_offset = buffer_offset()};
}

Residual DataIn::residual() const {
  if (!has_status()) return {};
  return Residual::from_bits(bit<1, kOverflow>(), bit<1, kUnderflow>(), u32<44>());
}

std::optional<FormatError> DataIn::format_error() const {
  using Kind = FormatError::Kind;
  if (auto error = ahs_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (!has_status()) return std::nullopt;
  if (!final()) return FormatError{Kind::inconsistent, "11.7.3", "F is 1 when S is"};
  if (bit<1, kOverflow>() && bit<1, kUnderflow>()) {
    return FormatError{Kind::inconsistent, "11.4.1", "O and U are mutually exclusive"};
  }
  if (!is_good_status(status())) {
    return FormatError{Kind::illegal_value, "11.7.3", "a command that ended in error has a SCSI Response"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
