// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/connector.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "runtime/clock.h"

namespace lunway::runtime {

Connector::Connector(Ring& ring, Timers& timers, Owner& owner)
    : ring_(ring), owner_(owner), timeout_(Timer::calling<&Connector::too_slow>(timers, this)) {}

Connector::~Connector() { assert(!connecting_ && "the owner waits for the answer first"); }

void Connector::start(Instant now, std::vector<Address> addresses, Duration timeout_each) {
  assert(!connecting_ && !addresses.empty());
  addresses_ = std::move(addresses);
  at_ = 0;
  timeout_each_ = timeout_each;
  connecting_ = true;
  cancelled_ = false;
  attempt(now);
}

void Connector::cancel() {
  if (!connecting_) return;
  cancelled_ = true;
  ring_.cancel(connect_);
}

void Connector::attempt(Instant now) {
  timed_out_ = false;
  timeout_.arm(now + timeout_each_);
  const Address& to = addresses_[at_];
  // Without a socket (-1) the ring answers EBADF; errno says more.
  socket_ = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  socket_error_ = socket_ < 0 ? errno : 0;
  ring_.connect(connect_, socket_, to);
}

void Connector::too_slow(Instant /*now*/) {
  timed_out_ = true;
  ring_.cancel(connect_);
}

void Connector::connected(const Outcome& outcome) {
  timeout_.disarm();
  if (outcome.ok()) {
    connecting_ = false;
    owner_.on_connected(*this, std::exchange(socket_, -1));
    return;
  }
  error_ = socket_error_ != 0 ? socket_error_ : timed_out_ && !cancelled_ ? ETIMEDOUT : outcome.error;
  if (socket_ < 0) return attempt_ended();
  ring_.close(close_, std::exchange(socket_, -1));
}

void Connector::closed(const Outcome& /*outcome*/) { attempt_ended(); }

void Connector::attempt_ended() {
  if (!cancelled_ && at_ + 1 < addresses_.size()) {
    ++at_;
    return attempt(read_clock());
  }
  connecting_ = false;
  const int code = cancelled_ ? ECANCELED : error_;
  owner_.on_connect_failed(*this, system_failure(code, "connecting to " + addresses_[at_].to_string()).error());
}

}  // namespace lunway::runtime
