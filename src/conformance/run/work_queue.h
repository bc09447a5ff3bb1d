// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Runs tests side by side: quick ones on a few threads, slow ones on many, and those that want to be alone afterwards.

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "conformance/run/options.h"
#include "conformance/script/test.h"

namespace lunway::conformance {

/// Runs one test on the calling thread. `worker` is a number that no other test has at the same time, below
/// worker_count().
using RunOne = std::function<Outcome(const Test& test, unsigned worker)>;

unsigned worker_count(const RunOptions& options);

/// All outcomes, in the order of `tests`. `observer` may be nullptr.
std::vector<Outcome> run_all(std::span<const Test* const> tests, const RunOptions& options, const RunOne& run_one,
                             RunObserver* observer);

}  // namespace lunway::conformance
