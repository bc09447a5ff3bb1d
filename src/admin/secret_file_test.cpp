// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/secret_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace lunway::admin {
namespace {

class SecretFile : public testing::Test {
 protected:
  Result<std::string> read(std::string_view content) {
    std::ofstream(path_, std::ios::binary) << content;
    return read_secret_file(path_);
  }
  ~SecretFile() override { std::filesystem::remove(path_); }

  const std::string path_ =
      testing::TempDir() + "secret_file_test." + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(SecretFile, TheEndOfTheLineIsNoPartOfIt) {
  EXPECT_EQ(read("correct-horse"), "correct-horse");
  EXPECT_EQ(read("correct-horse\n"), "correct-horse");
  EXPECT_EQ(read("correct-horse\r\n"), "correct-horse");
}

TEST_F(SecretFile, SpacesArePartOfIt) { EXPECT_EQ(read(" a b \n"), " a b "); }

TEST_F(SecretFile, EmptyIsRefused) {
  EXPECT_FALSE(read("").has_value());
  EXPECT_FALSE(read("\n").has_value());
}

TEST_F(SecretFile, TwoLinesAreRefused) { EXPECT_FALSE(read("user\nsecret\n").has_value()); }

TEST_F(SecretFile, AFileOfAnotherKindIsRefused) { EXPECT_FALSE(read(std::string(5000, 'x')).has_value()); }

TEST_F(SecretFile, WhatIsMissingIsNamed) {
  const auto secret = read_secret_file("/nonexistent/app.secret");
  ASSERT_FALSE(secret.has_value());
  EXPECT_EQ(secret.error().code, ENOENT);
  EXPECT_NE(secret.error().message.find("/nonexistent/app.secret"), std::string::npos);
}

}  // namespace
}  // namespace lunway::admin
