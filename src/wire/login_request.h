// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Login Request: one step of the initiator through the login phase. Always immediate.
//= rfc7143#11.12
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|1|    0x03   |T|C| . |CSG|NSG|  Version-max  |  Version-min  |
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | ISID                                                          |
//    12 |              ISID             |              TSIH             |
//    16 | Initiator Task Tag                                            |
//    20 |              CID              |            Reserved           |
//    24 | CmdSN                                                         |
//    28 | ExpStatSN or Reserved                                         |
//    32 | Reserved, 16 bytes                                            |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/login_stage.h"
#include "wire/pdu.h"

namespace lunway::wire {

/// The version of RFC 7143, and the only one there is.
//= rfc7143#11.12.4
inline constexpr std::uint8_t kProtocolVersion = 0x00;

/// The data segment is text. A version range without kProtocolVersion is no format error: it has a login status.
class LoginRequest : public Pdu<LoginRequest, Opcode::login_request, RequestHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    LoginFlags flags{};
    std::uint8_t version_max = kProtocolVersion;
    std::uint8_t version_min = kProtocolVersion;
    Isid isid{};
    Tsih tsih = kNewSession;
    Itt itt{};
    Cid cid{};
    CmdSN cmd_sn{};
    StatSN exp_stat_sn{};

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  LoginFlags flags() const { return LoginFlags::from_byte(u8<1>()); }
  std::uint8_t version_max() const { return u8<2>(); }
  std::uint8_t version_min() const { return u8<3>(); }
  Isid isid() const;
  Tsih tsih() const { return Tsih(u16<14>()); }
  Cid cid() const { return Cid(u16<20>()); }
};

}  // namespace lunway::wire
