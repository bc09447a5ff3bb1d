// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// PDUs on their way out together: one list of pieces for one system call, kept until the last byte has left.

#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "session/command/initiator_task.h"
#include "wire/outgoing.h"

namespace lunway::session {

class InitiatorBatch {
 public:
  explicit InitiatorBatch(std::size_t pdus) : capacity_(pdus) { pdus_.reserve(pdus); }

  bool is_full(std::size_t bytes) const { return pdus_.size() == capacity_ || bytes_ >= bytes; }
  bool is_empty() const { return pieces_.empty(); }

  /// `data` stays where it is until the batch has left. Only when not full.
  const wire::EncodedPdu& add(const wire::Header& header, Bytes ahs, Bytes data, wire::Digests digests);

  /// A short payload that the batch owns.
  Bytes keep(std::string payload) { return bytes_of(kept_.emplace_back(std::move(payload))); }

  /// The memory of this task is looked at until the batch has left. Once for each time.
  void looks_at(InitiatorTask& task) { viewed_.push_back(&task); }
  const std::vector<InitiatorTask*>& viewed() const { return viewed_; }

  /// What has not left yet.
  std::span<const Bytes> pieces() const { return std::span(pieces_).subspan(first_); }

  /// `count` bytes from the front have left. True when it was all.
  bool consume(std::size_t count);

  void clear();

 private:
  std::size_t capacity_;
  std::vector<wire::EncodedPdu> pdus_;  // never grows beyond its capacity: pieces point into it
  std::vector<Bytes> pieces_;
  std::size_t first_ = 0;
  std::size_t bytes_ = 0;
  std::deque<std::string> kept_;
  std::vector<InitiatorTask*> viewed_;
};

}  // namespace lunway::session
