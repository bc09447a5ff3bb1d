// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What goes over the wire: requests and answers of one size each, on so many connections.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

#include "base/instant.h"
#include "runtime/busy_poll.h"

namespace lunway::bench {

struct Shape {
  int connections = 1;
  std::size_t request_bytes = 0;
  std::size_t answer_bytes = 0;
};

/// What one receive takes at most.
inline constexpr std::size_t kReceiveBytes = std::size_t{1} << 18;

/// Prints what failed with errno's words, and ends the program.
[[noreturn]] void fail(const char* what);

/// Bytes of a call on a blocking or a ready socket; ends the program when it failed.
std::size_t moved(ssize_t count, const char* what);

void send_at_once(int socket);

/// As Lunway and its load, each side looks for bytes so long before it sleeps, where that pays.
inline constexpr Duration kServerBusyPoll = std::chrono::microseconds(50);
inline constexpr Duration kLoadBusyPoll = std::chrono::microseconds(100);

/// recv() on a blocking socket, looked for first.
std::size_t receive(int socket, std::byte* into, std::size_t size, runtime::BusyPoll& busy_poll);

}  // namespace lunway::bench
