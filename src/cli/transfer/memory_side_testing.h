// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A side in memory whose requests end when service() says so, in an order of its own. For tests.

#pragma once

#include <unistd.h>

#include <random>
#include <vector>

#include "cli/transfer/side.h"

namespace lunway::cli {

class MemorySide final : public Side {
 public:
  MemorySide(std::uint64_t size, std::uint32_t block, unsigned seed = 1) : bytes(size), block_(block), random_(seed) {}

  std::string name() const override { return "memory"; }
  std::uint64_t size_bytes() const override { return bytes.size(); }
  std::uint32_t block_bytes() const override { return block_; }
  void read(std::uint64_t offset, MutableBytes into, Done done) override {
    check(offset, into.size());
    defer([this, offset, into] { copy_bytes(into, Bytes(bytes).subspan(offset)); }, std::move(done), fail_reads);
  }
  void write(std::uint64_t offset, Bytes from, Done done) override {
    check(offset, from.size());
    written += from.size();
    defer([this, offset, from] { copy_bytes(MutableBytes(bytes).subspan(offset), from); }, std::move(done),
          fail_writes);
  }
  void zero(std::uint64_t offset, std::uint64_t length, Done done) override {
    check(offset, length);
    if (length > max_zero_bytes()) misuse = true;
    defer([this, offset,
           length] { std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), length, std::byte{}); },
          std::move(done), fail_writes);
  }
  std::uint64_t max_zero_bytes() const override { return std::uint64_t{4} << 20; }
  std::pair<std::uint64_t, std::uint64_t> next_data(std::uint64_t offset, std::uint64_t end) const override {
    for (const auto& [first, last] : data) {
      if (last > offset) return {std::min(std::max(first, offset), end), std::min(last, end)};
    }
    return data.empty() ? std::pair(offset, end) : std::pair(end, end);
  }
  Outcome<> read_now(std::uint64_t offset, MutableBytes into) override {
    copy_bytes(into, Bytes(bytes).subspan(offset));
    return {};
  }
  Outcome<> write_now(std::uint64_t offset, Bytes from) override {
    copy_bytes(MutableBytes(bytes).subspan(offset), from);
    return {};
  }
  Outcome<> finish() override { return {}; }
  /// Always readable: the tests do not sleep.
  int descriptor() const override { return always_readable_.ends[0]; }
  void service() override {
    most_under_way = std::max(most_under_way, waiting_.size());
    std::vector<std::move_only_function<void()>> ready = std::move(waiting_);
    waiting_.clear();
    std::ranges::shuffle(ready, random_);
    for (auto& one : ready) one();
  }

  std::vector<std::byte> bytes;
  /// Ranges that next_data() tells of; empty: everything.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> data;
  std::uint64_t written = 0;
  std::size_t most_under_way = 0;
  bool fail_reads = false, fail_writes = false;
  bool misuse = false;

 private:
  struct Pipe {
    Pipe() {
      if (::pipe(ends) == 0 && ::write(ends[1], "x", 1) == 1) return;
      ends[0] = -1;
    }
    ~Pipe() {
      ::close(ends[0]);
      ::close(ends[1]);
    }
    int ends[2] = {-1, -1};
  };

  void check(std::uint64_t offset, std::uint64_t length) {
    if (offset % block_ != 0 || length % block_ != 0 || offset + length > bytes.size()) misuse = true;
  }
  void defer(std::move_only_function<void()> act, Done done, bool fails) {
    waiting_.push_back([act = std::move(act), done = std::move(done), fails]() mutable {
      if (fails) return done(failed("the medium is broken"));
      act();
      done({});
    });
  }

  std::uint32_t block_;
  std::mt19937 random_;
  std::vector<std::move_only_function<void()>> waiting_;
  Pipe always_readable_;
};

}  // namespace lunway::cli
