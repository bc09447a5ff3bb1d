// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI Response: how a command ended. The Status Qualifier is RFC 7144's.
//= rfc7143#11.4
//= rfc7144#5.2
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x21   |1| . |o|u|O|U|.|    Response   |     Status    |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 |        Status Qualifier       |               .               |
//    12 | Reserved                                                      |
//    16 | Initiator Task Tag                                            |
//    20 | SNACK Tag or Reserved                                         |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | ExpDataSN or Reserved                                         |
//    40 | Bidirectional Read Residual Count or Reserved                 |
//    44 | Residual Count or Reserved                                    |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"
#include "wire/residual.h"
#include "wire/scsi_status.h"

namespace lunway::wire {

/// The iSCSI service response. 0x80 to 0xff are vendor-specific.
//= rfc7143#11.4.3
enum class ScsiResponseCode : std::uint8_t { completed_at_target = 0x00, target_failure = 0x01 };

std::string_view to_string(ScsiResponseCode code);

/// The data segment is a SenseSegment: see sense_segment.h.
class ScsiResponse : public Pdu<ScsiResponse, Opcode::scsi_response, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    ScsiResponseCode response = ScsiResponseCode::completed_at_target;
    /// This and the residuals mean something only when the command completed at the target.
    ScsiStatus status = ScsiStatus::good;
    /// 0 unless iSCSIProtocolLevel allows it.
    std::uint16_t status_qualifier = 0;
    /// Of the write, when the command was bidirectional.
    Residual residual{};
    Residual bidirectional_read_residual{};
    Itt itt{};
    SnackTag snack_tag = kNoSnackTag;
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};
    /// How many Data-In PDUs were sent for the command; R2Ts too when it was bidirectional.
    DataSN exp_data_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  ScsiResponseCode response() const { return static_cast<ScsiResponseCode>(u8<2>()); }
  bool completed_at_target() const { return response() == ScsiResponseCode::completed_at_target; }
  ScsiStatus status() const { return static_cast<ScsiStatus>(u8<3>()); }
  std::uint16_t status_qualifier() const { return u16<8>(); }
  /// None when the command did not complete at the target: the flags are to be ignored then.
  Residual residual() const;
  Residual bidirectional_read_residual() const;
  SnackTag snack_tag() const { return SnackTag(u32<20>()); }
  DataSN exp_data_sn() const { return DataSN(u32<36>()); }
};

}  // namespace lunway::wire
