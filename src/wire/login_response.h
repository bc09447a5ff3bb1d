// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Login Response: the target's answer to each Login Request.
//= rfc7143#11.13
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |.|.|    0x23   |T|C| . |CSG|NSG|  Version-max  | Version-active|
//     4 | TotalAHSLength|               DataSegmentLength               |
//     8 | ISID                                                          |
//    12 |              ISID             |              TSIH             |
//    16 | Initiator Task Tag                                            |
//    20 | Reserved                                                      |
//    24 | StatSN                                                        |
//    28 | ExpCmdSN                                                      |
//    32 | MaxCmdSN                                                      |
//    36 |  Status-Class | Status-Detail |            Reserved           |
//    40 | Reserved, 8 bytes                                             |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include "wire/login_request.h"
#include "wire/login_stage.h"
#include "wire/login_status.h"
#include "wire/pdu.h"

namespace lunway::wire {

/// The data segment is text.
class LoginResponse : public Pdu<LoginResponse, Opcode::login_response, ResponseHeader> {
 public:
  using Pdu::Pdu;

  struct Fields {
    LoginFlags flags{};
    std::uint8_t version_max = kProtocolVersion;
    std::uint8_t version_active = kProtocolVersion;
    Isid isid{};
    Tsih tsih = kNewSession;
    Itt itt{};
    /// The numbers are valid only with a status of class 0.
    StatSN stat_sn{};
    CmdSN exp_cmd_sn{};
    CmdSN max_cmd_sn{};
    LoginStatus status = LoginStatus::success;

    friend bool operator==(const Fields&, const Fields&) = default;
  };

  static Header build(const Fields& fields);
  Fields fields() const;
  std::optional<FormatError> format_error() const;

  LoginFlags flags() const { return LoginFlags::from_byte(u8<1>()); }
  std::uint8_t version_max() const { return u8<2>(); }
  std::uint8_t version_active() const { return u8<3>(); }
  Isid isid() const;
  Tsih tsih() const { return Tsih(u16<14>()); }
  LoginStatus status() const { return static_cast<LoginStatus>(u16<36>()); }
};

}  // namespace lunway::wire
