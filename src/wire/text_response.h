// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Response: the target's part of an exchange of text.
//= rfc7143#11.11
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x24   |F|C|                     .                     |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag                                            |
//    20 | Target Transfer Tag or 0xffffffff                             |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | Reserved, 12 bytes                                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

/// The data segment is text.
class TextResponse : public Pdu<TextResponse, Opcode::text_response, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    /// The target has finished the operation; exactly then the tag is kNoTtt.
    bool final = true;
    /// The text goes on in the next response; never with `final`.
    bool continues = false;
    /// The initiator copies this and the tag into its next request.
    Lun lun{};
    Itt itt{};
    Ttt ttt = kNoTtt;
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  bool continues() const { return bit<1, 0x40>(); }
  /// To be ignored when `final()`.
  Ttt ttt() const { return Ttt(u32<20>()); }
};

}  // namespace lunway::wire
