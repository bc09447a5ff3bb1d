// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/transfer/unit_side.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/big_endian.h"
#include "cli/unit_bytes.h"
#include "cli/vpd_text.h"

namespace lunway::cli {
namespace {

constexpr std::size_t kZeroPieceBytes = std::size_t{1} << 20;
/// A unit that writes zeros rather than unmapping still answers within a command's time limit.
constexpr std::uint64_t kMaxWriteSameBytes = std::uint64_t{32} << 20;
constexpr std::uint8_t kBlockLimitsPage = 0xb0;
constexpr std::uint8_t kIllegalRequest = 0x05;

/// WRITE SAME (16). With UNMAP a unit may give the space back, but only if the range then reads as the block that is
/// sent along, which is zeros here (SBC-3, 5.43).
std::vector<std::byte> write_same_16(std::uint64_t lba, std::uint32_t blocks, bool unmap) {
  std::vector<std::byte> cdb(16);
  store_u8(cdb.data(), 0x93);
  store_u8(&cdb[1], unmap ? 0x08 : 0x00);
  store_be64(&cdb[2], lba);
  store_be32(&cdb[10], blocks);
  return cdb;
}

}  // namespace

Outcome<std::unique_ptr<Side>> UnitSide::open(const Peer& peer) {
  auto unit = open_unit(peer);
  if (!unit) return std::unexpected(unit.error());
  return std::unique_ptr<Side>(new UnitSide(std::move(*unit)));
}

UnitSide::UnitSide(Unit unit)
    : unit_(std::move(unit)),
      zero_by_(unit_.capacity.thin ? ZeroBy::write_same_unmap : ZeroBy::write_same),
      zeros_(std::max<std::size_t>(kZeroPieceBytes, unit_.capacity.block_size)) {
  ask_write_same_limit();
}

void UnitSide::ask_write_same_limit() {
  const auto page = unit_.session.vital_product_data(kBlockLimitsPage);
  const std::uint64_t blocks = page ? max_write_same_blocks(*page) : 0;
  const std::uint64_t bytes = blocks > kMaxWriteSameBytes ? 0 : blocks * block_bytes();
  max_zero_bytes_ = bytes == 0 ? kMaxWriteSameBytes : std::min(bytes, kMaxWriteSameBytes);
}

Outcome<> UnitSide::outcome_of(const initiator::Result<>& result) const {
  if (!result) return failed(result.error(), unit_.session.url());
  return {};
}

initiator::Done UnitSide::told(Done done) {
  return [this, done = std::move(done)](initiator::Result<> result) mutable { done(outcome_of(result)); };
}

// A submit that is refused ends the request at once; its callback has been moved from, and will not run.
void UnitSide::read(std::uint64_t offset, MutableBytes into, Done done) {
  const auto shared = std::make_shared<Done>(std::move(done));
  const auto task =
      unit_.session.submit_read(lba(offset), into, told([shared](Outcome<> end) { (*shared)(std::move(end)); }));
  if (!task) (*shared)(failed(task.error(), unit_.session.url()));
}

void UnitSide::write(std::uint64_t offset, Bytes from, Done done) {
  const auto shared = std::make_shared<Done>(std::move(done));
  const auto task =
      unit_.session.submit_write(lba(offset), from, told([shared](Outcome<> end) { (*shared)(std::move(end)); }));
  if (!task) (*shared)(failed(task.error(), unit_.session.url()));
}

void UnitSide::zero(std::uint64_t offset, std::uint64_t length, Done done) {
  if (zero_by_ == ZeroBy::write) return zero_by_write(offset, length, std::move(done));
  zero_by_write_same(offset, length, std::move(done));
}

void UnitSide::zero_by_write_same(std::uint64_t offset, std::uint64_t length, Done done) {
  const ZeroBy tried = zero_by_;
  initiator::Command command;
  command.cdb =
      write_same_16(lba(offset), static_cast<std::uint32_t>(length / block_bytes()), tried == ZeroBy::write_same_unmap);
  command.data_out = Bytes(zeros_).first(block_bytes());
  const auto shared = std::make_shared<Done>(std::move(done));
  const auto ended = [this, tried, offset, length, shared](initiator::Result<initiator::ScsiResult> result) {
    if (!result) return (*shared)(failed(result.error(), unit_.session.url()));
    if (result->good()) return (*shared)({});
    if (!result->sense || result->sense->key != kIllegalRequest) return (*shared)(failed(result->to_string()));
    // The unit does not know it so. Others in flight may have found that out before.
    if (zero_by_ == tried) zero_by_ = tried == ZeroBy::write_same_unmap ? ZeroBy::write_same : ZeroBy::write;
    zero(offset, length, std::move(*shared));
  };
  const auto task = unit_.session.submit(std::move(command), ended);
  if (!task) (*shared)(failed(task.error(), unit_.session.url()));
}

void UnitSide::zero_by_write(std::uint64_t offset, std::uint64_t length, Done done) {
  const Bytes piece = Bytes(zeros_).first(std::min<std::uint64_t>(length, kZeroPieceBytes));
  write(offset, piece, [this, offset, length, count = piece.size(), done = std::move(done)](Outcome<> written) mutable {
    if (!written || count == length) return done(std::move(written));
    zero_by_write(offset + count, length - count, std::move(done));
  });
}

Outcome<> UnitSide::read_now(std::uint64_t offset, MutableBytes into) { return read_bytes(unit_, offset, into); }

Outcome<> UnitSide::write_now(std::uint64_t offset, Bytes from) { return write_bytes(unit_, offset, from); }

Outcome<> UnitSide::finish() {
  if (const Outcome<> flushed = outcome_of(unit_.session.flush()); !flushed) return flushed;
  return outcome_of(unit_.session.logout());
}

}  // namespace lunway::cli
