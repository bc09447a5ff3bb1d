// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/ipsec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "runtime/listener.h"
#include "runtime/ring_test.h"

namespace lunway::runtime {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

/// Capabilities belong to a thread: those of the test stay.
template <class Call>
void without_cap_net_admin(Call call) {
  std::thread([&] {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    ASSERT_EQ(::syscall(SYS_capget, &header, data), 0);
    data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective &= ~CAP_TO_MASK(CAP_NET_ADMIN);
    ASSERT_EQ(::syscall(SYS_capset, &header, data), 0);
    call();
  }).join();
}

/// Begins to connect and waits a little.
bool can_connect(const Address& address) {
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  ::connect(socket, address.raw(), address.raw_size());
  pollfd wait{.fd = socket, .events = POLLOUT, .revents = 0};
  const bool connected = ::poll(&wait, 1, 200) == 1 && (wait.revents & (POLLERR | POLLHUP)) == 0;
  ::close(socket);
  return connected;
}

class Rfc7143_9_3_Ipsec : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { socket_ = ::socket(GetParam(), SOCK_STREAM | SOCK_CLOEXEC, 0); }
  void TearDown() override { ::close(socket_); }

  Address listen() {
    const Address wanted = loopback(GetParam());
    EXPECT_EQ(::bind(socket_, wanted.raw(), wanted.raw_size()), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    return Address::local_of(socket_).value();
  }

  int socket_ = -1;
};

TEST_P(Rfc7143_9_3_Ipsec, ASocketWithoutADemandTakesEverybody) { EXPECT_TRUE(can_connect(listen())); }

TEST_P(Rfc7143_9_3_Ipsec, WhatIsNotInEspIsNotTaken) {
  if (const auto demanded = demand_esp(socket_, GetParam()); !demanded) {
    GTEST_SKIP() << "no policy can be set here: " << demanded.error().message;
  }
  EXPECT_FALSE(can_connect(listen())) << "a connection in the clear was taken";
}

TEST_P(Rfc7143_9_3_Ipsec, WithoutTheCapabilityTheErrorNamesIt) {
  without_cap_net_admin([&] {
    const auto demanded = demand_esp(socket_, GetParam());
    ASSERT_FALSE(demanded);
    EXPECT_THAT(demanded.error().message, AnyOf(HasSubstr("CAP_NET_ADMIN"), HasSubstr("CONFIG_XFRM")));
    const auto checked = check_esp(GetParam());
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, AnyOf(HasSubstr("CAP_NET_ADMIN"), HasSubstr("CONFIG_XFRM_USER")));
  });
}

TEST_P(Rfc7143_9_3_Ipsec, APortalThatCannotBeProtectedIsNotOpened) {
  without_cap_net_admin([] {
    const auto socket = open_listening_socket(loopback(GetParam()), {.require_ipsec = true});
    ASSERT_FALSE(socket);
    EXPECT_THAT(socket.error().message, HasSubstr(loopback(GetParam()).to_string() + " demands IPsec"));
  });
}

TEST_P(Rfc7143_9_3_Ipsec, APortalIsOpenedOnlyWhereTheKernelHasEsp) {
  const auto esp = check_esp(GetParam());
  const auto socket = open_listening_socket(loopback(GetParam()), {.require_ipsec = true});
  EXPECT_EQ(socket.has_value(), esp.has_value());
  if (!esp) {
    EXPECT_THAT(socket.error().message, HasSubstr(esp.error().message));
    GTEST_SKIP() << "only the refusal was tested: " << esp.error().message;
  }
  EXPECT_FALSE(can_connect(Address::local_of(*socket).value())) << "a connection in the clear was taken";
  ::close(*socket);
}

INSTANTIATE_TEST_SUITE_P(Ipv4, Rfc7143_9_3_Ipsec, testing::Values(AF_INET));
INSTANTIATE_TEST_SUITE_P(Ipv6, Rfc7143_9_3_Ipsec, testing::Values(AF_INET6));

}  // namespace
}  // namespace lunway::runtime
