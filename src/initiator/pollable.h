// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One descriptor that is readable when a ring has something to do or a deadline has come, for applications with a loop
// of their own.

#pragma once

#include "base/instant.h"
#include "base/result.h"

namespace lunway::initiator {

class Pollable {
 public:
  /// `ring` stays the ring's.
  static lunway::Result<Pollable> make(int ring);
  ~Pollable();
  Pollable(Pollable&& other) noexcept;
  Pollable& operator=(Pollable&&) = delete;

  int descriptor() const { return epoll_; }

  /// Replaces the deadline; kNever: none. Cheap when it is the same.
  void arm(Instant deadline);
  /// Readable at once, until the next arm() with another deadline.
  void raise() { arm(Instant(Duration(1))); }

 private:
  Pollable(int epoll, int timer) : epoll_(epoll), timer_(timer) {}

  int epoll_;
  int timer_;
  Instant deadline_ = kNever;
};

}  // namespace lunway::initiator
