// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Runs at the end of a build, and makes it fail when the tests of the suite and the ledger do not agree.

#include <cstdio>

#include "conformance/ledger/gate.h"
#include "conformance/suite_coverage.h"

int main() {
  namespace suite = lunway::conformance;
  const auto complaints = suite::complaints_of_the_gate(suite::coverage_of_the_suite(), suite::open_rows_allowed());
  for (const std::string& complaint : complaints) std::fprintf(stderr, "conformance_gate: %s\n", complaint.c_str());
  return complaints.empty() ? 0 : 1;
}
