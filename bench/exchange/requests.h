// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator sends to a target that is measured: made beforehand, so that the measuring sees the target alone.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace lunway::bench {

inline constexpr std::size_t kBlockBytes = 4096;
/// Commands that are sent at once: an initiator with this queue depth.
inline constexpr std::uint32_t kDepth = 32;

/// What the commands of a batch do. `both`: a read and a write in turn.
enum class Mix : std::uint8_t { both, reads, writes };

/// Writes carry their data with them (ImmediateData=Yes), as initiators do with 4 KiB.
class Requests {
 public:
  explicit Requests(Mix mix = Mix::both) : mix_(mix) {}

  /// The one Login Request: no authentication, straight to the Full Feature Phase.
  static std::vector<std::byte> login();

  /// A TEST UNIT READY, which takes the unit attention of a new nexus.
  std::vector<std::byte> test_unit_ready();

  /// The next `kDepth` commands.
  std::vector<std::byte> next_batch();

  /// Makes the next batch of a batch: new tags and numbers, and else the same.
  void renumber(std::vector<std::byte>& batch);

  /// Checks that `answers` are those of a batch of both: every command GOOD, every read with its data. False: they are
  /// not.
  static bool are_answers(Bytes answers);
  /// The size of all answers to a batch of both.
  static std::size_t answer_bytes();

 private:
  bool is_read(std::uint32_t number) const { return mix_ == Mix::reads || (mix_ == Mix::both && number % 2 == 0); }

  const Mix mix_;
  std::uint32_t cmd_sn_ = 1;
  std::uint32_t exp_stat_sn_ = 1;
};

}  // namespace lunway::bench
