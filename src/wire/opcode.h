// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What kind of PDU a header opens.
//= rfc7143#11.2.1.2

#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace lunway::wire {

/// The six opcode bits of byte 0. A header may carry a value that has no name here.
enum class Opcode : std::uint8_t {
  nop_out = 0x00,
  scsi_command = 0x01,
  task_management_request = 0x02,
  login_request = 0x03,
  text_request = 0x04,
  data_out = 0x05,
  logout_request = 0x06,
  snack_request = 0x10,

  nop_in = 0x20,
  scsi_response = 0x21,
  task_management_response = 0x22,
  login_response = 0x23,
  text_response = 0x24,
  data_in = 0x25,
  logout_response = 0x26,
  ready_to_transfer = 0x31,
  asynchronous_message = 0x32,
  reject = 0x3f,
};

enum class Role : std::uint8_t { initiator, target };

/// The RFC's name of the PDU; "unassigned" for an opcode without one, "vendor-specific" for the ranges kept for
/// vendors.
std::string_view to_string(Opcode opcode);

/// Who may send this PDU; nothing when the opcode is unassigned.
std::optional<Role> sender_of(Opcode opcode);

/// A set of opcodes, cheap to copy and to ask.
class OpcodeSet {
 public:
  constexpr OpcodeSet() = default;
  constexpr OpcodeSet(std::initializer_list<Opcode> opcodes) {
    for (const Opcode opcode : opcodes) bits_ |= bit(opcode);
  }

  constexpr bool contains(Opcode opcode) const { return (bits_ & bit(opcode)) != 0; }

 private:
  static constexpr std::uint64_t bit(Opcode opcode) {
    return std::uint64_t{1} << (static_cast<std::uint8_t>(opcode) & 0x3f);
  }

  std::uint64_t bits_ = 0;
};

}  // namespace lunway::wire
