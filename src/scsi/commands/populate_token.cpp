// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// POPULATE TOKEN (SBC-4, 5.12): makes a token that stands for blocks as they are now. Nothing is copied: the token is
// remembered with its ranges, and ends when somebody is about to change them. It is made while the command has the
// blocks alone, so no write that began before is still on its way.
//
// IMMED is not supported, which means that it counts as zero (SPC-4, 5.16.4.3): the command is short.

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "scsi/command_table.h"
#include "scsi/copy/copy_limits.h"
#include "scsi/copy/copy_work.h"
#include "scsi/copy/token_lists.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kSettles };

constexpr std::size_t kLeastList = 16;

Step begin_populate_token(Execution& execution) {
  const std::uint32_t length = execution.cdb.be32(10);
  if (length == 0) return execution.good();
  if (length < kLeastList || length > kMostCopyListBytes) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  return execution.receive_parameters(length);
}

/// The command's blocks: from the first to the last one of all ranges.
void span_ranges(Execution& execution, const std::vector<ByteRange>& ranges) {
  const auto end_of = [](const ByteRange& range) { return range.offset + range.length; };
  execution.offset = std::ranges::min(ranges, {}, &ByteRange::offset).offset;
  execution.length = end_of(std::ranges::max(ranges, {}, end_of)) - execution.offset;
}

Step make_token(Execution& execution) {
  RodToken& token = *execution.copy->token;
  execution.copy_host->fill_random(token.bytes);
  write_rod_token(
      token.bytes,
      {.unit = execution.unit->options, .target_device = execution.identity->target_device, .bytes = token.size});
  bool is_made = false;
  {
    const std::lock_guard lock(execution.unit->mutex);
    // Meanwhile the medium may have shrunk.
    is_made = execution.offset + execution.length <= execution.unit->capacity_bytes() &&
              execution.unit->tokens.add(execution.copy->token, execution.now);
    if (is_made) {
      CopyRecord& record = *execution.copy->record;
      record.bytes = token.size;
      record.token.assign(token.bytes.begin(), token.bytes.end());
    }
  }
  return end_copy(execution, is_made ? execution.good()
                                     : execution.check_condition(SenseKey::illegal_request,
                                                                 SenseCode::insufficient_resources_to_create_rod));
}

Step start(Execution& execution, const Outcome& outcome) {
  execution.memory.resize(std::min<std::size_t>(execution.memory.size(), outcome.received));
  // The rest of what the CDB promised did not come.
  if (execution.memory.size() < execution.cdb.be32(10)) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  auto list = parse_populate_token_list(execution.memory, {.block_size = execution.unit->options.block_size,
                                                           .capacity_blocks = execution.unit->capacity_blocks});
  if (!list) return execution.check_condition(list.error());
  execution.stage = kSettles;
  execution.copy = std::make_shared<CopyWork>();
  const CopyRecord record{
      .nexus = execution.nexus, .list_identifier = execution.cdb.be32(6), .service_action = kPopulateToken};
  if (auto refused = refuse_copy(execution, record)) return *refused;
  execution.copy->token =
      std::make_shared<RodToken>(RodToken{.ranges = std::move(list->ranges),
                                          .size = 0,
                                          .maker = execution.nexus->shared_identity(),
                                          .dies = execution.now + std::chrono::seconds(kTokenLifetimeSeconds),
                                          .used = execution.now,
                                          .timeout = std::chrono::seconds(list->timeout_s)});
  RodToken& token = *execution.copy->token;
  token.size = length_of(token.ranges);
  if (token.size == 0) return make_token(execution);
  // To read one block is to hold all of them, and to find out whether the medium answers.
  span_ranges(execution, token.ranges);
  execution.memory.resize(execution.unit->options.block_size);
  return Access{.verb = Access::Verb::read,
                .offset = execution.offset,
                .length = execution.memory.size(),
                .memory = execution.memory};
}

Step resume_populate_token(Execution& execution, const Outcome& outcome) {
  return execution.stage == kReceives ? start(execution, outcome) : make_token(execution);
}

Step fail_populate_token(Execution& execution, Outcome::Failure failure) {
  if (execution.stage == kReceives) return execution.failed(failure);
  return end_copy(execution, execution.failed(failure));
}

constexpr std::array kCommands = {
    CommandDescription{.name = "POPULATE TOKEN",
                       .opcode = 0x83,
                       .service_action = kPopulateToken,
                       .cdb_length = 16,
                       .usage = {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f},
                       .interest = Interest::reads,
                       .begin = begin_populate_token,
                       .resume = resume_populate_token,
                       .failed = fail_populate_token,
                       .ended = leave_copy,
                       .needs_medium = true,
                       .alone = true,
                       .is_offered = makes_tokens},
};

}  // namespace

std::span<const CommandDescription> populate_token_commands() { return kCommands; }

}  // namespace lunway::scsi
