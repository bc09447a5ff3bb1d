// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// WRITE USING TOKEN (SBC-4, 5.59): writes what a token stands for. The token may have been made by any logical unit
// that the initiator may use. What is wrong with the list or the token is an ILLEGAL REQUEST before anything is
// written; what goes wrong on the way is COPY ABORTED. A token that ends on the way ends the copy: nothing is written
// that was read after the data has changed.
//
// IMMED is not supported, which means that it counts as zero (SPC-4, 5.16.4.3).

#include <algorithm>
#include <array>
#include <utility>

#include "scsi/command_table.h"
#include "scsi/copy/copy_limits.h"
#include "scsi/copy/copy_work.h"
#include "scsi/copy/token_lists.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kCopies };

Step begin_write_using_token(Execution& execution) {
  const std::uint32_t length = execution.cdb.be32(10);
  if (length == 0) return execution.good();
  if (length > kMostCopyListBytes) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  return execution.receive_parameters(length);
}

std::uint64_t blocks_left(const Execution& execution) {
  const CopyWork& copy = *execution.copy;
  return (copy.wanted - copy.token_mover.moved()) / execution.unit->options.block_size;
}

SenseCode code_of(RodToken::State state) {
  switch (state) {
    case RodToken::State::expired:
      return SenseCode::invalid_token_operation_token_expired;
    case RodToken::State::deleted:
      return SenseCode::invalid_token_operation_token_deleted;
    default:
      return SenseCode::invalid_token_operation_token_cancelled;
  }
}

/// Becomes a user of the token, one of the source's, and tells what it stands for; or says why it is not valid.
std::optional<SenseCode> take_token(Execution& execution, const WriteUsingTokenList& list, TokenMove& move) {
  UnitState& unit = move.source->state();
  const std::lock_guard lock(unit.mutex);
  const auto found = unit.tokens.find(list.token, execution.now);
  if (found.token == nullptr) {
    return found.resembles ? SenseCode::invalid_token_operation_token_corrupt
                           : SenseCode::invalid_token_operation_token_unknown;
  }
  if (found.token->state != RodToken::State::valid) return code_of(found.token->state);
  ++found.token->users;
  found.token->used = execution.now;
  move.from = found.token->ranges;
  execution.copy->token = found.token;
  execution.copy->token_unit = &unit;
  return std::nullopt;
}

/// Finds the token among those of the logical units that the initiator may use. A zero token is everybody's.
std::optional<Step> refuse_token(Execution& execution, const WriteUsingTokenList& list,
                                 const std::vector<CopyUnit>& units, TokenMove& move) {
  const auto refuse = [&](SenseCode code) { return execution.check_condition(SenseKey::illegal_request, code); };
  RodTokenOrigin origin;
  if (const auto wrong = parse_rod_token(list.token, origin)) return refuse(*wrong);
  if (origin.type == RodType::zero) return std::nullopt;
  const auto source = std::ranges::find(units, origin.naa,
                                        [](const CopyUnit& candidate) { return candidate.unit->state().options.naa; });
  if (source == units.end()) return refuse(SenseCode::invalid_token_operation_remote_token_usage_not_supported);
  move.source = source->unit;
  if (const auto wrong = take_token(execution, list, move)) return refuse(*wrong);
  if (list.offset >= execution.copy->token->size) return execution.invalid_parameter(kOffsetIntoRodByte);
  execution.copy->units.insert(execution.copy->units.begin(), *source);
  return std::nullopt;
}

/// Reservations and the state of the source, as if the initiator had sent a READ of each range.
std::optional<Step> abort_if_unreadable(Execution& execution, const TokenMove& move) {
  if (move.source == nullptr) return std::nullopt;
  const std::uint64_t block = move.source->block_size();
  for (const ByteRange& range : move.from) {
    const auto answer = refusal_of(execution.copy->units.front(), range.offset / block, range.length / block, false);
    if (answer)
      return abort_copy(execution, SenseCode::no_additional_sense_information, *answer, blocks_left(execution));
  }
  return std::nullopt;
}

/// As many whole blocks as the token has anything for.
std::uint64_t length_to_write(const Execution& execution, const TokenMove& move) {
  const std::uint64_t wanted = length_of(move.to);
  if (move.source == nullptr) return wanted;
  const std::uint64_t block = execution.unit->options.block_size;
  const std::uint64_t there = execution.copy->token->size - move.offset;
  return std::min(wanted, (there + block - 1) / block * block);
}

