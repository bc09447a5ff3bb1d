// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The other end of the server: a thread for each connection, which keeps `depth` requests under way.

#pragma once

#include <chrono>
#include <cstdint>

#include "shape.h"

namespace lunway::bench {

struct LoadOptions {
  std::uint16_t port = 0;
  std::size_t depth = 1;
  std::chrono::duration<double> time{1};
};

/// Prints one line of JSON: how many requests were answered, in how many seconds, and what this program cost.
void load(const Shape& shape, const LoadOptions& options);

}  // namespace lunway::bench
