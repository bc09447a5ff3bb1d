// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// COMPARE AND WRITE: one command, whose data is what is expected and behind it what is to be written.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "initiator/commander.h"
#include "initiator/job.h"
#include "initiator/unit.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

class CompareAndWrite final : public Job {
 public:
  struct Range {
    std::uint64_t lba = 0;
    std::span<const std::byte> expected;
    std::span<const std::byte> replacement;
  };

  /// `found` is filled before `done` runs without an error.
  CompareAndWrite(Commander& commander, const Range& range, std::shared_ptr<Comparison> found, Done done);

  void start(const Result<UnitFacts>& facts) override;
  void abort() override;

 private:
  Result<> check(const UnitFacts& facts) const;
  void answered(const Result<ScsiResult>& result);

  Commander& commander_;
  std::uint64_t lba_;
  std::size_t size_;
  /// Both halves; empty when they are not as long as each other.
  std::vector<std::byte> data_;
  std::shared_ptr<Comparison> found_;
  Done done_;
  std::optional<TaskId> task_;
  bool aborted_ = false;
};

}  // namespace lunway::initiator
