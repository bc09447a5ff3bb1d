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
#include "scsi/status.h"

namespace lunway::scsi {

/// Which field an ILLEGAL REQUEST is about (SPC-4, 4.5.2.4.2).
struct FieldPointer {
  /// In the CDB, else in the parameter list.
  bool in_cdb = true;
  /// The field's first byte.
  std::uint16_t byte = 0;
  /// The field's most significant bit, where it begins inside a byte.
  std::optional<std::uint8_t> bit = {};
  /// With COPY ABORTED: counted from the start of the segment descriptor.
  bool in_segment = false;
};

/// How a logical unit answered the copy manager (SPC-4, 4.5.2.5, and SPC-3, 6.3.3): told inside of the sense data of
/// the copy.
struct ForwardedAnswer {
  /// The unit that was written, else the one that was read.
  bool from_destination = false;
  Status status = Status::check_condition;
  /// With CHECK CONDITION.
  SenseKey key = SenseKey::no_sense;
  SenseCode code = SenseCode::no_additional_sense_information;
};

struct Sense {
  SenseKey key = SenseKey::no_sense;
  SenseCode code = SenseCode::no_additional_sense_information;
  std::optional<FieldPointer> field = {};
  /// An LBA, or for MISCOMPARE the offset of the first byte that differs.
  std::optional<std::uint64_t> information = {};
  /// How far an operation has come, in 65536ths.
  std::optional<std::uint16_t> progress = {};
  /// With COPY ABORTED: which segment descriptor it is about.
  std::optional<std::uint16_t> segment = {};
  std::optional<ForwardedAnswer> forwarded = {};
};

enum class SenseFormat : std::uint8_t { fixed, descriptor };

/// Response code, header and every descriptor at once.
inline constexpr std::size_t kMaxSenseBytes = 64;

/// Writes current (not deferred) sense data; returns its length. `to` has kMaxSenseBytes.
std::size_t write_sense(const Sense& sense, SenseFormat format, MutableBytes to);

}  // namespace lunway::scsi
