// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// NOP-Out: the initiator's ping, its answer to the target's, or a means to carry ExpStatSN.
//= rfc7143#11.18
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|I|    0x00   |1|                      .                      |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag or 0xffffffff                              |
//    20 | Target Transfer Tag or 0xffffffff                             |
//    24 | CmdSN                                                         |
//    28 | ExpStatSN                                                     |
//    32 | Reserved, 16 bytes                                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

/// The data segment is ping data.
class NopOut : public Pdu<NopOut, Opcode::nop_out, RequestHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    bool immediate = true;
    /// Copied with the tag from the NOP-In that this answers.
    Lun lun{};
    /// Valid exactly when a NOP-In is asked for.
    Itt itt = kNoItt;
    /// Valid exactly when this answers a NOP-In.
    Ttt ttt = kNoTtt;
    CmdSN cmd_sn{};
    StatSN exp_stat_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  Ttt ttt() const { return Ttt(u32<20>()); }
  bool wants_answer() const { return itt() != kNoItt; }
};

}  // namespace lunway::wire
