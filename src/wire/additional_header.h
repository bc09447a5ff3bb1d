// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Additional Header Segments (AHS): what a SCSI Command needs to say and has no room for in 48 bytes.
//= rfc7143#11.2.2
//        0               1               2               3
//       +---------------+---------------+---------------+---------------+
//     0 |           AHSLength           | . |  AHS code |  AHS-specific |
//     4 | AHS-specific and padding                                      |
//       +---------------+---------------+---------------+---------------+

#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "wire/format_error.h"

namespace lunway::wire {

/// What SCSI lets a CDB grow to.
inline constexpr std::size_t kMaxCdbSize = 260;

/// The most bytes of AHS that a command can need: an Extended CDB for the longest CDB and a bidirectional read length.
/// The field in the header could say 1020.
inline constexpr std::size_t kMaxAhsSize = 256;

//= rfc7143#11.2.2.1
enum class AhsType : std::uint8_t { extended_cdb = 1, bidirectional_read_length = 2 };

/// One AHS of any type.
struct AdditionalHeader {
  AhsType type;
  /// The AHSLength bytes that follow the type; the first is reserved in both types that are defined.
  Bytes specific{};
};

/// Walks over the AHSs of one PDU.
class AhsReader {
 public:
  /// All AHS bytes of a PDU: a multiple of 4.
  explicit AhsReader(Bytes ahs) : rest_(ahs) {}

  /// The next AHS, nothing after the last one, or the error that ends the walk.
  Parsed<std::optional<AdditionalHeader>> next();

 private:
  Bytes rest_;
};

/// What the AHSs of a SCSI Command say.
struct CommandAhs {
  /// The CDB from its byte 16 on; empty when it has no more than 16.
  Bytes extended_cdb{};
  /// Bytes; only in a bidirectional command.
  std::optional<std::uint32_t> bidirectional_read_length{};

  /// Refuses an AHS that does not fit, a type twice, a reserved type, and a CDB longer than kMaxCdbSize.
  static Parsed<CommandAhs> parse(Bytes ahs);

  /// The size of what write() makes: a multiple of 4.
  std::size_t size() const;

  /// Writes the AHSs into `to`, which has at least size() bytes, and returns the part that was written.
  MutableBytes write(MutableBytes to) const;
};

}  // namespace lunway::wire
