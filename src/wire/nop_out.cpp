// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/nop_out.h"

namespace lunway::wire {

Header NopOut::build(const Fields& fields) {
  return HeaderBuilder(kOpcode, fields.immediate)
      .final()
      .lun(fields.lun)
      .itt(fields.itt)
      .ttt(fields.ttt)
      .request_numbers(fields.cmd_sn, fields.exp_stat_sn)
      .header();
}

NopOut::Fields NopOut::fields() const {
  return {.immediate = immediate(),
          .lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .cmd_sn = cmd_sn(),
          .exp_stat_sn = exp_stat_sn()};
}

std::optional<FormatError> NopOut::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (!wants_answer() && !immediate()) {
    return FormatError{FormatError::Kind::inconsistent, "11.18.1", "a NOP-Out without a task tag is immediate"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
