// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One test on the page of a run: what it does, which rows it proves, what was expected, what came, the exchange.

#pragma once

#include <cstddef>
#include <string>

#include "conformance/script/outcome.h"

namespace lunway::conformance {

/// `capture_budget` is how many bytes of captures the page may still take; it shrinks by what this test takes.
std::string test_html(const Outcome& outcome, std::size_t& capture_budget);

/// The findings of a test, or its reason.
std::string findings_html(const Outcome& outcome);

}  // namespace lunway::conformance
