// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Logout Request: closes a connection or a session, or clears a connection away for recovery.
//= rfc7143#11.14
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|I|    0x06   |1| Reason Code |               .               |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | Reserved, 8 bytes                                             |
//    16 | Initiator Task Tag                                            |
//    20 |        CID or Reserved        |            Reserved           |
//    24 | CmdSN                                                         |
//    28 | ExpStatSN                                                     |
//    32 | Reserved, 16 bytes                                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/pdu.h"

namespace lunway::wire {

//= rfc7143#11.14.1
enum class LogoutReason : std::uint8_t { close_session = 0, close_connection = 1, remove_for_recovery = 2 };

std::string_view to_string(LogoutReason reason);

class LogoutRequest : public Pdu<LogoutRequest, Opcode::logout_request, RequestHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    bool immediate = false;
    LogoutReason reason = LogoutReason::close_session;
    Itt itt{};
    /// The connection to close, which may be another; not valid when the session is closed.
    Cid cid{};
    CmdSN cmd_sn{};
    StatSN exp_stat_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  LogoutReason reason() const { return static_cast<LogoutReason>(u8<1>() & 0x7f); }
  Cid cid() const { return Cid(u16<20>()); }
};

}  // namespace lunway::wire
