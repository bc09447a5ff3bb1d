// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lunway::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::Role;

TEST(Gate, AsManyOpenRowsAsAllowedPass) {
  const Coverage coverage({}, {}, {});
  const OpenRows open = {.target = coverage.counts(Role::target).open,
                         .initiator = coverage.counts(Role::initiator).open};
  EXPECT_THAT(complaints_of_the_gate(coverage, open), IsEmpty());
}

TEST(Gate, OneOpenRowMoreDoesNot) {
  const Coverage coverage({}, {}, {});
  const std::size_t of_targets = coverage.counts(Role::target).open;
  const std::size_t of_initiators = coverage.counts(Role::initiator).open;
  EXPECT_THAT(complaints_of_the_gate(coverage, {.target = of_targets - 1, .initiator = of_initiators}),
              ElementsAre(HasSubstr("of the target role")));
  EXPECT_THAT(complaints_of_the_gate(coverage, {.target = of_targets, .initiator = of_initiators - 1}),
              ElementsAre(HasSubstr("of the initiator role")));
}

TEST(Gate, ContradictionsDoNotPass) {
  const Proof proofs[] = {{.test = "a", .role = Role::initiator, .rows = "R7143-6.3.1-01"}};
  EXPECT_THAT(complaints_of_the_gate(Coverage(proofs, {}, {}), {.target = 9999, .initiator = 9999}),
              ElementsAre(HasSubstr("does not bind")));
}

}  // namespace
}  // namespace lunway::conformance
