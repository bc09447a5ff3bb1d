// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <csignal>

namespace lunway::runtime {

namespace {

sigset_t termination_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

void block_termination_signals() {
  const sigset_t set = termination_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Result<std::unique_ptr<Signals>> Signals::open(Ring& ring, Owner& owner) {
  const sigset_t set = termination_signals();
  const int descriptor = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) return system_failure(errno, "making a signal descriptor");
  return std::unique_ptr<Signals>(new Signals(ring, descriptor, owner));
}

Signals::Signals(Ring& ring, int descriptor, Owner& owner) : ring_(ring), owner_(owner), descriptor_(descriptor) {}

Signals::~Signals() { ::close(descriptor_); }

void Signals::start() {
  assert(!poll_.in_flight() && !closing_);
  ring_.poll_readable(poll_, descriptor_);
}

void Signals::close() {
  closing_ = true;
  ring_.cancel(poll_);
}

void Signals::readable(const Outcome& /*outcome*/) {
  signalfd_siginfo info;
  while (!closing_ && ::read(descriptor_, &info, sizeof info) == sizeof info) {
    owner_.on_signal(static_cast<int>(info.ssi_signo));
  }
  if (closing_) return owner_.on_signals_closed();
  ring_.poll_readable(poll_, descriptor_);
}

}  // namespace lunway::runtime
