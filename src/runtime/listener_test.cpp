// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/listener.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <functional>

#include "runtime/connector.h"
#include "runtime/ring_test.h"

namespace lunway::runtime {
namespace {

using namespace std::chrono_literals;

class ListenerTest : public RingTest, protected Listener::Owner, protected Connector::Owner {
 protected:
  void on_accepted(Listener&, int socket) override { accepted_.push_back(socket); }
  void on_accept_paused(Listener&, int error, Instant until) override {
    paused_with_ = error;
    EXPECT_GT(until, read_clock() - 1s);
    if (at_pause_) at_pause_();
  }
  void on_listener_closed(Listener&) override { listener_.reset(); }
  void on_connected(Connector&, int socket) override { connected_.push_back(socket); }
  void on_connect_failed(Connector&, const Error& error) override { failures_.push_back(error); }

  Address open(const Address& address = loopback()) {
    auto listener = Listener::open(*ring_, timers_, address, *this);
    EXPECT_TRUE(listener) << listener.error().message;
    listener_ = std::move(*listener);
    return listener_->address();
  }
  Address start(const Address& address = loopback()) {
    const Address opened = open(address);
    listener_->start();
    return opened;
  }
  /// As run_until(), with timers.
  template <class Done>
  bool turn_until(Done done) {
    const Instant limit = read_clock() + 10s;
    while (!done()) {
      if (read_clock() >= limit) return false;
      ring_->run(std::min(timers_.next_deadline(), limit));
      timers_.expire(read_clock());
    }
    return true;
  }
  void TearDown() override {
    if (listener_) listener_->close();
    if (ring_) {
      EXPECT_TRUE(turn_until([&] { return listener_ == nullptr; }));
    }
    for (const int socket : accepted_) ::close(socket);
    for (const int socket : connected_) ::close(socket);
  }

