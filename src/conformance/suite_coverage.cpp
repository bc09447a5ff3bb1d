// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/suite_coverage.h"

#include <vector>

#include "conformance/catalogue.h"
#include "conformance/check/rows_of_the_checker.h"

namespace lunway::conformance {

Coverage coverage_of_the_suite() {
  std::vector<Proof> proofs;
  for (const Test* test : all_tests(Judged::target)) {
    proofs.push_back({.test = test->id, .role = wire::Role::target, .rows = test->proves});
  }
  for (const Test* test : all_tests(Judged::initiator)) {
    proofs.push_back({.test = test->id, .role = wire::Role::initiator, .rows = test->proves});
  }
  return {proofs, rows_of_the_checker(), exceptions()};
}

}  // namespace lunway::conformance
