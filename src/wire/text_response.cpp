// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/text_response.h"

namespace lunway::wire {

Header TextResponse::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final(fields.final)
      .flag(0x40, fields.continues)
      .lun(fields.lun)
      .itt(fields.itt)
      .ttt(fields.ttt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .header();
}

TextResponse::Fields TextResponse::fields() const {
  return {.final = final(),
          .continues = continues(),
          .lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn()};
}

std::optional<FormatError> TextResponse::format_error() const {
  using Kind = FormatError::Kind;
  if (auto error = ahs_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (continues() && final()) return FormatError{Kind::inconsistent, "11.11.2", "F is 0 when C is 1"};
  if (!final() && ttt() == kNoTtt) {
    return FormatError{Kind::inconsistent, "11.11.1", "a response with F=0 has a Target Transfer Tag"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
