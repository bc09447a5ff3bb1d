// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/persistent/transport_id.h"

#include <algorithm>
#include <cstdint>

#include "base/big_endian.h"

namespace lunway::scsi {
namespace {

/// FORMAT CODE 01b (an initiator port), PROTOCOL IDENTIFIER 5h.
constexpr std::uint8_t kIscsiPort = 0x45;
constexpr std::size_t kHeader = 4;
constexpr std::size_t kLeast = 24;
/// An iSCSI name of 223 bytes, the separator, the ISID and the null.
constexpr std::size_t kMostNameBytes = 244;

}  // namespace

std::vector<std::byte> transport_id(std::string_view initiator_port) {
  const std::size_t padded = kHeader + (initiator_port.size() / 4 + 1) * 4;
  std::vector<std::byte> bytes(std::max(kLeast, padded));
  store_u8(bytes.data(), kIscsiPort);
  store_be16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - kHeader));
  std::ranges::copy(bytes_of(initiator_port), bytes.begin() + kHeader);
  return bytes;
}

std::optional<ParsedTransportId> parse_transport_id(Bytes list) {
  if (list.size() < kLeast || load_u8(list.data()) != kIscsiPort) return std::nullopt;
  const std::size_t additional = load_be16(list.data() + 2);
  if (additional < kLeast - kHeader || additional % 4 != 0 || additional > list.size() - kHeader) return std::nullopt;
  const std::string_view field = text_of(list.subspan(kHeader, additional));
  const std::string_view name = field.substr(0, field.find('\0'));
  if (name.size() == field.size() || name.size() > kMostNameBytes || !name.contains(",i,0x")) return std::nullopt;
  return ParsedTransportId{.initiator_port = std::string(name), .length = kHeader + additional};
}

}  // namespace lunway::scsi
