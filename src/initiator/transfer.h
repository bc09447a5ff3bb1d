// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A read or a write of any size: cut into commands that the target takes, several of them in flight.

#pragma once

#include <cstdint>
#include <set>
#include <span>

#include "initiator/commander.h"
#include "initiator/job.h"
#include "initiator/unit.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

class Transfer final : public Job {
 public:
  struct Range {
    std::uint64_t lba = 0;
    /// One of the two.
    std::span<std::byte> in;
    std::span<const std::byte> out;

    std::size_t size() const { return in.empty() ? out.size() : in.size(); }
  };

  /// `done` runs once, and is the last that the transfer does.
  Transfer(Commander& commander, const Options& options, const Range& range, Done done);

  void start(const Result<UnitFacts>& facts) override;
  void abort() override;

 private:
  Result<> check(const UnitFacts& facts) const;
  void fill();
  bool send_next();
  void fail(Error error);
  void settle();

  Commander& commander_;
  Range range_;
  Done done_;
  unsigned depth_;
  std::uint32_t max_bytes_;
  std::uint32_t block_size_ = 0;
  std::size_t chunk_bytes_ = 0;
  std::size_t next_ = 0;  // bytes that are on their way or done
  std::set<TaskId> tasks_;
  std::optional<Error> failure_;
};

}  // namespace lunway::initiator
