// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/target/survival.h"

#include <cstdlib>
#include <thread>

#include "runtime/blocking_stream.h"
#include "runtime/clock.h"

namespace lunway::conformance {
namespace {

constexpr Duration kConnectLimit = std::chrono::seconds(1);
constexpr Duration kRestartLimit = std::chrono::seconds(15);
constexpr Duration kRestartPause = std::chrono::milliseconds(50);

}  // namespace

bool Survival::check() {
  if (listens()) return true;
  const std::lock_guard lock(mutex_);
  if (lost_) return false;
  // Somebody else may have seen it first and started the target again.
  if (listens()) return true;
  ++deaths_;
  if (observer_ != nullptr) observer_->on_remark("the target no longer takes connections");
  if (restart()) return true;
  lost_ = true;
  return false;
}

bool Survival::listens() const { return runtime::BlockingStream::connect(target_.address, kConnectLimit).has_value(); }

bool Survival::restart() {
  if (target_.restart_command.empty()) return false;
  if (std::system(target_.restart_command.c_str()) != 0) return false;  // NOLINT: the operator's own command
  const Instant deadline = runtime::read_clock() + kRestartLimit;
  while (runtime::read_clock() < deadline) {
    if (listens()) {
      if (observer_ != nullptr) observer_->on_remark("the target was started again");
      return true;
    }
    std::this_thread::sleep_for(kRestartPause);
  }
  return false;
}

}  // namespace lunway::conformance
