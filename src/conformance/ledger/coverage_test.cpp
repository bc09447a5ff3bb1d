// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/ledger/coverage_report.h"

namespace lunway::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using wire::Role;

// R7143-4.2.1-01 is a MUST of both, R7143-6.3.1-01 one of the target, R7143-4.2.1-02 a MAY of both.
constexpr std::string_view kOfBoth = "R7143-4.2.1-01";
constexpr std::string_view kOfTarget = "R7143-6.3.1-01";

RowState state(const Coverage& coverage, std::string_view id, Role role) {
  return coverage.state(place_of(id).value(), role);
}

TEST(Coverage, NothingProvedLeavesEveryDutyOpen) {
  const Coverage coverage({}, {}, {});
  EXPECT_EQ(state(coverage, kOfBoth, Role::target), RowState::open);
  EXPECT_EQ(state(coverage, kOfBoth, Role::initiator), RowState::open);
  EXPECT_EQ(state(coverage, kOfTarget, Role::target), RowState::open);
  EXPECT_EQ(state(coverage, kOfTarget, Role::initiator), RowState::not_due);
  EXPECT_EQ(state(coverage, "R7143-4.2.1-02", Role::target), RowState::not_due);
  EXPECT_EQ(coverage.counts(Role::target).open, coverage.counts(Role::target).due());
  EXPECT_GT(coverage.counts(Role::target).due(), 0u);
}

TEST(Coverage, TestProvesTheHalfOfItsRole) {
  const Proof proofs[] = {{.test = "a", .role = Role::target, .rows = "R7143-4.2.1-01 R7143-6.3.1-01"}};
  const Coverage coverage(proofs, {}, {});
  EXPECT_EQ(state(coverage, kOfBoth, Role::target), RowState::tested);
  EXPECT_EQ(state(coverage, kOfBoth, Role::initiator), RowState::open);
  EXPECT_EQ(coverage.counts(Role::target).tested, 2u);
  EXPECT_EQ(coverage.counts(Role::target, "rfc7143#6.3").tested, 1u);
  EXPECT_THAT(coverage.complaints(), IsEmpty());
}

TEST(Coverage, CheckerProvesBothHalves) {
  const Rows rows[] = {"R7143-4.2.1-01", "R7143-6.3.1-01"};
  const Coverage coverage({}, rows, {});
  EXPECT_EQ(state(coverage, kOfBoth, Role::target), RowState::checked);
  EXPECT_EQ(state(coverage, kOfBoth, Role::initiator), RowState::checked);
  EXPECT_EQ(state(coverage, kOfTarget, Role::initiator), RowState::not_due);
}

TEST(Coverage, RowOfATestAndTheCheckerCountsAsTested) {
  const Proof proofs[] = {{.test = "a", .role = Role::target, .rows = "R7143-4.2.1-01"}};
  const Rows rows[] = {"R7143-4.2.1-01"};
  const Coverage coverage(proofs, rows, {});
  EXPECT_EQ(state(coverage, kOfBoth, Role::target), RowState::tested);
  EXPECT_EQ(state(coverage, kOfBoth, Role::initiator), RowState::checked);
}

TEST(Coverage, TestOfARowThatDoesNotBindItsRoleIsAComplaint) {
  const Proof proofs[] = {{.test = "a", .role = Role::initiator, .rows = "R7143-6.3.1-01"}};
  EXPECT_THAT(Coverage(proofs, {}, {}).complaints(), ElementsAre("a: R7143-6.3.1-01 does not bind the initiator"));
}

TEST(Coverage, ExceptionSettlesARow) {
  const Exception exceptions[] = {{.rows = "R7143-4.2.1-01", .role = Role::target, .reason = "why"}};
  const Coverage coverage({}, {}, exceptions);
  EXPECT_EQ(state(coverage, kOfBoth, Role::target), RowState::excepted);
  EXPECT_EQ(state(coverage, kOfBoth, Role::initiator), RowState::open);
  EXPECT_EQ(coverage.counts(Role::target).excepted, 1u);
}

TEST(Coverage, NeedlessExceptionsAreComplaints) {
  const Proof proofs[] = {{.test = "a", .role = Role::target, .rows = "R7143-4.2.1-01"}};
  const Rows checked[] = {"R7143-4.2.1-01"};
  const Exception exceptions[] = {{.rows = "R7143-4.2.1-01", .role = Role::target, .reason = "tested"},
                                  {.rows = "R7143-4.2.1-01", .role = Role::initiator, .reason = "checked"},
                                  {.rows = "R7143-6.3.1-01", .role = Role::initiator, .reason = "binds others"},
                                  {.rows = "R7143-6.3.1-01", .role = Role::target, .reason = "once"},
                                  {.rows = "R7143-6.3.1-01", .role = Role::target, .reason = "twice"}};
  EXPECT_THAT(Coverage(proofs, checked, exceptions).complaints(),
              ElementsAre(HasSubstr("R7143-4.2.1-01 (target) has a test"),
                          HasSubstr("R7143-4.2.1-01 (initiator) is seen by the checker"),
                          HasSubstr("R7143-6.3.1-01 (initiator) needs no proof"),
                          HasSubstr("R7143-6.3.1-01 (target) is there twice")));
}

TEST(Coverage, ChapterIsTheFirstTwoNumbers) {
  EXPECT_EQ(chapter_of(*find_requirement("R7143-6.3.1-01")), "rfc7143#6.3");
  EXPECT_EQ(chapter_of(*find_requirement("R7143-11-01")), "rfc7143#11");
  EXPECT_EQ(chapter_of(*find_requirement("R7143-AppC-01")), "rfc7143#C");
  EXPECT_EQ(chapter_of(*find_requirement("R7144-7.1.1-01")), "rfc7144#7.1");
}

TEST(CoverageReport, TableHasALineForEachChapterAndOneForAll) {
  const Proof proofs[] = {{.test = "a", .role = Role::target, .rows = "R7143-4.2.1-01 R7143-6.3.1-01"}};
  const Coverage coverage(proofs, {}, {});
  const std::string text = coverage_table(coverage, Markup::text);
  EXPECT_THAT(text, HasSubstr("rfc7143#4.2"));
  EXPECT_THAT(text, HasSubstr("\nall "));
  EXPECT_THAT(text, Not(HasSubstr("rfc7143#2.3")));  // Nothing is due there.
  const std::string markdown = coverage_table(coverage, Markup::markdown);
  EXPECT_THAT(markdown, HasSubstr("| --- |"));
  EXPECT_THAT(markdown, HasSubstr("\n| all | "));
}

TEST(CoverageReport, OpenRowsNameRoleAndStatement) {
  const Proof proofs[] = {{.test = "a", .role = Role::target, .rows = "R7143-4.2.1-01"}};
  const std::string text = open_rows(Coverage(proofs, {}, {}), Markup::text);
  const std::string of_target = text.substr(0, text.find("Initiator\n"));
  EXPECT_THAT(of_target, Not(HasSubstr(kOfBoth)));
  EXPECT_THAT(of_target, HasSubstr("R7143-6.3.1-01 MUST: "));
  EXPECT_THAT(text.substr(of_target.size()), HasSubstr(kOfBoth));
}

// The table of spec/ agrees with the ledger. That no test makes an exception needless is for the catalogue's test.
TEST(Exceptions, EachIsOfARowThatIsDueAndIsThereOnce) {
  EXPECT_THAT(Coverage({}, {}, exceptions()).complaints(), IsEmpty());
}

}  // namespace
}  // namespace lunway::conformance
