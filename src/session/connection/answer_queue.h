// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// PDUs that a target sends besides data, R2T and SCSI status: answers to requests, Rejects, Asynchronous Messages. They
// wait here until they are sent, and stay until the transport has taken them. Places are used again, so that a queue
// that has seen its longest day allocates no more.

#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "wire/header.h"
#include "wire/numbers.h"

namespace lunway::session {

class AnswerQueue {
 public:
  struct Answer {
    wire::Header header{};
    std::vector<std::byte> data;
    /// The PDU is numbered: StatSN moves on.
    bool counts = true;
    /// Sent with the digests of the connection. Login Responses go without.
    bool with_digests = true;
    /// Where its StatSN is wanted; may be null.
    std::optional<wire::StatSN>* number = nullptr;
    /// It was sent before, with this number.
    std::optional<wire::StatSN> again = std::nullopt;
  };

  /// Everything that the transport has not taken.
  std::size_t size() const { return size_; }
  bool has_unsent() const { return size_ > sent_; }

  Answer& push() {
    if (size_ == ring_.size()) grow();
    return ring_[(first_ + size_++) % ring_.size()];
  }

  template <class Visitor>
  void for_each_unsent(Visitor visit) const {
    for (std::size_t i = sent_; i < size_; ++i) visit(ring_[(first_ + i) % ring_.size()]);
  }

  Answer& last() {
    assert(size_ > 0);
    return ring_[(first_ + size_ - 1) % ring_.size()];
  }

  /// The next answer to put into a batch; it stays where it is until pop().
  Answer& send_next() {
    assert(has_unsent());
    return ring_[(first_ + sent_++) % ring_.size()];
  }

  /// The oldest answer has left.
  void pop() {
    assert(sent_ > 0);
    first_ = (first_ + 1) % ring_.size();
    --size_;
    --sent_;
  }

 private:
  // Views of an answer's data stay valid: a moved vector keeps its bytes.
  void grow() {
    std::vector<Answer> larger(std::max<std::size_t>(1, ring_.size() * 2));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(ring_[(first_ + i) % ring_.size()]);
    ring_ = std::move(larger);
    first_ = 0;
  }

  std::vector<Answer> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t sent_ = 0;  // of them, in the batch
};

}  // namespace lunway::session
