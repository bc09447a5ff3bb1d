// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// UNMAP of any number of extents: cut into commands within the limits of the unit, one after the other.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "initiator/commander.h"
#include "initiator/job.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

class Unmap final : public Job {
 public:
  Unmap(Commander& commander, std::span<const Extent> extents, Done done);

  void start(const Result<UnitFacts>& facts) override;
  void abort() override;

 private:
  void send_next();
  std::vector<Extent> take_extents();

  Commander& commander_;
  std::deque<Extent> extents_;
  Done done_;
  UnitFacts facts_;
  std::vector<std::byte> list_;
  std::optional<TaskId> task_;
  bool aborted_ = false;
};

/// The parameter list of UNMAP (SBC-3, 5.28).
std::vector<std::byte> unmap_parameter_list(std::span<const Extent> extents);

}  // namespace lunway::initiator
