// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace lunway::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class PeerTest : public testing::Test {
 protected:
  PeerTest() { std::ofstream(secret_) << "correct-horse-battery\n"; }
  ~PeerTest() override { std::filesystem::remove(secret_); }

  Outcome<Peer> resolve(const std::string& url, const PeerArguments& arguments = {}) const {
    return resolve_peer(url, arguments, [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::string() : found->second;
    });
  }

  const std::string secret_ =
      testing::TempDir() + "peer_test." + testing::UnitTest::GetInstance()->current_test_info()->name();
  std::map<std::string, std::string> variables_;
};

TEST_F(PeerTest, NobodyNeedsASecretWithoutAUser) {
  const auto peer = resolve("iscsi://127.0.0.1/iqn.2026-11.io.example:a/0");
  ASSERT_TRUE(peer.has_value()) << peer.error().message;
  EXPECT_TRUE(peer->url.secret.empty());
}

TEST_F(PeerTest, TheSecretOfTheUrlsUserComesFromTheEnvironmentsFile) {
  variables_["LUNWAY_CHAP_SECRET_FILE"] = secret_;
  const auto peer = resolve("iscsi://app@127.0.0.1/iqn.2026-11.io.example:a/0");
  ASSERT_TRUE(peer.has_value()) << peer.error().message;
  EXPECT_EQ(peer->url.user, "app");
  EXPECT_EQ(peer->url.secret, "correct-horse-battery");
}

TEST_F(PeerTest, TheOptionGoesBeforeUrlAndEnvironment) {
  variables_["LUNWAY_CHAP_SECRET_FILE"] = "/nonexistent/secret";
  const auto peer = resolve("iscsi://app%other@127.0.0.1/iqn.2026-11.io.example:a/0", {.chap_secret_file = secret_});
  ASSERT_TRUE(peer.has_value()) << peer.error().message;
  EXPECT_EQ(peer->url.secret, "correct-horse-battery");
}

TEST_F(PeerTest, AUserWithoutASecretIsToldWhereToPutIt) {
  const auto peer = resolve("iscsi://app@127.0.0.1/iqn.2026-11.io.example:a/0");
  ASSERT_FALSE(peer.has_value());
  EXPECT_EQ(peer.error().code, ExitCode::wrong_call);
  EXPECT_THAT(peer.error().message, HasSubstr("LUNWAY_CHAP_SECRET_FILE"));
}

TEST_F(PeerTest, MutualChapHasItsOwnFile) {
  variables_["LUNWAY_MUTUAL_SECRET_FILE"] = secret_;
  const auto peer = resolve("iscsi://app%first@127.0.0.1/iqn.2026-11.io.example:a/0", {.mutual_user = "tgt"});
  ASSERT_TRUE(peer.has_value()) << peer.error().message;
  EXPECT_EQ(peer->url.secret, "first");
  EXPECT_EQ(peer->url.target_user, "tgt");
  EXPECT_EQ(peer->url.target_secret, "correct-horse-battery");
}

TEST_F(PeerTest, AWrongUrlIsAWrongCall) {
  const auto peer = resolve("http://127.0.0.1/");
  ASSERT_FALSE(peer.has_value());
  EXPECT_EQ(peer.error().code, ExitCode::wrong_call);
}

TEST_F(PeerTest, ACommandThatNeedsALunSaysHowToFindOne) {
  const auto peer = resolve_unit("iscsi://127.0.0.1:3261", {}, [](const std::string&) { return std::string(); });
  ASSERT_FALSE(peer.has_value());
  EXPECT_EQ(peer.error().code, ExitCode::wrong_call);
  EXPECT_THAT(peer.error().message, HasSubstr("lunway discover 127.0.0.1:3261"));
}

TEST_F(PeerTest, NoMessageHoldsASecret) {
  const auto peer = resolve("iscsi://app%hunter2hunter2@127.0.0.1:port/iqn.2026-11.io.example:a/0");
  ASSERT_FALSE(peer.has_value());
  EXPECT_THAT(peer.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace lunway::cli
