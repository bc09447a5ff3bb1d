// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/ring.h"

#include "runtime/epoll_ring.h"
#include "runtime/uring_ring.h"

namespace lunway::runtime {

std::string_view name_of(RingKind kind) {
  switch (kind) {
    case RingKind::automatic:
      return "automatic";
    case RingKind::uring:
      return "uring";
    case RingKind::epoll:
      return "epoll";
  }
  return "?";
}

Result<std::unique_ptr<Ring>> make_ring(RingKind kind) {
  if (kind == RingKind::epoll) return EpollRing::make();
  auto uring = UringRing::make();
  if (uring || kind == RingKind::uring) return uring;
  auto epoll = EpollRing::make();
  if (epoll) (*epoll)->reason_ = std::move(uring.error().message);
  return epoll;
}

void Ring::begin(Operation& operation, Operation::Kind kind, int descriptor) {
  assert(!operation.in_flight_ && "an operation must not be started twice");
  operation.kind_ = kind;
  operation.descriptor_ = descriptor;
  operation.in_flight_ = true;
  operation.cancelled_ = false;
  operation.done_ = 0;
  ++in_flight_;
}

void Ring::end(Operation& operation, const Outcome& outcome) {
  if (!outcome.more) abandon(operation);
  operation.handler_(operation.context_, outcome);
}

void Ring::abandon(Operation& operation) {
  operation.in_flight_ = false;
  --in_flight_;
}

}  // namespace lunway::runtime
