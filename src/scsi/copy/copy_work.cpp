// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/copy_work.h"

#include <algorithm>
#include <utility>

#include "scsi/logical_unit.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {

bool makes_tokens(const LogicalUnitOptions& options) { return options.naa != 0; }

std::optional<Step> refuse_copy(Execution& execution, const CopyRecord& record) {
  using Refusal = CopyRecords::Refusal;
  const std::lock_guard lock(execution.unit->mutex);
  CopyRecords& records = execution.unit->copies;
  switch (records.refusal(*execution.nexus, record.list_identifier, record.is_identified)) {
    case Refusal::identifier_in_use:
      return execution.check_condition(SenseKey::illegal_request, SenseCode::operation_in_progress);
    case Refusal::too_many:
      return execution.good_with_status(Status::busy);
    case Refusal::none:
      break;
  }
  execution.copy->record = std::make_shared<CopyRecord>(record);
  records.add(execution.copy->record);
  return std::nullopt;
}

CopyUnit own_unit(const Execution& execution, const std::vector<CopyUnit>& units) {
  const auto own =
      std::ranges::find(units, execution.unit, [](const CopyUnit& candidate) { return &candidate.unit->state(); });
  return own == units.end() ? CopyUnit{} : *own;
}

std::optional<ForwardedAnswer> refusal_of(const CopyUnit& unit, std::uint64_t lba, std::uint64_t blocks,
                                          bool is_write) {
  UnitState& state = unit.unit->state();
  const auto refuse = [&](SenseKey key, SenseCode code) {
    return ForwardedAnswer{.from_destination = is_write, .status = Status::check_condition, .key = key, .code = code};
  };
  if (is_reserved_against(state, *unit.nexus, is_write ? Interest::writes : Interest::reads)) {
    return ForwardedAnswer{.from_destination = is_write, .status = Status::reservation_conflict};
  }
  if (state.sanitize.phase() != SanitizeState::Phase::idle) {
    const Sense sense = state.sanitize.sense();
    return refuse(sense.key, sense.code);
  }
  switch (state.medium.load()) {
    case UnitState::Medium::stopped:
      return refuse(SenseKey::not_ready, SenseCode::logical_unit_not_ready_initializing_command_required);
    case UnitState::Medium::ejected:
      return refuse(SenseKey::not_ready, SenseCode::medium_not_present);
    case UnitState::Medium::ready:
      break;
  }
  if (is_write && state.write_protected) return refuse(SenseKey::data_protect, SenseCode::write_protected);
  if (is_write && state.software_write_protect) {
    return refuse(SenseKey::data_protect, SenseCode::software_write_protected);
  }
  if (is_write && state.lost_writes) return refuse(SenseKey::medium_error, SenseCode::write_error);
  const std::uint64_t capacity = state.capacity_blocks;
  if (lba > capacity || blocks > capacity - lba) {
    return refuse(SenseKey::illegal_request, SenseCode::logical_block_address_out_of_range);
  }
  return std::nullopt;
}

void note_progress(Execution& execution) {
  const CopyWork& copy = *execution.copy;
  const std::lock_guard lock(execution.unit->mutex);
  copy.record->bytes = copy.moved_before + copy.mover.moved() + copy.token_mover.moved();
  copy.record->segments = static_cast<std::uint16_t>(copy.segment);
}

std::optional<Step> end_if_asked(Execution& execution) {
  {
    const std::lock_guard lock(execution.unit->mutex);
    ++execution.copy->record->operations;
    if (!execution.copy->record->is_to_end) return std::nullopt;
  }
  Step end = end_copy(execution,
                      execution.check_condition(SenseKey::copy_aborted, SenseCode::commands_cleared_by_device_server));
  const std::lock_guard lock(execution.unit->mutex);
  execution.copy->record->status = CopyStatus::terminated;
  return end;
}

Step abort_copy(Execution& execution, SenseCode code, const ForwardedAnswer& answer, std::uint64_t residue) {
  return end_copy(execution, execution.check_condition({.key = SenseKey::copy_aborted,
                                                        .code = code,
                                                        .information = residue,
                                                        .segment = static_cast<std::uint16_t>(execution.copy->segment),
                                                        .forwarded = answer}));
}

SenseCode code_of(Outcome::Failure failure) {
  return failure == Outcome::Failure::unit_lost ? SenseCode::copy_target_device_not_reachable
                                                : SenseCode::third_party_device_failure;
}

ForwardedAnswer answer_of(Outcome::Failure failure, bool is_write) {
  const Sense sense = sense_of(failure);
  return {.from_destination = is_write, .status = Status::check_condition, .key = sense.key, .code = sense.code};
}

Step end_copy(Execution& execution, Step end) {
  const auto& finish = std::get<Finish>(end);
  const std::lock_guard lock(execution.unit->mutex);
  CopyRecord& record = *execution.copy->record;
  record.status = finish.status == Status::good ? CopyStatus::done : CopyStatus::failed;
  record.completion = finish.status;
  record.sense.assign(finish.sense.begin(), finish.sense.end());
  return end;
}

void leave_copy(Execution& execution) {
  const std::shared_ptr<CopyWork> copy = std::exchange(execution.copy, nullptr);
  if (copy == nullptr) return;
  if (copy->token_unit != nullptr) {
    const std::lock_guard lock(copy->token_unit->mutex);
    --copy->token->users;
  }
  if (copy->record == nullptr) return;
  const std::lock_guard lock(execution.unit->mutex);
  if (copy->record->status == CopyStatus::in_progress) copy->record->status = CopyStatus::terminated;
}

}  // namespace lunway::scsi
