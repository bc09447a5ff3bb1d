// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How far a run is, for a line that moves.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace lunway::conformance {

struct Progress {
  std::size_t done = 0;
  std::size_t total = 0;
  /// Tests so far that a reader must look at.
  std::size_t remarkable = 0;
  /// Ids of the tests that run now, the oldest first.
  std::span<const std::string_view> running{};
};

/// "[=====>      ]  52/412  3 to look at  6.3.1/portal-group-tag, 6.3.2/...", at most `width` columns.
std::string progress_line(const Progress& progress, std::size_t width);

}  // namespace lunway::conformance
