// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Registrations as bytes that survive a loss of power: a magic, the generation, the type, then each registration; at
// the end a CRC32C, so that a torn write is not taken for a reservation.

#include <cstddef>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "scsi/persistent/persistent_reservations.h"

namespace lunway::scsi {
namespace {

constexpr std::string_view kMagic = "LUNWAYPR1";
constexpr std::size_t kMostNameBytes = 512;

void append(std::vector<std::byte>& to, std::uint64_t value, std::size_t width) {
  for (std::size_t byte = width; byte-- > 0;) to.push_back(static_cast<std::byte>(value >> (8 * byte)));
}

void append(std::vector<std::byte>& to, std::string_view text) {
  for (const char character : text) to.push_back(static_cast<std::byte>(character));
}

/// Reads from the front; after the first thing that is not there everything else is not there either.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (const std::byte byte : take(width)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
  }

  std::string_view text(std::size_t length) { return text_of(take(length)); }

  bool is_sound() const { return is_sound_; }
  bool is_at_end() const { return rest_.empty(); }

 private:
  Bytes take(std::size_t length) {
    if (length > rest_.size()) is_sound_ = false;
    if (!is_sound_) return {};
    const Bytes taken = rest_.first(length);
    rest_ = rest_.subspan(length);
    return taken;
  }

  Bytes rest_;
  bool is_sound_ = true;
};

}  // namespace

std::vector<std::byte> PersistentReservations::record() const {
  std::vector<std::byte> bytes;
  append(bytes, kMagic);
  append(bytes, generation_, 4);
  append(bytes, type_ ? static_cast<std::uint64_t>(*type_) : 0, 1);
  append(bytes, registrations_.size(), 2);
  for (const Registration& registration : registrations_) {
    append(bytes, registration.key, 8);
    append(bytes, registration.holds ? 1 : 0, 1);
    append(bytes, registration.nexus.relative_target_port, 2);
    append(bytes, registration.nexus.initiator_port.size(), 2);
    append(bytes, registration.nexus.initiator_port);
  }
  append(bytes, crc32c(bytes), 4);
  return bytes;
}

std::optional<PersistentReservations> PersistentReservations::from_record(std::string_view record) {
  const Bytes bytes = bytes_of(record);
  if (bytes.size() < kMagic.size() + 4) return std::nullopt;
  const Bytes body = bytes.first(bytes.size() - 4);
  if (load_be32(bytes.data() + body.size()) != crc32c(body)) return std::nullopt;

  Reader reader(body);
  if (reader.text(kMagic.size()) != kMagic) return std::nullopt;
  PersistentReservations result;
  result.survives_power_loss_ = true;
  result.generation_ = static_cast<std::uint32_t>(reader.number(4));
  const auto type = static_cast<std::uint8_t>(reader.number(1));
  result.type_ = reservation_type(type);
  if (type != 0 && !result.type_) return std::nullopt;
  const std::uint64_t count = reader.number(2);
  if (count > kMostRegistrations) return std::nullopt;
  for (std::uint64_t index = 0; index < count && reader.is_sound(); ++index) {
    Registration registration;
    registration.key = reader.number(8);
    registration.holds = reader.number(1) != 0;
    registration.nexus.relative_target_port = static_cast<std::uint16_t>(reader.number(2));
    const std::uint64_t length = reader.number(2);
    if (length > kMostNameBytes) return std::nullopt;
    registration.nexus.initiator_port = reader.text(length);
    result.registrations_.push_back(std::move(registration));
  }
  if (!reader.is_sound() || !reader.is_at_end()) return std::nullopt;
  return result;
}

}  // namespace lunway::scsi
