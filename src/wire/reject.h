// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Reject: the target sends a PDU back with the reason why it did not take it.
//= rfc7143#11.17
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x3f   |1|      .      |     Reason    |       .       |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | Reserved, 8 bytes                                             |
//    16 | 0xffffffff                                                    |
//    20 | Reserved                                                      |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | DataSN/R2TSN or Reserved                                      |
//    40 | Reserved, 8 bytes                                             |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

/// An unassigned reason is no format error.
//= rfc7143#11.17.1
enum class RejectReason : std::uint8_t {
  data_digest_error = 0x02,
  snack_reject = 0x03,
  protocol_error = 0x04,
  command_not_supported = 0x05,
  immediate_command_reject = 0x06,
  task_in_progress = 0x07,
  invalid_data_ack = 0x08,
  invalid_pdu_field = 0x09,
  long_operation_reject = 0x0a,
  negotiation_reset = 0x0b,  // deprecated; never sent, and a failed negotiation when received
  waiting_for_logout = 0x0c,
};

std::string_view to_string(RejectReason reason);

/// Whether the initiator may send the rejected PDU again.
bool can_be_resent(RejectReason reason);

/// The data segment is a RejectedHeader.
class Reject : public Pdu<Reject, Opcode::reject, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    RejectReason reason = RejectReason::protocol_error;
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};
    /// For a rejected Data/R2T SNACK: the DataSN or R2TSN that the target would send next.
    std::uint32_t data_sn_or_r2t_sn = 0;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  RejectReason reason() const { return static_cast<RejectReason>(u8<2>()); }
  std::uint32_t data_sn_or_r2t_sn() const { return u32<36>(); }
};

/// Views into the data segment of a Reject: the header of the bad PDU with its AHS and without digest, then what the
/// vendor likes to add.
//= rfc7143#11.17.4
struct RejectedHeader {
  HeaderView header;
  Bytes ahs{};
  Bytes vendor_data{};

  static Parsed<RejectedHeader> parse(Bytes data_segment);
};

}  // namespace lunway::wire
