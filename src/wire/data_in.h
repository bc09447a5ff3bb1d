// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI Data-In: data of a read, and with the last of it perhaps the status.
//= rfc7143#11.7
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x25   |F|A|  .  |O|U|S|    Reserved   | Status or Rsvd|
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | LUN or Reserved, 8 bytes                                      |
//    16 | Initiator Task Tag                                            |
//    20 | Target Transfer Tag or 0xffffffff                             |
//    24 | StatSN or Reserved                                            |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | DataSN                                                        |
//    40 | Buffer Offset                                                 |
//    44 | Residual Count                                                |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"
#include "wire/residual.h"
#include "wire/scsi_status.h"

namespace lunway::wire {

class DataIn : public Pdu<DataIn, Opcode::data_in, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    /// The last PDU of a sequence.
    bool final = false;
    /// Asks for a DataACK; the receiver ignores it at ErrorRecoveryLevel 0.
    bool acknowledge = false;
    /// The S bit: status, residual and stat_sn mean something only with it, and are sent as 0 without.
    bool has_status = false;
    ScsiStatus status = ScsiStatus::good;
    Residual residual{};
    /// Valid when the tag is.
    Lun lun{};
    Itt itt{};
    /// Valid exactly when `acknowledge` is set.
    Ttt ttt = kNoTtt;
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};
    DataSN data_sn{};
    /// Bytes from the start of the command's data.
    std::uint32_t buffer_offset = 0;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  bool acknowledge() const { return bit<1, 0x40>(); }
  bool has_status() const { return bit<1, 0x01>(); }
  ScsiStatus status() const { return static_cast<ScsiStatus>(u8<3>()); }
  /// None without the S bit.
  Residual residual() const;
  Ttt ttt() const { return Ttt(u32<20>()); }
  DataSN data_sn() const { return DataSN(u32<36>()); }
  std::uint32_t buffer_offset() const { return u32<40>(); }
};

}  // namespace lunway::wire
