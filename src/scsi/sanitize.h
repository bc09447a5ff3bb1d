// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A sanitize operation of a logical unit (SBC-3, 4.11): what was ordered, and how it stands. The operation is not the
// command's that ordered it: it goes on through aborts, resets and the loss of the nexus, and after a restart.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scsi/sense.h"

namespace lunway::scsi {

class Task;
class Waker;

struct SanitizeOrder {
  enum class Method : std::uint8_t { overwrite, block_erase };

  Method method = Method::block_erase;
  /// AUSE: when it fails, EXIT FAILURE MODE ends the failure mode.
  bool allows_exit = false;
  // Of an overwrite: how often, with what, repeated in each block, and whether every other pass inverts it.
  std::uint8_t passes = 1;
  bool inverts = false;
  std::vector<std::byte> pattern;

  /// One line of text.
  std::string to_record() const;
  static std::optional<SanitizeOrder> from_record(std::string_view record, std::size_t block_size);
};

/// Guarded by the mutex of the logical unit, but for what is atomic.
class SanitizeState {
 public:
  enum class Phase : std::uint8_t { idle, running, failed };

  Phase phase() const { return phase_.load(std::memory_order_acquire); }
  const SanitizeOrder& order() const { return order_; }
  /// Why a command cannot be worked on. Not when idle.
  Sense sense() const;

  void begin(SanitizeOrder order);
  /// In 65536ths.
  void set_progress(std::uint16_t progress) { progress_ = progress; }
  void end(bool well);

  /// The command that waits for a change: one at most. Its waker is called with the mutex held.
  void wait(Task& task, Waker& waker);
  void forget(const Task& task);
  void wake();

 private:
  std::atomic<Phase> phase_ = Phase::idle;
  std::atomic<std::uint16_t> progress_ = 0;
  SanitizeOrder order_;
  Task* task_ = nullptr;
  Waker* waker_ = nullptr;
};

}  // namespace lunway::scsi
