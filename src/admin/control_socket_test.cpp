// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/control_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace lunway::admin {
namespace {

using ::testing::HasSubstr;

class ControlSocketTest : public ::testing::Test {
 protected:
  ControlSocketTest() {
    std::string name = "/tmp/lunway-control-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~ControlSocketTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return (folder_ / "control").string(); }
  static std::string echo(const std::string& request) { return "you said " + request; }

  std::filesystem::path folder_;
};

TEST_F(ControlSocketTest, AnswersOneRequestAConnection) {
  const auto socket = ControlSocket::open(path(), echo);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(ask_control(path(), "status", 5).value(), "you said status");
  EXPECT_EQ(ask_control(path(), "luns", 5).value(), "you said luns");
}

TEST_F(ControlSocketTest, IsForItsUserAlone) {
  const auto socket = ControlSocket::open(path(), echo);
  struct stat status = {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(ControlSocketTest, OneServerAPath) {
  {
    const auto first = ControlSocket::open(path(), echo);
    const auto second = ControlSocket::open(path(), echo);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("another running server"));
    EXPECT_TRUE(ask_control(path(), "status", 5)) << "the first one is still there";
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(ControlSocket::open(path(), echo));
}

TEST_F(ControlSocketTest, WhatIsNoSocketStays) {
  std::filesystem::create_directory(path());
  EXPECT_FALSE(ControlSocket::open(path(), echo));
  EXPECT_TRUE(std::filesystem::is_directory(path()));
}

TEST_F(ControlSocketTest, AnAnswerMayTakeLongerThanThePatienceOfWhoAsks) {
  const auto slow = [](const std::string&) {
    poll(nullptr, 0, 1500);
    return std::string("{}");
  };
  const auto socket = ControlSocket::open(path(), slow, std::chrono::milliseconds(200));
  ASSERT_TRUE(socket) << socket.error().message;
  const auto answer = ask_control(path(), "reload", 1);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(*answer, ::testing::MatchesRegex("\n+\\{\\}"));
}

TEST_F(ControlSocketTest, AnEndlessRequestGetsNoAnswer) {
  const auto socket = ControlSocket::open(path(), echo);
  EXPECT_FALSE(ask_control(path(), std::string(2 * ControlSocket::kMaxRequestBytes, 'x'), 5));
  EXPECT_TRUE(ask_control(path(), "status", 5));
}

TEST_F(ControlSocketTest, AClientThatSaysNothingHoldsNobodyUp) {
  auto socket = ControlSocket::open(path(), echo);
  ASSERT_TRUE(socket) << socket.error().message;
  const int silent = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path(), address.sun_path);
  ASSERT_EQ(::connect(silent, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  pollfd answered{.fd = silent, .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&answered, 1, 50), 0) << "its request is waited for";

  const auto before = std::chrono::steady_clock::now();
  socket->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(ControlSocket::kPatienceSeconds) / 2);
  ::close(silent);
}

TEST_F(ControlSocketTest, NobodyThereIsSaid) {
  const auto answer = ask_control(path(), "status", 5);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("no server answers at the control socket"));
}

}  // namespace
}  // namespace lunway::admin
