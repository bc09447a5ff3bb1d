// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI Command: a CDB on its way to a logical unit. Byte 2 is RFC 7144's command priority.
//= rfc7143#11.3
//= rfc7144#5.1
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|I|    0x01   |F|R|W| . | ATTR|  PRI  |           .           |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | Logical Unit Number, 8 bytes                                  |
//    16 | Initiator Task Tag                                            |
//    20 | Expected Data Transfer Length                                 |
//    24 | CmdSN                                                         |
//    28 | ExpStatSN                                                     |
//    32 | CDB, 16 bytes                                                 |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

//= rfc7143#11.3.1
enum class TaskAttribute : std::uint8_t { untagged = 0, simple = 1, ordered = 2, head_of_queue = 3, aca = 4 };

std::string_view to_string(TaskAttribute attribute);

/// The data segment is immediate data. A CDB of more than 16 bytes ends, and the read length of a bidirectional command
/// is, in the AHS: see additional_header.h.
class ScsiCommand : public Pdu<ScsiCommand, Opcode::scsi_command, RequestHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    bool immediate = false;
    /// No unsolicited Data-Out follows.
    bool final = true;
    bool read = false;
    bool write = false;
    TaskAttribute attribute = TaskAttribute::simple;
    /// 4 bits; 0 unless iSCSIProtocolLevel allows it.
    std::uint8_t priority = 0;
    Lun lun{};
    Itt itt{};
    /// Bytes; of the write when the command is bidirectional.
    std::uint32_t expected_data_transfer_length = 0;
    CmdSN cmd_sn{};
    StatSN exp_stat_sn{};
    std::array<std::byte, kHeaderCdbSize> cdb{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  bool read() const { return bit<1, 0x40>(); }
  bool write() const { return bit<1, 0x20>(); }
  bool is_bidirectional() const { return read() && write(); }
  TaskAttribute attribute() const { return static_cast<TaskAttribute>(u8<1>() & 0x07); }
  std::uint8_t priority() const { return u8<2>() >> 4; }
  std::uint32_t expected_data_transfer_length() const { return u32<20>(); }
  /// The first 16 bytes of the CDB.
  std::span<const std::byte, kHeaderCdbSize> cdb() const { return header().subspan<32, kHeaderCdbSize>(); }
};

}  // namespace lunway::wire
