// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/text_request.h"

namespace lunway::wire {

Header TextRequest::build(const Fields& fields) {
  return HeaderBuilder(kOpcode, fields.immediate)
      .final(fields.final)
      .flag(0x40, fields.continues)
      .lun(fields.lun)
      .itt(fields.itt)
      .ttt(fields.ttt)
      .request_numbers(fields.cmd_sn, fields.exp_stat_sn)
      .header();
}

TextRequest::Fields TextRequest::fields() const {
  return {.immediate = immediate(),
          .final = final(),
          .continues = continues(),
          .lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .cmd_sn = cmd_sn(),
          .exp_stat_sn = exp_stat_sn()};
}

std::optional<FormatError> TextRequest::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (continues() && final()) return FormatError{FormatError::Kind::inconsistent, "11.10.2", "F is 0 when C is 1"};
  return std::nullopt;
}

}  // namespace lunway::wire
