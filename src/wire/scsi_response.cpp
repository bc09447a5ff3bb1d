// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/scsi_response.h"

namespace lunway::wire {
namespace {

constexpr unsigned kReadOverflow = 0x10;
constexpr unsigned kReadUnderflow = 0x08;
constexpr unsigned kOverflow = 0x04;
constexpr unsigned kUnderflow = 0x02;

}  // namespace

std::string_view to_string(ScsiResponseCode code) {
  switch (code) {
    case ScsiResponseCode::completed_at_target:
      return "Command Completed at Target";
    case ScsiResponseCode::target_failure:
      return "Target Failure";
  }
  return static_cast<std::uint8_t>(code) >= 0x80 ? "vendor-specific" : "reserved";
}

Header ScsiResponse::build(const Fields& fields) {
  const bool completed = fields.response == ScsiResponseCode::completed_at_target;
  // "For a response other than "Command Completed at Target", bits 3-6 MUST be 0."
  const Residual residual = completed ? fields.residual : Residual{};
  const Residual read_residual = completed ? fields.bidirectional_read_residual : Residual{};
  return HeaderBuilder(kOpcode)
      .final()
      .flag(kReadOverflow, read_residual.is_overflow())
      .flag(kReadUnderflow, read_residual.is_underflow())
      .flag(kOverflow, residual.is_overflow())
      .flag(kUnderflow, residual.is_underflow())
      .u8<2>(static_cast<std::uint8_t>(fields.response))
      .u8<3>(static_cast<std::uint8_t>(fields.status))
      .u16<8>(fields.status_qualifier)
      .itt(fields.itt)
      .u32<20>(fields.snack_tag.value())
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .u32<36>(fields.exp_data_sn.value())
      .u32<40>(read_residual.wire_count())
      .u32<44>(residual.wire_count())
      .header();
}

ScsiResponse::Fields ScsiResponse::fields() const {
  return {.response = response(),
          .status = status(),
          .status_qualifier = status_qualifier(),
          .residual = residual(),
          .bidirectional_read_residual = bidirectional_read_residual(),
          .itt = itt(),
          .snack_tag = snack_tag(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn(),
          .exp_data_sn = exp_data_sn()};
}

Residual ScsiResponse::residual() const {
  if (!completed_at_target()) return {};
  return Residual::from_bits(bit<1, kOverflow>(), bit<1, kUnderflow>(), u32<44>());
}

Residual ScsiResponse::bidirectional_read_residual() const {
  if (!completed_at_target()) return {};
  return Residual::from_bits(bit<1, kReadOverflow>(), bit<1, kReadUnderflow>(), u32<40>());
}

std::optional<FormatError> ScsiResponse::format_error() const {
  using Kind = FormatError::Kind;
  if (auto error = ahs_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (to_string(response()) == "reserved") {
    return FormatError{Kind::reserved_code, "11.4.3", "response codes 0x02 to 0x7f are reserved"};
  }
  if (!completed_at_target()) return std::nullopt;  // "the Status and Flag fields are undefined and MUST be ignored"
  if ((bit<1, kOverflow>() && bit<1, kUnderflow>()) || (bit<1, kReadOverflow>() && bit<1, kReadUnderflow>())) {
    return FormatError{Kind::inconsistent, "11.4.1", "O and U, and o and u, are mutually exclusive"};
  }
  if (status() == ScsiStatus::check_condition && data_segment_length() == 0) {
    return FormatError{Kind::inconsistent, "7.7", "CHECK CONDITION comes with sense data"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
