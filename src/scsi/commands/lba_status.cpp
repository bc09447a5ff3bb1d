// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// GET LBA STATUS (SBC-3, 5.4): which blocks have space. A block counts as deallocated when no byte of it has.

#include <algorithm>
#include <array>
#include <limits>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::size_t kListHeader = 8;
constexpr std::size_t kDescriptor = 16;
/// Bounds the work of one command: the descriptors of one answer, and the bytes of the medium that they are about. An
/// answer may say less than what was asked for.
constexpr std::uint64_t kMostDescriptors = 256;
constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 30;

enum class Status : std::uint8_t { mapped = 0, deallocated = 1 };

std::uint64_t descriptors_wanted(const Cdb& cdb) {
  const std::uint64_t allocation_length = cdb.be32(10);
  const std::uint64_t room = allocation_length < kListHeader ? 0 : (allocation_length - kListHeader) / kDescriptor;
  return std::clamp<std::uint64_t>(room, 1, kMostDescriptors);
}

Step begin_get_lba_status(Execution& execution) {
  const UnitState& unit = *execution.unit;
  const std::uint64_t capacity = unit.capacity_blocks;
  const std::uint64_t lba = execution.cdb.be64(2);
  if (lba >= capacity) return lba_out_of_range(execution, 2);
  execution.offset = lba * unit.options.block_size;
  execution.length = std::min((capacity - lba) * unit.options.block_size, kMostBytes);
  // A hole that ends inside a block takes an extent, and may take none of the descriptors.
  execution.extents.assign(2 * descriptors_wanted(execution.cdb), Extent{});
  return MapBlocks{.offset = execution.offset, .length = execution.length, .extents = execution.extents};
}

/// The answer, as it grows.
class Descriptors {
 public:
  explicit Descriptors(Execution& execution)
      : execution_(execution),
        most_(descriptors_wanted(execution.cdb)),
        next_(execution.offset / execution.unit->options.block_size) {
    execution.zeroed_memory(kListHeader);
  }

  /// The blocks from where the last descriptor ended, which takes them over when it is of the same kind. False when
  /// there is no room for all of them.
  bool append_until(std::uint64_t end, Status status) {
    while (next_ < end) {
      constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
      const bool extends = count_ != 0 && status == last_ && load_be32(last_descriptor() + 8) != kMost;
      if (!extends && !open(status)) return false;
      const std::uint32_t before = load_be32(last_descriptor() + 8);
      const auto taken = static_cast<std::uint32_t>(std::min<std::uint64_t>(end - next_, kMost - before));
      store_be32(last_descriptor() + 8, before + taken);
      next_ += taken;
    }
    return true;
  }

 private:
  std::byte* last_descriptor() { return execution_.memory.data() + execution_.memory.size() - kDescriptor; }

  bool open(Status status) {
    if (count_ == most_) return false;
    ++count_;
    last_ = status;
    execution_.memory.resize(execution_.memory.size() + kDescriptor);
    store_be64(last_descriptor(), next_);
    store_u8(last_descriptor() + 12, static_cast<std::uint8_t>(status));
    return true;
  }

  Execution& execution_;
  const std::uint64_t most_;
  std::uint64_t next_;
  std::uint64_t count_ = 0;
  Status last_ = Status::mapped;
};

Step resume_get_lba_status(Execution& execution, const Outcome&) {
  const std::uint64_t block = execution.unit->options.block_size;
  Descriptors descriptors(execution);
  std::uint64_t told = execution.offset;
  bool has_room = true;
  for (const Extent& extent : execution.extents) {
    if (extent.length == 0) break;
    told = extent.offset + extent.length;
    if (extent.has_space) continue;
    const std::uint64_t first = (extent.offset + block - 1) / block;
    const std::uint64_t end = told / block;
    if (first >= end) continue;
    has_room = descriptors.append_until(first, Status::mapped) && descriptors.append_until(end, Status::deallocated);
    if (!has_room) break;
  }
  // The last word is about whole blocks, and about one at least.
  const std::uint64_t end = std::max(told / block, execution.offset / block + 1);
  if (has_room) descriptors.append_until(end, Status::mapped);
  store_be32(execution.memory.data(), static_cast<std::uint32_t>(execution.memory.size() - 4));
  return execution.good_with_data(execution.memory.size(), execution.cdb.be32(10));
}

bool can_discard(const LogicalUnitOptions& options) { return options.can_discard; }

constexpr std::array kCommands = {
    CommandDescription{.name = "GET LBA STATUS",
                       .opcode = 0x9e,
                       .service_action = 0x12,
                       .cdb_length = 16,
                       .usage = {0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_get_lba_status,
                       .resume = resume_get_lba_status,
                       .needs_medium = true,
                       .is_offered = can_discard},
};

}  // namespace

std::span<const CommandDescription> lba_status_commands() { return kCommands; }

}  // namespace lunway::scsi
