// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Runs tests against a target.

#pragma once

#include <span>
#include <vector>

#include "conformance/run/options.h"
#include "conformance/target/facts.h"

namespace lunway::conformance {

/// Finds out what the target can do, by logging in a few times. What goes wrong is in TargetFacts::trouble.
TargetFacts probe_target(const TargetUnderTest& target, const RunOptions& options);

/// Runs `tests` against `target`. A target that goes away is started again when the operator said how, and the tests
/// that ran at that moment run again one by one: the one that ends it is the one that fails.
std::vector<Outcome> run_target_tests(std::span<const Test* const> tests, const TargetUnderTest& target,
                                      const TargetFacts& facts, const RunOptions& options, RunObserver* observer);

}  // namespace lunway::conformance
