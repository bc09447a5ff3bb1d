// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What keeps a build from passing: tests and exceptions that contradict the ledger, and more rows without any proof
// than spec/conformance-open.tsv allows. Its numbers may only fall.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conformance/ledger/coverage.h"

namespace lunway::conformance {

/// How many rows that are due may be open, by role.
struct OpenRows {
  std::size_t target = 0;
  std::size_t initiator = 0;
};

/// Those of spec/conformance-open.tsv.
OpenRows open_rows_allowed();

/// One sentence for each thing that is wrong; none when the gate is open.
std::vector<std::string> complaints_of_the_gate(const Coverage& coverage, OpenRows allowed);

}  // namespace lunway::conformance
