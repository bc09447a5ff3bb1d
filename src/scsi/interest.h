// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a command does, with regard to reservations of others (SPC-4, tables 66 and 67; SBC-3, table 11).

#pragma once

#include <cstdint>

namespace lunway::scsi {

enum class Interest : std::uint8_t {
  /// Asks about the device: no reservation bars it.
  information,
  /// Asks whether the device is ready: RESERVE(6) and (10) of another bar it (SPC-2, table 10), and nothing else.
  readiness,
  /// Reads the medium or its state: an exclusive access reservation bars it.
  reads,
  /// Changes the medium or the device: every reservation bars it.
  writes,
  /// Looks at reservations on its own.
  own,
};

}  // namespace lunway::scsi
