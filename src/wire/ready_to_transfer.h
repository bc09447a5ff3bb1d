// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Ready To Transfer (R2T): the target asks for a part of a write's data.
//= rfc7143#11.8
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x31   |1|                      .                      |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN, 8 bytes                                                  |
//    16 | Initiator Task Tag                                            |
//    20 | Target Transfer Tag                                           |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | R2TSN                                                         |
//    40 | Buffer Offset                                                 |
//    44 | Desired Data Transfer Length                                  |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

class ReadyToTransfer : public Pdu<ReadyToTransfer, Opcode::ready_to_transfer, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    Lun lun{};
    Itt itt{};
    Ttt ttt{};
    /// The next StatSN; an R2T does not advance it.
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};
    R2TSN r2t_sn{};
    /// Bytes from the start of the command's data.
    std::uint32_t buffer_offset = 0;
    /// Bytes; never 0.
    std::uint32_t desired_data_transfer_length = 0;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  Ttt ttt() const { return Ttt(u32<20>()); }
  R2TSN r2t_sn() const { return R2TSN(u32<36>()); }
  std::uint32_t buffer_offset() const { return u32<40>(); }
  std::uint32_t desired_data_transfer_length() const { return u32<44>(); }
};

}  // namespace lunway::wire
