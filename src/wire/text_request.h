// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Request: keys and values after login.
//= rfc7143#11.10
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|I|    0x04   |F|C|                     .                     |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag                                            |
//    20 | Target Transfer Tag or 0xffffffff                             |
//    24 | CmdSN                                                         |
//    28 | ExpStatSN                                                     |
//    32 | Reserved, 16 bytes                                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

/// The data segment is text.
class TextRequest : public Pdu<TextRequest, Opcode::text_request, RequestHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    bool immediate = false;
    /// The last request of a sequence.
    bool final = true;
    /// The text goes on in the next request; never with `final`.
    bool continues = false;
    /// Copied with the tag from the response.
    Lun lun{};
    Itt itt{};
    /// kNoTtt starts a new negotiation.
    Ttt ttt = kNoTtt;
    CmdSN cmd_sn{};
    StatSN exp_stat_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  bool continues() const { return bit<1, 0x40>(); }
  Ttt ttt() const { return Ttt(u32<20>()); }
};

}  // namespace lunway::wire
