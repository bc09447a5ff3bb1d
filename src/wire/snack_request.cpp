// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/snack_request.h"

namespace lunway::wire {
namespace {

using Kind = FormatError::Kind;

std::optional<FormatError> r_data_error(const SnackRequest& snack) {
  if (snack.snack_tag() == SnackTag(0) || snack.snack_tag() == SnackTag(0xffffffff)) {
    return FormatError{Kind::illegal_value, "11.16.5", "a SNACK Tag is neither 0 nor 0xffffffff"};
  }
  if (snack.beg_run() != 0) return FormatError{Kind::inconsistent, "11.16.6", "BegRun is 0 in an R-Data SNACK"};
  return std::nullopt;
}

}  // namespace

std::string_view to_string(SnackType type) {
  switch (type) {
    case SnackType::data_or_r2t:
      return "Data/R2T SNACK";
    case SnackType::status:
      return "Status SNACK";
    case SnackType::data_ack:
      return "DataACK";
    case SnackType::r_data:
      return "R-Data SNACK";
  }
  return "reserved";
}

Header SnackRequest::build(const Fields& fields) {
  const bool r_data = fields.type == SnackType::r_data;
  return HeaderBuilder(kOpcode)
      .final()
      .flag(static_cast<unsigned>(fields.type) & 0x0f)
      .lun(fields.lun)
      .itt(fields.itt)
      .u32<20>(r_data ? fields.snack_tag.value() : fields.ttt.value())
      .u32<28>(fields.exp_stat_sn.value())
      .u32<40>(fields.beg_run)
      .u32<44>(fields.run_length)
      .header();
}

SnackRequest::Fields SnackRequest::fields() const {
  return {.type = type(),
          .lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .snack_tag = snack_tag(),
          .exp_stat_sn = exp_stat_sn(),
          .beg_run = beg_run(),
          .run_length = run_length()};
}

std::optional<FormatError> SnackRequest::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = data_segment_error(*this)) return error;
  if (type() > SnackType::r_data) return FormatError{Kind::reserved_code, "11.16.1", "types above 3 are reserved"};
  const bool names_task = type() == SnackType::data_or_r2t || type() == SnackType::r_data;
  if (names_task != (itt() != kNoItt)) {
    return FormatError{Kind::inconsistent, "11.16.4", "Data/R2T and R-Data name a task, Status and DataACK none"};
  }
  const bool runs = type() == SnackType::data_or_r2t || type() == SnackType::status;
  if (!runs && run_length() != 0) {
    return FormatError{Kind::inconsistent, "11.16.7", "RunLength is 0 in a DataACK and an R-Data SNACK"};
  }
  return type() == SnackType::r_data ? r_data_error(*this) : std::nullopt;
}

}  // namespace lunway::wire
