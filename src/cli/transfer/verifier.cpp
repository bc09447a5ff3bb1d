// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/transfer/copier.h"

namespace lunway::cli {
namespace {

class Verifier {
 public:
  Verifier(Side& from, Side& to, std::uint64_t length, unsigned depth, Progress& progress)
      : from_(from), to_(to), length_(length), progress_(progress), lanes_(depth, from, to), pieces_(depth) {
    const std::uint64_t block = std::max(from.block_bytes(), to.block_bytes());
    whole_ = length - length % block;
  }

  Outcome<> run() {
    const Outcome<> compared = lanes_.run([this](std::size_t lane) { return start(lane); });
    return compared ? compare_tail() : compared;
  }

 private:
  struct Piece {
    std::vector<std::byte> ours, theirs;
    std::uint64_t offset = 0;
    unsigned to_come = 0;
    Outcome<> outcome;
  };

  bool start(std::size_t lane) {
    if (next_ == whole_) return false;
    Piece& piece = pieces_[lane];
    const std::uint64_t count = std::min<std::uint64_t>(whole_ - next_, kPieceBytes);
    piece.ours.resize(count);
    piece.theirs.resize(count);
    piece.offset = next_;
    piece.to_come = 2;
    piece.outcome = {};
    next_ += count;
    const auto arrived = [this, lane](Outcome<> read) { one_arrived(lane, std::move(read)); };
    from_.read(piece.offset, piece.ours, arrived);
    to_.read(piece.offset, piece.theirs, arrived);
    return true;
  }

  void one_arrived(std::size_t lane, Outcome<> read) {
    Piece& piece = pieces_[lane];
    if (!read) piece.outcome = std::move(read);
    if (--piece.to_come != 0) return;
    if (piece.outcome) piece.outcome = compare(piece.ours, piece.theirs, piece.offset);
    progress_.advance(piece.ours.size());
    lanes_.end(lane, piece.outcome);
  }

  Outcome<> compare_tail() {
    std::vector<std::byte> ours(length_ - whole_), theirs(length_ - whole_);
    if (const Outcome<> read = from_.read_now(whole_, ours); !read) return read;
    if (const Outcome<> read = to_.read_now(whole_, theirs); !read) return read;
    return compare(ours, theirs, whole_);
  }

  Outcome<> compare(Bytes ours, Bytes theirs, std::uint64_t offset) const {
    const auto [differs, _] = std::ranges::mismatch(ours, theirs);
    if (differs == ours.end()) return {};
    const auto at = static_cast<std::uint64_t>(differs - ours.begin());
    return failed(
        fmt::format("verification failed: {} and {} differ at offset {}", from_.name(), to_.name(), offset + at));
  }

  Side& from_;
  Side& to_;
  std::uint64_t length_, whole_ = 0, next_ = 0;
  Progress& progress_;
  Lanes lanes_;
  std::vector<Piece> pieces_;
};

}  // namespace

Outcome<> verify(Side& from, Side& to, std::uint64_t length, unsigned depth, Progress& progress) {
  return Verifier(from, to, length, depth, progress).run();
}

}  // namespace lunway::cli
