// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/ready_to_transfer.h"

namespace lunway::wire {

Header ReadyToTransfer::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final()
      .lun(fields.lun)
      .itt(fields.itt)
      .ttt(fields.ttt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .u32<36>(fields.r2t_sn.value())
      .u32<40>(fields.buffer_offset)
      .u32<44>(fields.desired_data_transfer_length)
      .header();
}

ReadyToTransfer::Fields ReadyToTransfer::fields() const {
  return {.lun = lun(),
          .itt = itt(),
          .ttt = ttt(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn(),
          .r2t_sn = r2t_sn(),
          .buffer_offset = buffer_offset(),
          .desired_data_transfer_length = desired_data_transfer_length()};
}

std::optional<FormatError> ReadyToTransfer::format_error() const {
  using Kind = FormatError::Kind;
  if (auto error = ahs_error(*this)) return error;
  if (auto error = data_segment_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (ttt() == kNoTtt) return FormatError{Kind::illegal_value, "11.8.5", "the tag of an R2T is not 0xffffffff"};
  if (desired_data_transfer_length() == 0) {
    return FormatError{Kind::illegal_value, "11.8.4", "the Desired Data Transfer Length is not 0"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
