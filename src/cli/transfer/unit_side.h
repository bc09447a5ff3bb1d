// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A logical unit as one end of a copy.

#pragma once

#include <memory>
#include <vector>

#include "cli/peer.h"
#include "cli/transfer/side.h"

namespace lunway::cli {

class UnitSide final : public Side {
 public:
  static Outcome<std::unique_ptr<Side>> open(const Peer& peer);

  std::string name() const override { return unit_.session.url().to_string(); }
  std::uint64_t size_bytes() const override { return unit_.capacity.bytes(); }
  std::uint32_t block_bytes() const override { return unit_.capacity.block_size; }
  void read(std::uint64_t offset, MutableBytes into, Done done) override;
  void write(std::uint64_t offset, Bytes from, Done done) override;
  void zero(std::uint64_t offset, std::uint64_t length, Done done) override;
  std::uint64_t max_zero_bytes() const override { return max_zero_bytes_; }
  std::pair<std::uint64_t, std::uint64_t> next_data(std::uint64_t offset, std::uint64_t end) const override {
    return {offset, end};
  }
  Outcome<> read_now(std::uint64_t offset, MutableBytes into) override;
  Outcome<> write_now(std::uint64_t offset, Bytes from) override;
  Outcome<> finish() override;
  int descriptor() const override { return unit_.session.descriptor(); }
  void service() override { unit_.session.service(); }

 private:
  /// How zeros get there. Each is tried until the unit refuses it, then the next.
  enum class ZeroBy { write_same_unmap, write_same, write };

  explicit UnitSide(Unit unit);
  void ask_write_same_limit();
  void zero_by_write_same(std::uint64_t offset, std::uint64_t length, Done done);
  void zero_by_write(std::uint64_t offset, std::uint64_t length, Done done);
  std::uint64_t lba(std::uint64_t offset) const { return offset / unit_.capacity.block_size; }
  initiator::Done told(Done done);
  Outcome<> outcome_of(const initiator::Result<>& result) const;

  Unit unit_;
  ZeroBy zero_by_;
  std::uint64_t max_zero_bytes_ = 0;
  std::vector<std::byte> zeros_;
};

}  // namespace lunway::cli
