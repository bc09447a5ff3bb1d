// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/task_management_request.h"

namespace lunway::wire {

using enum TaskManagementFunction;

std::string_view to_string(TaskManagementFunction function) {
  switch (function) {
    case abort_task:
      return "ABORT TASK";
    case abort_task_set:
      return "ABORT TASK SET";
    case clear_aca:
      return "CLEAR ACA";
    case clear_task_set:
      return "CLEAR TASK SET";
    case logical_unit_reset:
      return "LOGICAL UNIT RESET";
    case target_warm_reset:
      return "TARGET WARM RESET";
    case target_cold_reset:
      return "TARGET COLD RESET";
    case task_reassign:
      return "TASK REASSIGN";
    case query_task:
      return "QUERY TASK";
    case query_task_set:
      return "QUERY TASK SET";
    case i_t_nexus_reset:
      return "I_T NEXUS RESET";
    case query_asynchronous_event:
      return "QUERY ASYNCHRONOUS EVENT";
  }
  return "unassigned";
}

bool has_lun(TaskManagementFunction function) {
  switch (function) {
    case abort_task:
    case abort_task_set:
    case clear_aca:
    case clear_task_set:
    case logical_unit_reset:
    case query_task:
    case query_task_set:
    case query_asynchronous_event:
      return true;
    case target_warm_reset:
    case target_cold_reset:
    case task_reassign:
    case i_t_nexus_reset:
      return false;
  }
  return false;
}

bool has_referenced_task(TaskManagementFunction function) {
  return function == abort_task || function == task_reassign || function == query_task;
}

Header TaskManagementRequest::build(const Fields& fields) {
  return HeaderBuilder(kOpcode, fields.immediate)
      .final()
      .flag(static_cast<unsigned>(fields.function) & 0x7f)
      .lun(fields.lun)
      .itt(fields.itt)
      .u32<20>(fields.referenced_task_tag.value())
      .request_numbers(fields.cmd_sn, fields.exp_stat_sn)
      .u32<32>(fields.ref_cmd_sn.value())
      .u32<36>(fields.exp_data_sn.value())
      .header();
}

TaskManagementRequest::Fields TaskManagementRequest::fields() const {
  return {.immediate = immediate(),
          .function = function(),
          .lun = lun(),
          .itt = itt(),
          .referenced_task_tag = referenced_task_tag(),
          .cmd_sn = cmd_sn(),
          .exp_stat_sn = exp_stat_sn(),
          .ref_cmd_sn = ref_cmd_sn(),
          .exp_data_sn = exp_data_sn()};
}

std::optional<FormatError> TaskManagementRequest::format_error() const {
  if (auto error = ahs_error(*this)) return error;
  if (auto error = data_segment_error(*this)) return error;
  if (auto error = task_tag_error(*this)) return error;
  if (function() == task_reassign && !immediate()) {
    return FormatError{FormatError::Kind::inconsistent, "11.5.1", "TASK REASSIGN is an immediate command"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
