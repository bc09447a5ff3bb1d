// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What is on its way to one peer: in order, each piece not before its time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"

namespace lunway::proxy {

class Outbox {
 public:
  /// What comes after the last piece.
  enum class End : std::uint8_t {
    none,    // more
    finish,  // the end of the stream; the other direction may go on
    cut,     // the end of the connection
    reset,   // the same, with a reset
  };

  /// PDUs that are to be overtaken wait no longer than this for others to do so.
  static constexpr Duration kOvertakingTime = std::chrono::milliseconds(100);

  /// Goes behind all others. After end() there is nothing to add to: the piece is dropped.
  void add(Instant now, std::vector<std::byte> bytes, Duration delay = {});
  /// Waits until so many later pieces have gone before it.
  void add_behind(Instant now, std::vector<std::byte> bytes, Duration delay, std::uint32_t places);
  /// Nothing comes after what is here now. The first end counts, but for a finish, which may become a cut.
  void end(End how);

  /// The pieces whose time has come, at most kBatch; none while those of the last call are not sent().
  static constexpr std::size_t kBatch = 64;
  std::span<const Bytes> begin_send(Instant now);
  void sent();

  /// When begin_send() may have something to give; kNever while it is sending, or empty.
  Instant deadline() const;
  /// Bytes that are not sent yet.
  std::size_t size() const { return size_; }
  /// How it ends, once everything is sent; else `none`.
  End reached_end() const { return queue_.empty() && overtaken_.empty() ? end_ : End::none; }
  bool is_ending() const { return end_ != End::none; }

 private:
  struct Item {
    std::vector<std::byte> bytes;
    Instant due;
  };
  struct Overtaken {
    Item item;
    std::uint32_t places;
    Instant until;
  };

  void be_overtaken();
  void release(Instant now);

  std::deque<Item> queue_;
  std::vector<Overtaken> overtaken_;
  std::vector<Bytes> sending_;
  std::size_t size_ = 0;
  End end_ = End::none;
};

}  // namespace lunway::proxy
