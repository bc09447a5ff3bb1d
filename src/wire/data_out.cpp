// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/data_out.h"

namespace lunway::wire {

Header DataOut::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final(fields.final)
      .lun(fields.lun)
      .itt(fields.itt)
      .ttt(fields.ttt)
      .u32<28>(fields.exp_stat_sn.value())
      .u32<36>(fields.data_sn.value())
      .u32<40>(fields.buffer_offset)
      .header();
}

DataOut::Fields DataOut::fields() const {
  return {.final = final(),
          .lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .exp_stat_sn = exp_stat_sn(),
          .data_sn = data_sn(),
          .buffer_offset = buffer_offset()};
}

std::optional<FormatError> DataOut::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  return task_tag_error(*this);
}

}  // namespace lunway::wire
