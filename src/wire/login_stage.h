// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The stages of a login, and the flags of byte 1 that request and response share.
//= rfc7143#11.12.3
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |      ...      |T|C| . |CSG|NSG|              ...              |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/format_error.h"

namespace lunway::wire {

enum class LoginStage : std::uint8_t {
  security_negotiation = 0,
  login_operational_negotiation = 1,
  full_feature_phase = 3,
};

std::string_view to_string(LoginStage stage);

/// Byte 1 of a Login Request or Response.
struct LoginFlags {
  /// T: the sender is ready to leave the current stage, for `nsg`.
  bool transit = false;
  /// C: the text goes on in the next PDU; never with `transit`.
  bool continues = false;
  LoginStage csg = LoginStage::security_negotiation;
  /// Reserved, and sent as 0, without `transit`.
  LoginStage nsg = LoginStage::security_negotiation;

  static LoginFlags from_byte(std::uint8_t byte);
  std::uint8_t to_byte() const;

  /// The first rule that the flags break: a reserved stage, T with C, a stage that does not lead forward.
  std::optional<FormatError> format_error() const;

  friend bool operator==(const LoginFlags&, const LoginFlags&) = default;
};

}  // namespace lunway::wire
