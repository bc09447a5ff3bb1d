// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Numbers of a sequence that have been passed over: DataSN and R2TSN of PDUs that were lost or damaged on their way.
//= rfc7143#7.9

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lunway::session {

class MissingNumbers {
 public:
  /// More runs than this are not kept: so much loss is better met with the end of the task.
  static constexpr std::size_t kMaxRuns = 64;

  struct Run {
    std::uint32_t first = 0;
    std::uint32_t end = 0;  // the first that is not missing
  };

  /// `first` to before `end` are missing; they are higher than all that were. False, and nothing changes, when there
  /// would be too many runs.
  [[nodiscard]] bool add(std::uint32_t first, std::uint32_t end);

  /// It has come. False, and nothing changes, when there would be too many runs.
  [[nodiscard]] bool remove(std::uint32_t number);

  bool contains(std::uint32_t number) const;
  bool empty() const { return runs_.empty(); }
  const std::vector<Run>& runs() const { return runs_; }
  void clear() { runs_.clear(); }

 private:
  std::vector<Run> runs_;  // in order, with gaps between them
};

}  // namespace lunway::session
