// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Several pieces of a transfer at once. A lane is a place for one piece: it is started, its requests run, it ends, and
// it is started again with the next piece.

#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

#include "cli/transfer/side.h"

namespace lunway::cli {

class Lanes {
 public:
  Lanes(unsigned count, Side& one, Side& other) : busy_(count), sides_{&one, &other} {}

  std::size_t count() const { return busy_.size(); }

  /// Calls start(lane) for idle lanes until it returns false for want of work, and waits until all have ended. After a
  /// failure nothing more is started; the first failure is returned once what is under way has ended.
  Outcome<> run(const std::function<bool(std::size_t lane)>& start);

  /// Every lane that was started calls this once, from a request's callback or inside start().
  void end(std::size_t lane, Outcome<> outcome);

 private:
  bool start_idle(const std::function<bool(std::size_t)>& start);
  void wait();

  std::vector<bool> busy_;
  std::array<Side*, 2> sides_;
  std::size_t in_flight_ = 0;
  Outcome<> outcome_;
};

}  // namespace lunway::cli
