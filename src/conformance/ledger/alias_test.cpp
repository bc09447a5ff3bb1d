// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/ledger/alias.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "conformance/catalogue.h"

namespace lunway::conformance {
namespace {

TEST(Aliases, NameTestsThatThereAre) {
  for (const Alias& alias : aliases()) {
    if (alias.tests == "-") continue;
    const Judged judged = alias.suite.ends_with("initiator") ? Judged::initiator : Judged::target;
    std::istringstream tests{std::string(alias.tests)};
    for (std::string id; tests >> id;) {
      EXPECT_NE(find_test(judged, id), nullptr)
          << "spec/aliases.tsv: " << alias.suite << " " << alias.name << ": " << id;
    }
  }
}

TEST(Aliases, AreReadFromTheTable) {
  ASSERT_FALSE(aliases().empty());
  EXPECT_EQ(aliases().front().suite, "unh-ffp-target");
  EXPECT_EQ(aliases().front().name, "1.1");
}

}  // namespace
}  // namespace lunway::conformance
