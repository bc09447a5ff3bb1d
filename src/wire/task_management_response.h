// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task Management Function Response. Response 7 and the additional information are RFC 7144's.
//= rfc7143#11.6
//= rfc7144#6.4
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x22   |1|      .      |    Response   |       .       |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 |        Additional Response Information        |       .       |
//    12 | Reserved                                                      |
//    16 | Initiator Task Tag                                            |
//    20 | Reserved                                                      |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | Reserved, 12 bytes                                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

//= rfc7143#11.6.1
enum class TaskManagementResponseCode : std::uint8_t {
  function_complete = 0,
  task_does_not_exist = 1,
  lun_does_not_exist = 2,
  task_still_allegiant = 3,
  reassignment_not_supported = 4,
  function_not_supported = 5,
  authorization_failed = 6,
  function_succeeded = 7,
  function_rejected = 255,
};

std::string_view to_string(TaskManagementResponseCode code);

class TaskManagementResponse : public Pdu<TaskManagementResponse, Opcode::task_management_response, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    TaskManagementResponseCode response = TaskManagementResponseCode::function_complete;
    /// 24 bits, for QUERY TASK and QUERY ASYNCHRONOUS EVENT.
    std::uint32_t additional_response_information = 0;
    Itt itt{};
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  TaskManagementResponseCode response() const { return static_cast<TaskManagementResponseCode>(u8<2>()); }
  std::uint32_t additional_response_information() const { return u32<8>() >> 8; }
};

}  // namespace lunway::wire
