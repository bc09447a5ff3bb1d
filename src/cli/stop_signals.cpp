// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/stop_signals.h"

#include <csignal>
#include <initializer_list>

namespace lunway::cli {

void wait_for_stop(const std::function<void()>& on_hangup) {
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&awaited, number);
  for (;;) {
    int number = 0;
    if (sigwait(&awaited, &number) != 0) continue;
    if (number != SIGHUP) return;
    on_hangup();
  }
}

}  // namespace lunway::cli
