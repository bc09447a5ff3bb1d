// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The public header compiles as the first and only include of a file, and asks for nothing but the standard library.

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <type_traits>

#include "lunway/initiator.h"

namespace lunway::initiator {
namespace {

static_assert(std::is_nothrow_move_constructible_v<Session>);
static_assert(!std::is_copy_constructible_v<Session>);

TEST(PublicHeader, IncludesTheStandardLibraryOnly) {
  const std::string here = __FILE__;
  std::ifstream header(here.substr(0, here.rfind("/src/initiator/")) + "/include/lunway/initiator.h");
  ASSERT_TRUE(header);
  std::string line;
  std::size_t includes = 0;
  while (std::getline(header, line)) {
    if (!line.starts_with("#include")) continue;
    ++includes;
    EXPECT_EQ(line.find('"'), std::string::npos) << line;
    EXPECT_EQ(line.find('.'), std::string::npos) << line;
  }
  EXPECT_GT(includes, 5U);
}

}  // namespace
}  // namespace lunway::initiator
