// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/transfer/copier.h"

#include <algorithm>
#include <cstring>

namespace lunway::cli {
namespace {

bool is_zero(Bytes bytes) {
  // Each byte equals the one before it, and the first is zero.
  return bytes.empty() ||
         (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

std::uint64_t whole_blocks(std::uint64_t length, const Side& one, const Side& other) {
  return length - length % std::max(one.block_bytes(), other.block_bytes());
}

}  // namespace

Copier::Copier(Side& from, Side& to, std::uint64_t length, unsigned depth, Progress& progress)
    : from_(from),
      to_(to),
      length_(length),
      whole_(whole_blocks(length, from, to)),
      progress_(progress),
      lanes_(depth, from, to),
      buffers_(depth) {}

Outcome<> Copier::run() {
  const Outcome<> moved = lanes_.run([this](std::size_t lane) { return start(lane); });
  return moved ? copy_tail() : moved;
}

bool Copier::start(std::size_t lane) {
  if (next_ == whole_) return false;
  if (next_ >= data_end_) {
    // Holes begin and end anywhere; the range is widened to whole blocks, so that both parts are.
    const std::uint64_t block = std::max(from_.block_bytes(), to_.block_bytes());
    const auto [begin, end] = from_.next_data(next_, whole_);
    data_begin_ = std::max(next_, begin - begin % block);
    data_end_ = std::min(whole_, (end + block - 1) / block * block);
  }
  const std::uint64_t offset = next_;
  if (offset < data_begin_) {
    next_ = std::min(data_begin_, offset + to_.max_zero_bytes());
    make_zero(lane, offset, next_ - offset);
  } else {
    next_ = std::min(data_end_, offset + kPieceBytes);
    move_data(lane, offset, next_ - offset);
  }
  return true;
}

void Copier::move_data(std::size_t lane, std::uint64_t offset, std::uint64_t count) {
  buffers_[lane].resize(kPieceBytes);
  const MutableBytes piece = MutableBytes(buffers_[lane]).first(count);
  from_.read(offset, piece, [this, lane, offset, piece](Outcome<> read) {
    if (!read) return end(lane, 0, std::move(read));
    if (is_zero(piece)) return make_zero(lane, offset, piece.size());
    to_.write(offset, piece, [this, lane, piece](Outcome<> written) { end(lane, piece.size(), std::move(written)); });
  });
}

void Copier::make_zero(std::size_t lane, std::uint64_t offset, std::uint64_t count) {
  zero_bytes_ += count;
  to_.zero(offset, count, [this, lane, count](Outcome<> zeroed) { end(lane, count, std::move(zeroed)); });
}

void Copier::end(std::size_t lane, std::uint64_t count, Outcome<> outcome) {
  progress_.advance(count);
  lanes_.end(lane, std::move(outcome));
}

/// What is left is less than a block of one of the sides.
Outcome<> Copier::copy_tail() {
  std::vector<std::byte> tail(length_ - whole_);
  if (tail.empty()) return {};
  if (const Outcome<> read = from_.read_now(whole_, tail); !read) return read;
  progress_.advance(tail.size());
  return to_.write_now(whole_, tail);
}

}  // namespace lunway::cli
