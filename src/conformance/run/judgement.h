// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// From what a script found to the verdict.

#pragma once

#include <span>

#include "conformance/check/rule.h"
#include "conformance/script/outcome.h"
#include "conformance/script/script.h"

namespace lunway::conformance {

/// The outcome of a script that has ended: what it found itself, and what was seen in passing. With `strict`, a warning
/// is a failure.
Outcome judge(const Test& test, const ScriptBase& script, const Exchange& exchange,
              std::span<const Violation> violations, bool strict);

/// The outcome of a test that did not run.
Outcome not_run(const Test& test, Verdict verdict, std::string reason);

/// The first need of the test that `abilities` do not meet, for its reason; nothing when it can run.
std::optional<Need> unmet(const Test& test, Needs abilities);

}  // namespace lunway::conformance
