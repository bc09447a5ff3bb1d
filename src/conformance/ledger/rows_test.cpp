// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lunway::conformance {
namespace {

struct Sample {
  std::string_view title;
  Rows proves = {};
};

// A table of aggregates, as the tests of the suite have it.
constexpr Sample kSamples[] = {
    {.title = "two", .proves = "R7143-6.3.1-01 R7143-11.13.8-01"},
    {.title = "one", .proves = "R7144-7.1.1-01"},
    {.title = "none"},
};
static_assert(kSamples[0].proves.size() == 2 && kSamples[2].proves.empty());

std::vector<std::string> ids_of(const Rows& rows) {
  std::vector<std::string> ids;
  for (const Requirement& row : rows) ids.emplace_back(row.id);
  return ids;
}

TEST(Rows, KeepTheOrderInWhichTheyAreNamed) {
  EXPECT_EQ(ids_of(kSamples[0].proves), (std::vector<std::string>{"R7143-6.3.1-01", "R7143-11.13.8-01"}));
  EXPECT_EQ(ids_of(kSamples[1].proves), std::vector<std::string>{"R7144-7.1.1-01"});
  EXPECT_TRUE(ids_of(kSamples[2].proves).empty());
}

TEST(Rows, SpacesMayBeMany) {
  Rows rows;
  EXPECT_EQ(rows.add("  R7143-6.3.1-01   R7143-6.3.1-02 "), RowsFault::none);
  EXPECT_EQ(rows.size(), 2u);
}

TEST(Rows, UnknownIdIsAFault) {
  for (const char* id : {"R7143-6.3.1-99", "R7143-6.3.1-0", "R7143-6.3.1-011", "x", "Z", "R7143-6.3.1-01,"}) {
    Rows rows;
    EXPECT_EQ(rows.add(id), RowsFault::row_unknown) << id;
  }
}

TEST(Rows, IdNamedTwiceIsAFault) {
  Rows rows;
  EXPECT_EQ(rows.add("R7143-6.3.1-01 R7143-6.3.1-02 R7143-6.3.1-01"), RowsFault::row_named_twice);
}

TEST(Rows, OneMoreThanTheMostIsAFault) {
  Rows rows;
  for (std::size_t place = 0; place < Rows::kMost; ++place) {
    ASSERT_EQ(rows.add(requirements()[place].id), RowsFault::none);
  }
  EXPECT_EQ(rows.add(requirements()[Rows::kMost].id), RowsFault::too_many_rows);
  EXPECT_EQ(rows.size(), Rows::kMost);
}

TEST(Ledger, EveryRowIsFoundByItsId) {
  ASSERT_EQ(requirements().size(), std::size(kLedgerIds));
  for (const Requirement& row : requirements()) EXPECT_EQ(find_requirement(row.id), &row) << row.id;
  EXPECT_EQ(find_requirement("R7143-1.0-01"), nullptr);
}

TEST(Ledger, RowHasWhatTheTableSays) {
  const Requirement* row = find_requirement("R7143-4.2.1-02");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->section, "4.2.1");
  EXPECT_EQ(row->level, Level::may);
  EXPECT_EQ(row->side, Side::both);
  EXPECT_TRUE(row->on_the_wire);
  EXPECT_EQ(row->statement, "Several connections per session may be supported.");
}

}  // namespace
}  // namespace lunway::conformance
