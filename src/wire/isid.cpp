// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "wire/isid.h"

namespace lunway::wire {
namespace {

Isid assemble(Isid::Format format, std::uint32_t a_6, std::uint32_t b_16, std::uint32_t c_8, std::uint16_t d) {
  std::array<std::byte, Isid::kSize> bytes{};
  store_u8(&bytes[0], static_cast<std::uint8_t>(static_cast<unsigned>(format) << 6 | (a_6 & 0x3f)));
  store_be16(&bytes[1], static_cast<std::uint16_t>(b_16));
  store_u8(&bytes[3], static_cast<std::uint8_t>(c_8));
  store_be16(&bytes[4], d);
  return Isid(bytes);
}

}  // namespace

Isid Isid::from_oui(std::uint32_t oui_22, std::uint32_t qualifier_24) {
  return assemble(Format::oui, oui_22 >> 16, oui_22, qualifier_24 >> 16, static_cast<std::uint16_t>(qualifier_24));
}

Isid Isid::from_enterprise_number(std::uint32_t number_24, std::uint16_t qualifier) {
  return assemble(Format::enterprise_number, 0, number_24 >> 8, number_24, qualifier);
}

Isid Isid::from_random(std::uint32_t random_24, std::uint16_t qualifier) {
  return assemble(Format::random, 0, random_24 >> 8, random_24, qualifier);
}

std::string to_string(const Isid& isid) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (const std::byte byte : isid.bytes()) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 0xf];
  }
  return text;
}

}  // namespace lunway::wire