Step end_well(Execution& execution) {
  const CopyWork& copy = *execution.copy;
  note_progress(execution);
  if (copy.token != nullptr && copy.deletes_token) {
    const std::lock_guard lock(copy.token_unit->mutex);
    copy.token_unit->tokens.end(*copy.token, RodToken::State::deleted);
  }
  Step end = end_copy(execution, execution.good());
  const std::lock_guard lock(execution.unit->mutex);
  if (copy.token_mover.moved() != copy.wanted) copy.record->status = CopyStatus::partial;
  return end;
}

Step start(Execution& execution, const Outcome& outcome) {
  execution.memory.resize(std::min<std::size_t>(execution.memory.size(), outcome.received));
  // The rest of what the CDB promised did not come.
  if (execution.memory.size() < execution.cdb.be32(10)) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  auto list = parse_write_using_token_list(execution.memory, {.block_size = execution.unit->options.block_size,
                                                              .capacity_blocks = execution.unit->capacity_blocks});
  if (!list) return execution.check_condition(list.error());
  const std::vector<CopyUnit> units = execution.copy_host->copy_units();
  const CopyUnit own = own_unit(execution, units);
  if (own.unit == nullptr) {
    return execution.check_condition(SenseKey::copy_aborted, SenseCode::copy_target_device_not_reachable);
  }
  // The list has been held against the capacity: this is about the state of the medium.
  if (const auto answer = refusal_of(own, 0, 0, true)) {
    // Somebody may have reserved the unit while the list was on its way.
    if (answer->status != Status::check_condition) return execution.good_with_status(answer->status);
    return execution.check_condition(answer->key, answer->code);
  }

  execution.stage = kCopies;
  execution.copy = std::make_shared<CopyWork>();
  CopyWork& copy = *execution.copy;
  copy.units = {own};
  copy.deletes_token = list->deletes_token;
  copy.wanted = length_of(list->ranges);
  TokenMove move{.offset = list->offset, .destination = own.unit, .to = list->ranges};
  if (auto refused = refuse_token(execution, *list, units, move)) return *refused;
  const CopyRecord record{
      .nexus = execution.nexus, .list_identifier = execution.cdb.be32(6), .service_action = kWriteUsingToken};
  if (auto refused = refuse_copy(execution, record)) return *refused;
  if (auto aborted = abort_if_unreadable(execution, move)) return *aborted;
  move.length = length_to_write(execution, move);
  copy.token_mover.begin(std::move(move));
  const auto step = copy.token_mover.next(execution.memory);
  return step ? *step : end_well(execution);
}

/// What was read is what the token stands for when the token is valid afterwards: whoever changes the data ends it
/// first.
std::optional<Step> abort_if_changed(Execution& execution) {
  const CopyWork& copy = *execution.copy;
  if (!copy.token_mover.is_at_source()) return std::nullopt;
  auto state = RodToken::State::valid;
  {
    const std::lock_guard lock(copy.token_unit->mutex);
    state = copy.token->state;
  }
  if (state == RodToken::State::valid) return std::nullopt;
  note_progress(execution);
  return end_copy(execution,
                  execution.check_condition(
                      {.key = SenseKey::copy_aborted, .code = code_of(state), .information = blocks_left(execution)}));
}

Step resume_write_using_token(Execution& execution, const Outcome& outcome) {
  if (execution.stage == kReceives) return start(execution, outcome);
  if (auto aborted = abort_if_changed(execution)) return *aborted;
  const auto step = execution.copy->token_mover.next(execution.memory);
  if (!step) return end_well(execution);
  note_progress(execution);
  if (auto ended = end_if_asked(execution)) return *ended;
  return *step;
}

Step fail_write_using_token(Execution& execution, Outcome::Failure failure) {
  if (execution.stage == kReceives) return execution.failed(failure);
  const bool is_write = !execution.copy->token_mover.is_at_source();
  note_progress(execution);
  return abort_copy(execution, scsi::code_of(failure), answer_of(failure, is_write), blocks_left(execution));
}

// What the medium must be is asked in start(): an ORDERED copy is ordered by nobody.
constexpr std::array kCommands = {
    CommandDescription{.name = "WRITE USING TOKEN",
                       .opcode = 0x83,
                       .service_action = kWriteUsingToken,
                       .cdb_length = 16,
                       .usage = {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f},
                       .interest = Interest::writes,
                       .begin = begin_write_using_token,
                       .resume = resume_write_using_token,
                       .failed = fail_write_using_token,
                       .ended = leave_copy,
                       .changes_medium = true,
                       .is_offered = makes_tokens},
};

}  // namespace

std::span<const CommandDescription> write_using_token_commands() { return kCommands; }

}  // namespace lunway::scsi
