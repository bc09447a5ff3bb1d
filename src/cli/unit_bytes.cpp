// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/unit_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace lunway::cli {
namespace {

Outcome<> outcome_of(const initiator::Result<>& result, const Unit& unit) {
  if (!result) return failed(result.error(), unit.session.url());
  return {};
}

/// Calls `whole(lba, first, count)` for the whole blocks of a range and `part(lba, skip, first, count)` for a block at
/// either end that is covered in part. `first` and `count` are bytes of the caller's buffer.
template <class Whole, class Part>
Outcome<> split(std::uint64_t offset, std::uint64_t length, std::uint64_t block, Whole whole, Part part) {
  std::uint64_t done = 0;
  while (done < length) {
    const std::uint64_t at = offset + done;
    const std::uint64_t skip = at % block;
    const std::uint64_t left = length - done;
    const bool aligned = skip == 0 && left >= block;
    const std::uint64_t count = aligned ? left - left % block : std::min(block - skip, left);
    const Outcome<> outcome = aligned ? whole(at / block, done, count) : part(at / block, skip, done, count);
    if (!outcome) return outcome;
    done += count;
  }
  return {};
}

}  // namespace

Outcome<> check_range(const Unit& unit, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t size = unit.capacity.bytes();
  if (offset <= size && length <= size - offset) return {};
  return failed(fmt::format("{} bytes from offset {} do not fit: LUN {} ends at {}", length, offset,
                            unit.session.url().lun, size));
}

Outcome<> read_bytes(Unit& unit, std::uint64_t offset, MutableBytes into) {
  if (const Outcome<> fits = check_range(unit, offset, into.size()); !fits) return fits;
  const std::uint64_t block = unit.capacity.block_size;
  return split(
      offset, into.size(), block,
      [&](std::uint64_t lba, std::uint64_t first, std::uint64_t count) {
        return outcome_of(unit.session.read(lba, into.subspan(first, count)), unit);
      },
      [&](std::uint64_t lba, std::uint64_t skip, std::uint64_t first, std::uint64_t count) {
        std::vector<std::byte> whole(block);
        const Outcome<> outcome = outcome_of(unit.session.read(lba, whole), unit);
        if (outcome) copy_bytes(into.subspan(first, count), Bytes(whole).subspan(skip));
        return outcome;
      });
}

Outcome<> write_bytes(Unit& unit, std::uint64_t offset, Bytes from) {
  if (const Outcome<> fits = check_range(unit, offset, from.size()); !fits) return fits;
  const std::uint64_t block = unit.capacity.block_size;
  return split(
      offset, from.size(), block,
      [&](std::uint64_t lba, std::uint64_t first, std::uint64_t count) {
        return outcome_of(unit.session.write(lba, from.subspan(first, count)), unit);
      },
      [&](std::uint64_t lba, std::uint64_t skip, std::uint64_t first, std::uint64_t count) {
        std::vector<std::byte> whole(block);
        Outcome<> outcome = outcome_of(unit.session.read(lba, whole), unit);
        if (!outcome) return outcome;
        copy_bytes(MutableBytes(whole).subspan(skip), from.subspan(first, count));
        return outcome_of(unit.session.write(lba, whole), unit);
      });
}

}  // namespace lunway::cli
