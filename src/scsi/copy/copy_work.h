// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A copy under way, and what its commands share: who may be copied from and to, how a copy ends.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "scsi/copy/block_mover.h"
#include "scsi/copy/copy_list.h"
#include "scsi/copy/copy_records.h"
#include "scsi/copy_host.h"
#include "scsi/execution.h"

namespace lunway::scsi {

struct CopyWork {
  std::shared_ptr<CopyRecord> record;
  /// The logical units that it uses, by CSCD descriptor: null where there is none. The last one is that of the command.
  std::vector<CopyUnit> units;
  CopyList list;
  BlockMover mover;
  /// The segment under way, and what those before it have moved.
  std::size_t segment = 0;
  std::uint64_t moved_before = 0;
};

/// Begins to keep record of a copy, or says why there cannot be one more.
std::optional<Step> refuse_copy(Execution& execution, const CopyRecord& record);

/// How a logical unit would answer a read or write of these blocks, when not with GOOD.
std::optional<ForwardedAnswer> refusal_of(const CopyUnit& unit, std::uint64_t lba, std::uint64_t blocks, bool is_write);

/// Tells how far it has come.
void note_progress(Execution& execution);

/// The copy fails at what it is at, because of what a logical unit answered; `residue` blocks are missing.
Step abort_copy(Execution& execution, SenseCode code, const ForwardedAnswer& answer, std::uint64_t residue);

/// A step failed: what abort_copy() should tell.
SenseCode code_of(Outcome::Failure failure);
ForwardedAnswer answer_of(Outcome::Failure failure, bool is_write);

/// The copy has ended; `end` is kept as what became of it, and is what the command ends with.
Step end_copy(Execution& execution, Step end);

/// The task ends. A copy that has not ended is terminated.
void leave_copy(Execution& execution);

}  // namespace lunway::scsi
