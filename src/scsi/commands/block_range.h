// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The LBA and the number of blocks of a CDB, in the four places where SBC-3 puts them.

#pragma once

#include <cstdint>
#include <optional>

#include "scsi/cdb.h"
#include "scsi/execution.h"
#include "scsi/step.h"

namespace lunway::scsi {

struct BlockRange {
  std::uint64_t lba = 0;
  std::uint64_t blocks = 0;
  /// Where the CDB has them: for the field pointers.
  std::uint16_t lba_byte = 2;
  std::uint16_t blocks_byte = 0;
};

/// By the group of the operation code: CDBs of 6, 10, 12 and 16 bytes. A READ(6) or WRITE(6) of 0 blocks has 256.
BlockRange block_range(const Cdb& cdb);

/// Makes the range the one that the command is about (Execution::offset and length), or says why it cannot be: LOGICAL
/// BLOCK ADDRESS OUT OF RANGE, or more blocks than `most`. An LBA behind the last block is out of range even with
/// nothing to do there.
std::optional<Step> refuse_range(Execution& execution, const BlockRange& range, std::uint64_t most);

/// The same for commands where 0 blocks mean: up to the last one. They move no data, and so have no most.
std::optional<Step> refuse_range_to_end(Execution& execution, BlockRange range);

Step lba_out_of_range(Execution& execution, std::uint16_t lba_byte);

}  // namespace lunway::scsi
