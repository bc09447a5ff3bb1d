// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/task_management_response.h"

namespace lunway::wire {

std::string_view to_string(TaskManagementResponseCode code) {
  switch (code) {
    case TaskManagementResponseCode::function_complete:
      return "Function complete";
    case TaskManagementResponseCode::task_does_not_exist:
      return "Task does not exist";
    case TaskManagementResponseCode::lun_does_not_exist:
      return "LUN does not exist";
    case TaskManagementResponseCode::task_still_allegiant:
      return "Task still allegiant";
    case TaskManagementResponseCode::reassignment_not_supported:
      return "Task allegiance reassignment not supported";
    case TaskManagementResponseCode::function_not_supported:
      return "Task management function not supported";
    case TaskManagementResponseCode::authorization_failed:
      return "Function authorization failed";
    case TaskManagementResponseCode::function_succeeded:
      return "Function succeeded";
    case TaskManagementResponseCode::function_rejected:
      return "Function rejected";
  }
  return "unassigned";
}

Header TaskManagementResponse::build(const Fields& fields) {
  return HeaderBuilder(kOpcode)
      .final()
      .u8<2>(static_cast<std::uint8_t>(fields.response))
      .u32<8>(fields.additional_response_information << 8)
      .itt(fields.itt)
      .response_numbers(fields.stat_sn, fields.exp_cmd_sn, fields.max_cmd_sn)
      .header();
}

TaskManagementResponse::Fields TaskManagementResponse::fields() const {
  return {.response = response(),
          .additional_response_information = additional_response_information(),
          .itt = itt(),
          .stat_sn = stat_sn(),
          .exp_cmd_sn = exp_cmd_sn(),
          .max_cmd_sn = max_cmd_sn()};
}

std::optional<FormatError> TaskManagementResponse::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = data_segment_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (to_string(response()) == "unassigned") {
    return FormatError{FormatError::Kind::illegal_value, "11.6.1", "the response code is not assigned"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
