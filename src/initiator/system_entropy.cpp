// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/system_entropy.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace lunway::initiator {

void SystemEntropy::fill(MutableBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
    // The call is as old as Linux 3.17. Going on without it would make CHAP challenges predictable.
    if (count < 0 && errno != EINTR) std::abort();
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace lunway::initiator
