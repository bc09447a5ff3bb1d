// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "runtime/clock.h"
#include "runtime/ipsec.h"

namespace lunway::runtime {

namespace {

/// The system cuts this to net.core.somaxconn.
constexpr int kBacklog = 4096;

std::unexpected<Error> bind_failure(int error, const Address& address) {
  const std::string where = address.to_string();
  switch (error) {
    case EADDRINUSE:
      return failure(error, "port " + std::to_string(address.port()) + " on " + address.host() +
                                " is in use by another program; stop it or listen elsewhere");
    case EACCES:
      return failure(error, "listening on " + where + " is not allowed: ports below 1024 need CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
      return failure(error,
                     "listening on " + where + " is not possible: no interface of this machine has that address");
    default:
      return system_failure(error, "listening on " + where);
  }
}

void switch_on(int socket, int level, int option) {
  const int one = 1;
  ::setsockopt(socket, level, option, &one, sizeof one);
}

/// What accept(2) may report of a connection that died before it was accepted.
bool is_about_one_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case ETIMEDOUT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case ENONET:
    case EPERM:  // a firewall rule
      return true;
    default:
      return false;
  }
}

/// Before listen(): a connection that comes in between would be an unprotected one.
Result<> protect(int socket, const Address& address) {
  auto done = demand_esp(socket, address.family());
  if (done) done = check_esp(address.family());
  if (done) return {};
  return failure(done.error().code,
                 address.to_string() + " demands IPsec and is not served without it: " + done.error().message);
}

}  // namespace

Result<int> open_listening_socket(const Address& address, const ListenOptions& options) {
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return system_failure(errno, "making a socket for " + address.to_string());
  switch_on(socket, SOL_SOCKET, SO_REUSEADDR);
  if (options.share_port) switch_on(socket, SOL_SOCKET, SO_REUSEPORT);
  if (address.family() == AF_INET6) switch_on(socket, IPPROTO_IPV6, IPV6_V6ONLY);
  if (options.require_ipsec) {
    if (auto done = protect(socket, address); !done) {
      ::close(socket);
      return std::unexpected(std::move(done.error()));
    }
  }
  if (::bind(socket, address.raw(), address.raw_size()) != 0 || ::listen(socket, kBacklog) != 0) {
    const int error = errno;
    ::close(socket);
    return bind_failure(error, address);
  }
  return socket;
}

Result<std::unique_ptr<Listener>> Listener::open(Ring& ring, Timers& timers, const Address& address, Owner& owner,
                                                 const ListenOptions& options) {
  const auto socket = open_listening_socket(address, options);
  if (!socket) return std::unexpected(socket.error());
  auto bound = Address::local_of(*socket);
  if (!bound) {
    ::close(*socket);
    return std::unexpected(std::move(bound.error()));
  }
  return std::unique_ptr<Listener>(new Listener(ring, timers, *socket, *bound, owner));
}

Listener::Listener(Ring& ring, Timers& timers, int socket, const Address& address, Owner& owner)
    : ring_(ring),
      owner_(owner),
      socket_(socket),
      address_(address),
      retry_(Timer::calling<&Listener::retry>(timers, this)) {}

Listener::~Listener() {
  if (socket_ >= 0) ::close(socket_);  // never started
}

void Listener::start() {
  assert(!accept_.in_flight() && !closing_);
  ring_.accept(accept_, socket_);
}

void Listener::close() {
  if (closing_) return;
  closing_ = true;
  retry_.disarm();
  if (accept_.in_flight()) {
    ring_.cancel(accept_);
  } else {
    ring_.close(close_, socket_);
  }
}

void Listener::accepted(const Outcome& outcome) {
  if (outcome.ok()) {
    pause_ = kPauseFirst;
    const int socket = static_cast<int>(outcome.value);
    if (closing_) {
      ::close(socket);  // it came too late; no ring has worked on it
    } else {
      owner_.on_accepted(*this, socket);
    }
  } else if (closing_) {
    ring_.close(close_, socket_);
  } else if (is_about_one_connection(outcome.error)) {
    ring_.accept(accept_, socket_);
  } else {
    rest(outcome.error);
  }
}

/// Out of descriptors or memory. The connection waits in the backlog meanwhile, and an immediate retry would spin.
void Listener::rest(int error) {
  const Instant until = read_clock() + pause_;
  pause_ = std::min(pause_ * 2, kPauseLast);
  retry_.arm(until);
  owner_.on_accept_paused(*this, error, until);
}

void Listener::retry(Instant /*now*/) { ring_.accept(accept_, socket_); }

void Listener::closed(const Outcome& /*outcome*/) {
  socket_ = -1;
  owner_.on_listener_closed(*this);
}

}  // namespace lunway::runtime
