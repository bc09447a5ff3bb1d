// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/nop_in.h"

namespace lunway::wire {

Header NopIn::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final()
      .lun(fields.lun)
      .itt(fields.itt)
      .ttt(fields.ttt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .header();
}

NopIn::Fields NopIn::fields() const {
  return {.lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn()};
}

std::optional<FormatError> NopIn::format_error() const {
  using Kind = FormatError::Kind;
  if (auto error = ahs_error(*this)) return error;
  if (is_answer() && wants_answer()) {
    return FormatError{Kind::inconsistent, "7.7", "a NOP-In answers or asks, not both"};
  }
  if (!is_answer() && data_segment_length() != 0) {
    return FormatError{Kind::inconsistent, "11.19", "a NOP-In that answers no NOP-Out has no data"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