  Timers timers_;
  std::unique_ptr<Listener> listener_;
  std::vector<int> accepted_;
  std::vector<int> connected_;
  std::vector<Error> failures_;
  std::function<void()> at_pause_;
  int paused_with_ = 0;
};

LUNWAY_OVER_BOTH_RINGS(ListenerTest);

int connect_to(const Address& address) {
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(socket, address.raw(), address.raw_size()), 0);
  return socket;
}

TEST_P(ListenerTest, TellsThePortThatTheSystemChose) {
  const Address address = start();
  EXPECT_NE(address.port(), 0);
  EXPECT_EQ(address.host(), "127.0.0.1");
}

TEST_P(ListenerTest, AcceptsAndKnowsThePeer) {
  const Address address = start();
  connected_ = {connect_to(address), connect_to(address)};
  ASSERT_TRUE(turn_until([&] { return accepted_.size() == 2; }));
  EXPECT_EQ(Address::peer_of(accepted_[0]).value(), Address::local_of(connected_[0]).value());
}

TEST_P(ListenerTest, PortInUseIsAClearSentence) {
  const Address address = start();
  const auto second = Listener::open(*ring_, timers_, address, *this);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_EQ(second.error().message, "port " + std::to_string(address.port()) +
                                        " on 127.0.0.1 is in use by another program; stop it or listen elsewhere");
}

TEST_P(ListenerTest, ClosedListenerFreesItsPort) {
  const Address address = start();
  listener_->close();
  ASSERT_TRUE(turn_until([&] { return listener_ == nullptr; }));
  EXPECT_EQ(start(address), address);
}

TEST_P(ListenerTest, BothFamiliesOnOnePort) {
  const Address v4 = open(Address::parse("0.0.0.0:0").value());
  auto v6 = Address::parse("[::]:" + std::to_string(v4.port())).value();
  const auto socket = open_listening_socket(v6);
  if (!socket && socket.error().code == EAFNOSUPPORT) GTEST_SKIP() << "no IPv6 here";
  EXPECT_TRUE(socket) << socket.error().message;
  if (socket) ::close(*socket);
}

TEST_P(ListenerTest, Ipv6) {
  auto listener = Listener::open(*ring_, timers_, loopback(AF_INET6), *this);
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().message;
  listener_ = std::move(*listener);
  listener_->start();
  Connector connector(*ring_, timers_, *this);
  connector.start(read_clock(), {listener_->address()}, 5s);
  ASSERT_TRUE(turn_until([&] { return accepted_.size() == 1 && connected_.size() == 1; }));
  EXPECT_EQ(Address::peer_of(connected_[0])->to_string(), "[::1]:" + std::to_string(listener_->address().port()));
}

TEST_P(ListenerTest, SharedPortTakesSeveralListeners) {
  const int first = open_listening_socket(loopback(), {.share_port = true}).value();
  const auto second = open_listening_socket(Address::local_of(first).value(), {.share_port = true});
  EXPECT_TRUE(second);
  ::close(first);
  if (second) ::close(*second);
}

TEST_P(ListenerTest, SurvivesTheEndOfDescriptors) {
  // One before, since the sanitizers need descriptors of their own for the first look at a type.
  const Address address = start();
  connected_ = {connect_to(address)};
  ASSERT_TRUE(turn_until([&] { return accepted_.size() == 1; }));
  listener_->close();
  ASSERT_TRUE(turn_until([&] { return listener_ == nullptr; }));
  open(address);
  connected_.push_back(connect_to(address));

  // No descriptor above the highest one in use: accept(2) answers EMFILE.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int highest = ::dup(0);
  ::close(highest);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(highest), .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  int pauses = 0;
  at_pause_ = [&] { ++pauses; };
  listener_->start();
  const bool paused = turn_until([&] { return pauses == 3; });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_TRUE(paused);
  EXPECT_EQ(paused_with_, EMFILE);
  EXPECT_EQ(accepted_.size(), 1U);
  EXPECT_TRUE(turn_until([&] { return accepted_.size() == 2; }));  // it waited in the backlog
}

TEST_P(ListenerTest, ConnectionsThatDieBeforeTheyAreAcceptedDoNoHarm) {
  const Address address = start();
  for (int i = 0; i < 10; ++i) reset_and_close(connect_to(address));
  connected_ = {connect_to(address)};
  const Address ours = Address::local_of(connected_[0]).value();
  EXPECT_TRUE(turn_until(
      [&] { return std::ranges::any_of(accepted_, [&](int socket) { return Address::peer_of(socket) == ours; }); }));
}

TEST_P(ListenerTest, ConnectorTriesOneAddressAfterTheOther) {
  const Address address = start();
  const int other = open_listening_socket(loopback()).value();
  const Address nobody = Address::local_of(other).value();
  ::close(other);
  Connector connector(*ring_, timers_, *this);
  connector.start(read_clock(), {nobody, nobody, address}, 5s);
  ASSERT_TRUE(turn_until([&] { return !connector.is_connecting(); }));
  ASSERT_EQ(connected_.size(), 1U);
  EXPECT_EQ(Address::peer_of(connected_[0]).value(), address);

  connector.start(read_clock(), {nobody}, 5s);
  ASSERT_TRUE(turn_until([&] { return !connector.is_connecting(); }));
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_EQ(failures_[0].code, ECONNREFUSED);
  EXPECT_EQ(failures_[0].message, "connecting to " + nobody.to_string() + ": Connection refused");
}

/// A listener that accepts nothing and has a full backlog leaves those who connect waiting.
class SilentListener {
 public:
  SilentListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Address any = loopback();
    EXPECT_EQ(::bind(socket_, any.raw(), any.raw_size()), 0);
    EXPECT_EQ(::listen(socket_, 0), 0);
    fillers_ = {connect_to(address())};
  }
  ~SilentListener() {
    for (const int socket : fillers_) ::close(socket);
    ::close(socket_);
  }
  Address address() const { return Address::local_of(socket_).value(); }

 private:
  int socket_;
  std::vector<int> fillers_;
};

TEST_P(ListenerTest, ConnectorGivesUpInTimeOrWhenTold) {
  const SilentListener silent;
  Connector connector(*ring_, timers_, *this);
  connector.start(read_clock(), {silent.address()}, 50ms);
  ASSERT_TRUE(turn_until([&] { return !connector.is_connecting(); }));
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_EQ(failures_[0].code, ETIMEDOUT);

  connector.start(read_clock(), {silent.address(), silent.address()}, 20s);
  ring_->run(Instant::min());
  connector.cancel();
  ASSERT_TRUE(turn_until([&] { return !connector.is_connecting(); }));
  ASSERT_EQ(failures_.size(), 2U);
  EXPECT_EQ(failures_[1].code, ECANCELED);
}

}  // namespace
}  // namespace lunway::runtime
