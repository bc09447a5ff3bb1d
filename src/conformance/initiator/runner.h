// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Runs tests against an initiator: each starts it anew, against a listener and a target name of its own.

#pragma once

#include <span>
#include <vector>

#include "conformance/initiator/facts.h"
#include "conformance/run/options.h"

namespace lunway::conformance {

/// Finds out what the driver commands make the initiator do, by serving each once. What goes wrong is in
/// InitiatorFacts::trouble.
InitiatorFacts probe_initiator(const InitiatorUnderTest& initiator, const RunOptions& options);

std::vector<Outcome> run_initiator_tests(std::span<const Test* const> tests, const InitiatorUnderTest& initiator,
                                         const InitiatorFacts& facts, const RunOptions& options, RunObserver* observer);

}  // namespace lunway::conformance
