// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "wire/opcode.h"

namespace lunway::wire {
namespace {

bool is_vendor_specific(Opcode opcode) {
  const auto code = static_cast<std::uint8_t>(opcode);
  return (code >= 0x1c && code <= 0x1e) || (code >= 0x3c && code <= 0x3e);
}

}  // namespace

std::string_view to_string(Opcode opcode) {
  switch (opcode) {
    case Opcode::nop_out:
      return "NOP-Out";
    case Opcode::scsi_command:
      return "SCSI Command";
    case Opcode::task_management_request:
      return "Task Management Function Request";
    case Opcode::login_request:
      return "Login Request";
    case Opcode::text_request:
      return "Text Request";
    case Opcode::data_out:
      return "SCSI Data-Out";
    case Opcode::logout_request:
      return "Logout Request";
    case Opcode::snack_request:
      return "SNACK Request";
    case Opcode::nop_in:
      return "NOP-In";
    case Opcode::scsi_response:
      return "SCSI Response";
    case Opcode::task_management_response:
      return "Task Management Function Response";
    case Opcode::login_response:
      return "Login Response";
    case Opcode::text_response:
      return "Text Response";
    case Opcode::data_in:
      return "SCSI Data-In";
    case Opcode::logout_response:
      return "Logout Response";
    case Opcode::ready_to_transfer:
      return "Ready To Transfer";
    case Opcode::asynchronous_message:
      return "Asynchronous Message";
    case Opcode::reject:
      return "Reject";
  }
  return is_vendor_specific(opcode) ? "vendor-specific" : "unassigned";
}

std::optional<Role> sender_of(Opcode opcode) {
  if (to_string(opcode) == "unassigned") return std::nullopt;
  // Bit 0x20 tells the two halves of the code space apart.
  return (static_cast<std::uint8_t>(opcode) & 0x20) != 0 ? Role::target : Role::initiator;
}

}  // namespace lunway::wire
