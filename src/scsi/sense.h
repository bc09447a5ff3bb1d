// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sense data: why a command ended with CHECK CONDITION (SPC-4, 4.5), in the fixed and in the descriptor format.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "scsi/sense_code.h"

namespace lunway::scsi {

/// Which field an ILLEGAL REQUEST is about (SPC-4, 4.5.2.4.2).
struct FieldPointer {
  /// In the CDB, else in the parameter list.
  bool in_cdb = true;
  /// The field's first byte.
  std::uint16_t byte = 0;
  /// The field's most significant bit, where it begins inside a byte.
  std::optional<std::uint8_t> bit = {};
};

struct Sense {
  SenseKey key = SenseKey::no_sense;
  SenseCode code = SenseCode::no_additional_sense_information;
  std::optional<FieldPointer> field = {};
  /// An LBA, or for MISCOMPARE the offset of the first byte that differs.
  std::optional<std::uint64_t> information = {};
  /// How far an operation has come, in 65536ths.
  std::optional<std::uint16_t> progress = {};
};

enum class SenseFormat : std::uint8_t { fixed, descriptor };

/// Response code, header and every descriptor at once.
inline constexpr std::size_t kMaxSenseBytes = 40;

/// Writes current (not deferred) sense data; returns its length. `to` has kMaxSenseBytes.
std::size_t write_sense(const Sense& sense, SenseFormat format, MutableBytes to);

}  // namespace lunway::scsi
