// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// ROD tokens as bytes (SPC-4, 5.16.6): what an initiator carries from one command to another.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "scsi/sense_code.h"

namespace lunway::scsi {

struct LogicalUnitOptions;

inline constexpr std::size_t kRodTokenBytes = 512;
using RodTokenBytes = std::array<std::byte, kRodTokenBytes>;

enum class RodType : std::uint32_t {
  /// Stands for data as it was; ends when that changes.
  change_vulnerable = 0x00800001,
  /// The copy manager chooses one that stands for data as it was.
  any_point_in_time = 0x0080ffff,
  /// Zeros, as many as are wanted. Nobody makes it: its bytes are known to all.
  zero = 0xffff0001,
};

struct RodTokenSubject {
  const LogicalUnitOptions& unit;
  std::string_view target_device;
  std::uint64_t bytes = 0;
};

/// Makes a token of random bytes. Of those the copy manager's identifier of the token and the last half stay as they
/// are: 2048 bits that nobody can guess.
void write_rod_token(RodTokenBytes& token, const RodTokenSubject& subject);

/// Where a token says that it comes from.
struct RodTokenOrigin {
  RodType type = RodType::change_vulnerable;
  /// The logical unit, by its NAA designator. Not of a zero token.
  std::uint64_t naa = 0;
};

/// What is wrong with the form of a token (SPC-4, 5.16.6.5.2.3); an empty optional for nothing, and then `origin` is
/// told.
std::optional<SenseCode> parse_rod_token(Bytes token, RodTokenOrigin& origin);

}  // namespace lunway::scsi
