// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task Management Function Request: acts on tasks rather than being one. Functions 9 to 12 are RFC 7144's.
//= rfc7143#11.5
//= rfc7144#6.3
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|I|    0x02   |1|   Function  |               .               |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag                                            |
//    20 | Referenced Task Tag or 0xffffffff                             |
//    24 | CmdSN                                                         |
//    28 | ExpStatSN                                                     |
//    32 | RefCmdSN or Reserved                                          |
//    36 | ExpDataSN or Reserved                                         |
//    40 | Reserved, 8 bytes                                             |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

//= rfc7143#11.5.1
enum class TaskManagementFunction : std::uint8_t {
  abort_task = 1,
  abort_task_set = 2,
  clear_aca = 3,
  clear_task_set = 4,
  logical_unit_reset = 5,
  target_warm_reset = 6,
  target_cold_reset = 7,
  task_reassign = 8,
  query_task = 9,
  query_task_set = 10,
  i_t_nexus_reset = 11,
  query_asynchronous_event = 12,
};

std::string_view to_string(TaskManagementFunction function);

/// The function addresses the logical unit in the LUN field.
//= rfc7144#6.3.1
bool has_lun(TaskManagementFunction function);
/// The function names another task in the Referenced Task Tag.
//= rfc7144#6.3.2
bool has_referenced_task(TaskManagementFunction function);

/// An unassigned function is no format error: the target answers that it does not support it.
class TaskManagementRequest : public Pdu<TaskManagementRequest, Opcode::task_management_request, RequestHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    bool immediate = true;
    TaskManagementFunction function = TaskManagementFunction::abort_task;
    Lun lun{};
    Itt itt{};
    Itt referenced_task_tag = kNoItt;
    CmdSN cmd_sn{};
    StatSN exp_stat_sn{};
    /// For ABORT TASK and QUERY TASK: the CmdSN of the referenced task, or of this request when that task is immediate.
    CmdSN ref_cmd_sn{};
    /// For TASK REASSIGN: the first DataSN that is not acknowledged, or 0.
    DataSN exp_data_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  TaskManagementFunction function() const { return static_cast<TaskManagementFunction>(u8<1>() & 0x7f); }
  Itt referenced_task_tag() const { return Itt(u32<20>()); }
  CmdSN ref_cmd_sn() const { return CmdSN(u32<32>()); }
  DataSN exp_data_sn() const { return DataSN(u32<36>()); }
};

}  // namespace lunway::wire
