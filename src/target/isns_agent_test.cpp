// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A server of ours and an iSNS server that the test plays, over TCP on loopback.

#include "target/isns_agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "isns/testing/messages.h"
#include "target/server.h"

namespace lunway::target {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kPatienceMs = 20000;

bool is_readable(int socket) {
  pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, kPatienceMs) == 1;
}

class NameServer {
 public:
  NameServer() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 4), 0);
  }
  ~NameServer() {
    hang_up();
    ::close(listener_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  std::string address() const { return runtime::Address::local_of(listener_)->to_string(); }

  void accept() {
    ASSERT_TRUE(is_readable(listener_));
    connection_ = ::accept(listener_, nullptr, nullptr);
    assembler_ = {};
  }

  void hang_up() {
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
  }

  /// The attributes of the next request in words.
  std::string next_request() {
    std::array<std::byte, 16384> buffer;
    while (is_readable(connection_)) {
      const ssize_t count = ::recv(connection_, buffer.data(), buffer.size(), 0);
      if (count <= 0) return "closed";
      Bytes bytes(buffer.data(), static_cast<std::size_t>(count));
      const auto taken = assembler_.take(bytes);
      if (!taken || !*taken) continue;
      request_ = **taken;
      return isns::testing::listing(request_.payload);
    }
    return "silence";
  }

  void answer(const isns::AttributeWriter& attributes = {}) {
    const auto bytes = isns::testing::response(static_cast<isns::Function>(request_.function), request_.transaction_id,
                                               isns::Status::successful, attributes);
    ASSERT_EQ(::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }

 private:
  int listener_;
  int connection_ = -1;
  isns::MessageAssembler assembler_;
  isns::ReceivedMessage request_;
};

ServerConfig served(const std::string& name_server) {
  ServerConfig config;
  config.shards = 1;
  config.isns = name_server;
  config.portal_groups = {{.tag = 3, .listen = {"127.0.0.1:0"}}};
  config.volumes.push_back({.name = "disk", .backing = MemoryBacking{1 << 20}});
  config.targets.resize(1);
  config.targets[0].name = "iqn.2026-11.io.example:disk";
  config.targets[0].portal_groups = {3};
  config.targets[0].luns = {{0, "disk"}};
  return config;
}

TEST(IsnsAgent, RegistersComesBackAndDeregisters) {
  NameServer name_server;
  auto server = Server::start(served(name_server.address()));
  ASSERT_TRUE(server) << server.error().message;
  const std::string port = (*server)->portals().front().substr(std::string("127.0.0.1:").size());

  name_server.accept();
  const std::string registration = name_server.next_request();
  EXPECT_THAT(registration, StartsWith("32=iqn.2026-11.io.example:disk; 1=iqn.2026-11.io.example:disk; 0; "));
  EXPECT_THAT(registration, HasSubstr("33=1; 51=3; 49=.1; 50=" + port));
  name_server.answer();

  name_server.hang_up();
  name_server.accept();
  EXPECT_THAT(name_server.next_request(), HasSubstr("0; 1; 6")) << "a query: am I still known?";
  name_server.answer();
  EXPECT_THAT(name_server.next_request(), HasSubstr("50=" + port)) << "registered anew";
  name_server.answer();

  std::jthread stopping([&] { EXPECT_TRUE((*server)->stop()); });
  EXPECT_EQ(name_server.next_request(), "32=iqn.2026-11.io.example:disk; 0; 1=iqn.2026-11.io.example:disk");
  name_server.answer();
  EXPECT_EQ(name_server.next_request(), "closed");
}

TEST(IsnsAgent, DoesNotHoldUpTheEndWhenTheNameServerIsSilent) {
  NameServer name_server;
  auto server = Server::start(served(name_server.address()));
  ASSERT_TRUE(server) << server.error().message;
  name_server.accept();
  EXPECT_NE(name_server.next_request(), "closed");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE((*server)->stop());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(IsnsAgent, DoesNotHoldUpAnythingWhenThereIsNoNameServer) {
  std::string nobody;
  {
    const NameServer gone;
    nobody = gone.address();
  }
  auto server = Server::start(served(nobody));
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_TRUE((*server)->stop());
}

TEST(CheckConfig, ANameServerIsAnAddressInFigures) {
  EXPECT_TRUE(check_config(served("192.0.2.1")));
  EXPECT_TRUE(check_config(served("[2001:db8::1]:3205")));
  EXPECT_FALSE(check_config(served("isns.example.org")));
  EXPECT_FALSE(check_config(served("0.0.0.0")));
  ServerConfig config = served("192.0.2.1");
  for (int i = 0; i < 16; ++i) config.portal_groups[0].listen.push_back("127.0.0.1:" + std::to_string(20000 + i));
  EXPECT_FALSE(check_config(config)) << "more portals than are registered";
}

}  // namespace
}  // namespace lunway::target
