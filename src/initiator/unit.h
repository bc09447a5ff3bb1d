// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator knows of a logical unit: size, and how much one command may move. Asked once, and again when a unit
// attention says that it changed.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "initiator/commander.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

struct UnitFacts {
  Capacity capacity;
  /// Blocks; the smaller of MAXIMUM TRANSFER LENGTH and what iSCSI can say. 0 in the page means no limit.
  std::uint32_t max_transfer_blocks = 0xffffffff;
  std::uint32_t max_unmap_blocks = 0xffffffff;
  std::uint32_t max_unmap_extents = 256;
  /// MAXIMUM COMPARE AND WRITE LENGTH; the CDB has no room for more.
  std::uint8_t max_compare_blocks = 255;
};

class Unit {
 public:
  explicit Unit(Commander& commander);

  using Known = std::move_only_function<void(const Result<UnitFacts>&)>;

  /// Tells the facts, at once when they are known, else when they have been asked for.
  void ask(Known known);

 private:
  void read_capacity_16();
  void read_capacity_10();
  void block_limits();
  void tell(Result<UnitFacts> facts);

  Commander& commander_;
  std::optional<UnitFacts> facts_;
  UnitFacts draft_;
  /// News of the unit came while it was being asked: what it said may be older.
  bool draft_is_outdated_ = false;
  std::vector<Known> curious_;
  std::vector<std::byte> buffer_;
};

// The answers themselves; nothing when too short to be one.
std::optional<Capacity> parse_capacity_16(Bytes data);
std::optional<Capacity> parse_capacity_10(Bytes data);
std::optional<Inquiry> parse_inquiry(Bytes data);
/// Page B0h into `facts`. Short pages leave the rest alone.
void parse_block_limits(Bytes page, UnitFacts& facts);
std::vector<std::uint16_t> parse_luns(Bytes data);

}  // namespace lunway::initiator
