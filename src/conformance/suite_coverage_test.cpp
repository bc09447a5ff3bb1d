// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/suite_coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/catalogue.h"
#include "conformance/ledger/gate.h"

namespace lunway::conformance {
namespace {

TEST(SuiteCoverage, PassesTheGate) {
  EXPECT_THAT(complaints_of_the_gate(coverage_of_the_suite(), open_rows_allowed()), testing::IsEmpty());
}

TEST(SuiteCoverage, CountsTheRowsOfEachTest) {
  const Coverage coverage = coverage_of_the_suite();
  for (const auto* test : all_tests(Judged::target)) {
    for (const std::uint16_t place : test->proves.places()) {
      if (!is_due(requirements()[place], wire::Role::target)) continue;
      EXPECT_EQ(coverage.state(place, wire::Role::target), RowState::tested) << test->id;
    }
  }
}

// Exceptions are to stay few.
TEST(SuiteCoverage, ExceptsFewerThanOneRowInTwenty) {
  for (const wire::Role role : {wire::Role::target, wire::Role::initiator}) {
    const RowCounts counts = coverage_of_the_suite().counts(role);
    EXPECT_LT(counts.excepted * 20, counts.due());
  }
}

}  // namespace
}  // namespace lunway::conformance
