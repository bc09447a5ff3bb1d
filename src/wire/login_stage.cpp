// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/login_stage.h"

namespace lunway::wire {
namespace {

constexpr unsigned kTransit = 0x80;
constexpr unsigned kContinue = 0x40;
constexpr auto kReservedStage = static_cast<LoginStage>(2);

}  // namespace

std::string_view to_string(LoginStage stage) {
  switch (stage) {
    case LoginStage::security_negotiation:
      return "SecurityNegotiation";
    case LoginStage::login_operational_negotiation:
      return "LoginOperationalNegotiation";
    case LoginStage::full_feature_phase:
      return "FullFeaturePhase";
  }
  return "reserved";
}

LoginFlags LoginFlags::from_byte(std::uint8_t byte) {
  LoginFlags flags{.transit = (byte & kTransit) != 0,
                   .continues = (byte & kContinue) != 0,
                   .csg = static_cast<LoginStage>((byte >> 2) & 3)};
  if (flags.transit) flags.nsg = static_cast<LoginStage>(byte & 3);
  return flags;
}

std::uint8_t LoginFlags::to_byte() const {
  return static_cast<std::uint8_t>((transit ? kTransit : 0U) | (continues ? kContinue : 0U) |
                                   static_cast<unsigned>(csg) << 2 | (transit ? static_cast<unsigned>(nsg) : 0U));
}

std::optional<FormatError> LoginFlags::format_error() const {
  using Kind = FormatError::Kind;
  if (csg == kReservedStage || (transit && nsg == kReservedStage)) {
    return FormatError{Kind::reserved_code, "11.12.3", "stage code 2 is reserved"};
  }
  if (csg == LoginStage::full_feature_phase) {
    return FormatError{Kind::illegal_value, "11.12.3", "a login is over in the Full Feature Phase"};
  }
  if (transit && continues) return FormatError{Kind::inconsistent, "11.12.2", "T is 0 when C is 1"};
  //= rfc7143#6.3
  if (transit && nsg <= csg) {
    return FormatError{Kind::inconsistent, "6.3", "the next stage comes after the current one"};
  }
  return std::nullopt;
}

}  // namespace lunway::wire
