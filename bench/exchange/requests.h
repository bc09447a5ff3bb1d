// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator sends in the exchange that is counted: made beforehand, so that the counting sees the target alone.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace lunway::bench {

inline constexpr std::size_t kBlockBytes = 4096;
/// Commands that are sent at once: an initiator with this queue depth.
inline constexpr std::uint32_t kDepth = 32;

/// Writes carry their data with them (ImmediateData=Yes), as initiators do with 4 KiB. Commands take turns: a read, a
/// write.
class Requests {
 public:
  /// The one Login Request: no authentication, straight to the Full Feature Phase.
  static std::vector<std::byte> login();

  /// A TEST UNIT READY, which takes the unit attention of a new nexus.
  std::vector<std::byte> test_unit_ready();

  /// The next `kDepth` commands.
  std::vector<std::byte> next_batch();

  /// Checks that `answers` are those of a batch: every command GOOD, every read with its data. False: they are not.
  static bool are_answers(Bytes answers);
  /// The size of all answers to a batch.
  static std::size_t answer_bytes();

 private:
  std::uint32_t cmd_sn_ = 1;
  std::uint32_t exp_stat_sn_ = 1;
};

}  // namespace lunway::bench
