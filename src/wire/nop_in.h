// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// NOP-In: the target's ping, its answer to the initiator's, or a means to carry a changed command window.
//= rfc7143#11.19
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x20   |1|                      .                      |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag or 0xffffffff                              |
//    20 | Target Transfer Tag or 0xffffffff                             |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | Reserved, 12 bytes                                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

/// The data segment is the ping data of the NOP-Out that this answers.
class NopIn : public Pdu<NopIn, Opcode::nop_in, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    /// Valid when the tag is.
    Lun lun{};
    /// Of the NOP-Out that this answers; kNoItt when it answers none.
    Itt itt = kNoItt;
    /// Valid exactly when a NOP-Out is asked for; never together with `itt`.
    Ttt ttt = kNoTtt;
    /// The next StatSN; advanced only when this answers a NOP-Out.
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  Ttt ttt() const { return Ttt(u32<20>()); }
  bool is_answer() const { return itt() != kNoItt; }
  bool wants_answer() const { return ttt() != kNoTtt; }
};

}  // namespace lunway::wire
