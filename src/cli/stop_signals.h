// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SIGTERM and SIGINT as something that the main thread waits for, while shards do the work.

#pragma once

#include <functional>

namespace lunway::cli {

/// Returns when SIGTERM or SIGINT asks to stop. SIGHUP is told to `on_hangup` and waited past. Call
/// runtime::block_termination_signals() before the first thread is started.
void wait_for_stop(const std::function<void()>& on_hangup);

}  // namespace lunway::cli
