// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI Data-Out: data of a write, asked for by an R2T or not.
//= rfc7143#11.7
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x05   |F|                      .                      |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag                                            |
//    20 | Target Transfer Tag or 0xffffffff                             |
//    24 | Reserved                                                      |
//    28 | ExpStatSN                                                     |
//    32 | Reserved                                                      |
//    36 | DataSN                                                        |
//    40 | Buffer Offset                                                 |
//    44 | Reserved                                                      |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

class DataOut : public Pdu<DataOut, Opcode::data_out, BasicHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    /// The last PDU of the unsolicited data or of the answer to an R2T.
    bool final = false;
    /// Valid when the tag is.
    Lun lun{};
    Itt itt{};
    /// Of the R2T that this answers; kNoTtt when the data is unsolicited.
    Ttt ttt = kNoTtt;
    StatSN exp_stat_sn{};
    DataSN data_sn{};
    /// Bytes from the start of the command's data.
    std::uint32_t buffer_offset = 0;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  Ttt ttt() const { return Ttt(u32<20>()); }
  bool is_solicited() const { return ttt() != kNoTtt; }
  StatSN exp_stat_sn() const { return StatSN(u32<28>()); }
  DataSN data_sn() const { return DataSN(u32<36>()); }
  std::uint32_t buffer_offset() const { return u32<40>(); }
};

}  // namespace lunway::wire
