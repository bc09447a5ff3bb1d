// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/identity.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "target/stable_file.h"

namespace lunway::target {
namespace {

class IdentityStoreTest : public testing::Test {
 protected:
  IdentityStoreTest() : directory_(testing::TempDir() + "identities." + std::to_string(::getpid())) {}
  ~IdentityStoreTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(IdentityStoreTest, ADiskStaysItselfAcrossRestarts) {
  const DiskIdentity before = IdentityStore::open(directory_)->identity_of("/srv/my disk.img").value();
  const DiskIdentity after = IdentityStore::open(directory_)->identity_of("/srv/my disk.img").value();
  EXPECT_EQ(before, after);
  EXPECT_EQ(before.naa >> 60, 0x3U) << "NAA 3h: locally assigned";
  EXPECT_EQ(before.serial.size(), 16U);
}

TEST_F(IdentityStoreTest, ServersThatShareADirectoryKeepEachOthersDisks) {
  auto one = IdentityStore::open(directory_).value();
  auto other = IdentityStore::open(directory_).value();
  const DiskIdentity first = one.identity_of("first").value();
  const DiskIdentity second = other.identity_of("second").value();
  EXPECT_EQ(other.identity_of("first").value(), first);

  auto later = IdentityStore::open(directory_).value();
  EXPECT_EQ(later.identity_of("first").value(), first);
  EXPECT_EQ(later.identity_of("second").value(), second);
}

TEST_F(IdentityStoreTest, TwoDisksAndTwoServersDiffer) {
  auto store = IdentityStore::open(directory_);
  const DiskIdentity one = store->identity_of("one").value();
  EXPECT_NE(one, store->identity_of("two").value());
  EXPECT_NE(one, IdentityStore().identity_of("one").value());
}

TEST_F(IdentityStoreTest, ADamagedFileIsAnErrorAndStaysAsItIs) {
  ASSERT_TRUE(IdentityStore::open(directory_)->identity_of("one"));
  const std::string path = directory_ + "/identities";
  const std::string whole = read_file(path).value();
  for (const std::string& damaged : {whole.substr(1), whole.substr(0, whole.size() - 1), whole + "\n", whole + whole}) {
    ASSERT_TRUE(replace_file(path, damaged));
    const auto opened = IdentityStore::open(directory_);
    ASSERT_FALSE(opened) << damaged;
    EXPECT_NE(opened.error().message.find("damaged"), std::string::npos);
    EXPECT_EQ(read_file(path).value(), damaged);
  }
}

TEST_F(IdentityStoreTest, ANameThatWouldBreakTheFileIsRefused) {
  IdentityStore store;
  EXPECT_FALSE(store.identity_of(""));
  EXPECT_FALSE(store.identity_of("a\nb"));
}

TEST_F(IdentityStoreTest, AStateDirectoryThatCannotBeMadeIsAnError) {
  const auto opened = IdentityStore::open("/proc/lunway");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/proc/lunway"), std::string::npos);
}

}  // namespace
}  // namespace lunway::target
