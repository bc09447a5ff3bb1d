// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Logout Response: whether the connection or session is cleaned up.
//= rfc7143#11.15
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x26   |1|      .      |    Response   |       .       |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | Reserved, 8 bytes                                             |
//    16 | Initiator Task Tag                                            |
//    20 | Reserved                                                      |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 | Reserved                                                      |
//    40 |           Time2Wait           |          Time2Retain          |
//    44 | Reserved                                                      |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

//= rfc7143#11.15.1
enum class LogoutResponseCode : std::uint8_t {
  closed = 0,
  cid_not_found = 1,
  recovery_not_supported = 2,
  cleanup_failed = 3,
};

std::string_view to_string(LogoutResponseCode code);

class LogoutResponse : public Pdu<LogoutResponse, Opcode::logout_response, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    LogoutResponseCode response = LogoutResponseCode::closed;
    Itt itt{};
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};
    /// Seconds until tasks may be reassigned, or a logout tried again.
    std::uint16_t time2wait = 0;
    /// Seconds after that during which the target keeps what there is to recover.
    std::uint16_t time2retain = 0;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  LogoutResponseCode response() const { return static_cast<LogoutResponseCode>(u8<2>()); }
  std::uint16_t time2wait() const { return u16<40>(); }
  std::uint16_t time2retain() const { return u16<42>(); }
};

}  // namespace lunway::wire
