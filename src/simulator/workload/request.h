// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One thing that a simulated user asks its initiator for, and what it means for the history of the blocks.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "session/initiator_output.h"
#include "session/initiator_request.h"
#include "simulator/checkers/block_history.h"
#include "simulator/random.h"

namespace lunway::simulator {

struct DiskShape {
  std::uint32_t units = 1;
  std::uint64_t blocks = 128;
  std::uint32_t block_size = 512;
  /// A write is durable when it is acknowledged.
  bool writes_through = false;
};

enum class RequestKind : std::uint8_t { read, write, compare_and_write, flush, other_command, ping, function };

/// The memory of a request stays where it is until its task is done.
struct Request {
  RequestKind kind = RequestKind::other_command;
  std::uint32_t unit = 0;
  std::uint64_t first_block = 0;
  std::uint32_t blocks = 0;
  /// Bytes that the CDB moves.
  std::uint32_t cdb_bytes = 0;
  bool forced = false;  // FUA
  std::vector<std::byte> cdb;
  std::vector<std::byte> data_out;
  std::vector<std::byte> data_in;
  /// Of a write, by block.
  std::vector<BlockHistory::Value> values;
  std::vector<BlockHistory::Value> compared;
  session::TaskId task;
  BlockHistory::Tick begin = 0;
  Instant begun{};

  session::ScsiRequest scsi() const;
};

/// A request for blocks, with the numbers of new values taken from `last_value`. `seen` is what the caller believes the
/// blocks of a COMPARE AND WRITE hold.
Request make_read(Random& random, const DiskShape& shape, std::uint32_t most_blocks);
Request make_write(Random& random, const DiskShape& shape, std::uint32_t most_blocks, BlockHistory::Value& last_value);
Request make_compare_and_write(Random& random, const DiskShape& shape, std::uint64_t where, std::uint32_t unit,
                               BlockHistory::Value seen, BlockHistory::Value& last_value);
Request make_flush(const DiskShape& shape, std::uint32_t unit);
Request make_other(Random& random, const DiskShape& shape);

/// Tells the history that it begins.
void begin(BlockHistory& history, Request& request);
/// Tells the history how it ended, and returns what is wrong with the completion itself. `over`: a request that failed
/// takes effect no more.
std::optional<std::string> end(BlockHistory& history, const DiskShape& shape, const Request& request,
                               const session::TaskResult& result, bool over);

}  // namespace lunway::simulator
