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
#include "scsi/copy/rod_tokens.h"
#include "scsi/copy/token_mover.h"
#include "scsi/copy_host.h"
#include "scsi/execution.h"

namespace lunway::scsi {

struct LogicalUnitOptions;

// Service actions of the operation code 83h.
inline constexpr std::uint8_t kPopulateToken = 0x10;
inline constexpr std::uint8_t kWriteUsingToken = 0x11;

/// Tokens name the logical unit that has made them.
bool makes_tokens(const LogicalUnitOptions& options);

struct CopyWork {
  std::shared_ptr<CopyRecord> record;
  /// The logical units that it uses: null where there is none. The last one is that of the command. Of EXTENDED COPY
  /// by CSCD descriptor; with a token, the other one is the source.
  std::vector<CopyUnit> units;
  CopyList list;
  BlockMover mover;
  TokenMover token_mover;
  /// The segment under way, and what those before it have moved.
  std::size_t segment = 0;
  std::uint64_t moved_before = 0;

  /// What POPULATE TOKEN makes, or WRITE USING TOKEN writes with. It has a user for as long as `token_unit` is not
  /// null.
  std::shared_ptr<RodToken> token;
  UnitState* token_unit = nullptr;
  /// Of WRITE USING TOKEN: DEL_TKN, and how many bytes it is to write.
  bool deletes_token = false;
  std::uint64_t wanted = 0;
};

/// Begins to keep record of a copy, or says why there cannot be one more.
std::optional<Step> refuse_copy(Execution& execution, const CopyRecord& record);

/// The logical unit of the command among those of the initiator.
CopyUnit own_unit(const Execution& execution, const std::vector<CopyUnit>& units);

/// How a logical unit would answer a read or write of these blocks, when not with GOOD.
std::optional<ForwardedAnswer> refusal_of(const CopyUnit& unit, std::uint64_t lba, std::uint64_t blocks, bool is_write);

/// Tells how far it has come.
void note_progress(Execution& execution);

/// After an access that has succeeded: the end of the copy when COPY OPERATION ABORT has come for it.
std::optional<Step> end_if_asked(Execution& execution);

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
