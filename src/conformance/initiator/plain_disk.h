// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A small good disk in memory, so that initiators find what they look for: just enough SCSI for the usual tools. It
// shares nothing with the device server that Lunway's target has.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "conformance/peer/cdb.h"

namespace lunway::conformance {

/// What a command came to.
struct ScsiAnswer {
  std::uint8_t status = 0;         // GOOD
  std::vector<std::byte> data{};   // to the initiator
  std::vector<std::byte> sense{};  // fixed format
};

namespace sense {
inline constexpr std::uint32_t kInvalidOperation = 0x052000;
inline constexpr std::uint32_t kLbaOutOfRange = 0x052100;
inline constexpr std::uint32_t kInvalidField = 0x052400;
inline constexpr std::uint32_t kNoSuchUnit = 0x052500;

/// Sense data in the fixed format from 0x0kccqq: key, ASC, ASCQ.
std::vector<std::byte> fixed(std::uint32_t code);
}  // namespace sense

/// CHECK CONDITION with such sense data.
ScsiAnswer check_condition(std::uint32_t code);

/// Not thread-safe.
class PlainDisk {
 public:
  static constexpr std::uint32_t kBlockSize = 512;
  static constexpr std::uint64_t kBlocks = 16384;  // 8 MiB

  /// `serial` tells this disk from others in the pages of vital product data.
  explicit PlainDisk(std::string serial);

  /// Runs a command whose data, if it writes, is all there.
  ScsiAnswer execute(const Cdb& cdb, Bytes written);
  /// The answer to the same command sent to a unit that does not exist.
  static ScsiAnswer execute_elsewhere(const Cdb& cdb);

  MutableBytes memory() { return memory_; }

 private:
  ScsiAnswer inquiry(const Cdb& cdb) const;
  ScsiAnswer page(std::uint8_t page) const;
  ScsiAnswer read(std::uint64_t lba, std::uint64_t blocks) const;
  ScsiAnswer write(std::uint64_t lba, std::uint64_t blocks, Bytes written);
  ScsiAnswer write_same(std::uint64_t lba, std::uint64_t blocks, Bytes written);
  ScsiAnswer unmap(Bytes list);

  std::string serial_;
  std::vector<std::byte> memory_;
};

/// READ and WRITE of all lengths.
bool is_read(const Cdb& cdb);
bool is_write(const Cdb& cdb);

}  // namespace lunway::conformance
