// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// EXTENDED COPY(LID1) (SPC-4, 6.4): the copy manager moves blocks between logical units that the initiator may use.
// What is wrong with the list is an ILLEGAL REQUEST before anything is copied; what goes wrong with a segment is COPY
// ABORTED, with the number of that segment and the answer of the logical unit (SPC-3, 6.3.3).

#include <algorithm>
#include <array>
#include <utility>

#include "scsi/command_table.h"
#include "scsi/commands/vital_product_data.h"
#include "scsi/copy/copy_limits.h"
#include "scsi/copy/copy_work.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kCopies };

// Of a block to block segment descriptor.
constexpr std::uint16_t kSourceByte = 4;
constexpr std::uint16_t kDestinationByte = 6;
constexpr std::uint16_t kBlocksByte = 10;

Step begin_extended_copy(Execution& execution) {
  const std::uint32_t length = execution.cdb.be32(10);
  if (length == 0) return execution.good();
  if (length < kCopyListHeader || length > kMostCopyListBytes) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  return execution.receive_parameters(length);
}

CopyUnit find_unit(const std::vector<CopyUnit>& units, const Cscd& cscd) {
  if (!cscd.names_unit || cscd.is_null_device) return {};
  for (const CopyUnit& candidate : units) {
    const auto designators = unit_designators(candidate.unit->state().options);
    if (std::ranges::find(designators, cscd.designator) != designators.end()) return candidate;
  }
  return {};
}

/// Finds the logical units of the list among those that the initiator may use; others do not exist for it.
std::optional<Step> refuse_units(Execution& execution) {
  CopyWork& copy = *execution.copy;
  const std::vector<CopyUnit> units = execution.copy_host->copy_units();
  for (std::size_t index = 0; index < copy.list.cscds.size(); ++index) {
    const Cscd& cscd = copy.list.cscds[index];
    const CopyUnit found = find_unit(units, cscd);
    if (found.unit != nullptr && cscd.block_size != found.unit->block_size()) {
      return execution.invalid_parameter(static_cast<std::uint16_t>(cscd_offset(index) + 29));
    }
    copy.units.push_back(found);
  }
  copy.units.push_back(own_unit(execution, units));
  return std::nullopt;
}

/// The segment cannot be worked on because of a field of it.
Step abort_for_field(Execution& execution, SenseCode code, std::uint16_t byte) {
  return end_copy(execution, execution.check_condition(
                                 {.key = SenseKey::copy_aborted,
                                  .code = code,
                                  .field = FieldPointer{.in_cdb = false, .byte = byte, .bit = {}, .in_segment = true},
                                  .segment = static_cast<std::uint16_t>(execution.copy->segment)}));
}

std::optional<Step> abort_if_unreachable(Execution& execution, std::uint16_t id, std::uint16_t byte) {
  const CopyWork& copy = *execution.copy;
  const bool is_own = id == kOwnUnit;
  if (!is_own && id >= copy.list.cscds.size()) {
    return abort_for_field(execution, SenseCode::copy_target_device_not_reachable, byte);
  }
  if ((is_own ? copy.units.back() : copy.units[id]).unit == nullptr) {
    return abort_for_field(execution, SenseCode::copy_target_device_not_reachable, byte);
  }
  if (!is_own && copy.list.cscds[id].peripheral_type != kDirectAccess) {
    return abort_for_field(execution, SenseCode::incorrect_copy_target_device_type, byte);
  }
  return std::nullopt;
}

const CopyUnit& unit_of(const CopyWork& copy, std::uint16_t id) {
  return id == kOwnUnit ? copy.units.back() : copy.units[id];
}

/// Readies the mover for the segment, or says why it cannot be copied.
std::optional<Step> abort_segment(Execution& execution) {
  CopyWork& copy = *execution.copy;
  const CopySegment& segment = copy.list.segments[copy.segment];
  if (auto aborted = abort_if_unreachable(execution, segment.source, kSourceByte)) return aborted;
  if (auto aborted = abort_if_unreachable(execution, segment.destination, kDestinationByte)) return aborted;
  const CopyUnit& source = unit_of(copy, segment.source);
  const CopyUnit& destination = unit_of(copy, segment.destination);
  const std::uint64_t source_block = source.unit->block_size();
  const std::uint64_t destination_block = destination.unit->block_size();
  const std::uint64_t length = segment.blocks * (segment.counts_destination ? destination_block : source_block);
  if (length % source_block != 0 || length % destination_block != 0) {
    return abort_for_field(execution, SenseCode::unexpected_inexact_segment, kBlocksByte);
  }
  auto answer = refusal_of(source, segment.source_lba, length / source_block, false);
  if (!answer) answer = refusal_of(destination, segment.destination_lba, length / destination_block, true);
  if (answer) return abort_copy(execution, SenseCode::no_additional_sense_information, *answer, segment.blocks);
  copy.mover.begin({.source = source.unit,
                    .destination = destination.unit,
                    .source_offset = segment.source_lba * source_block,
                    .destination_offset = segment.destination_lba * destination_block,
                    .length = length});
  return std::nullopt;
}

/// The next step of the segment under way, or of the next one that has any.
Step copy_on(Execution& execution) {
  CopyWork& copy = *execution.copy;
  while (true) {
    if (auto step = copy.mover.next(execution.memory)) return *step;
    copy.moved_before += copy.mover.moved();
    ++copy.segment;
    copy.mover = {};
    note_progress(execution);
    if (copy.segment == copy.list.segments.size()) return end_copy(execution, execution.good());
    if (auto aborted = abort_segment(execution)) return *aborted;
  }
}

Step start(Execution& execution, const Outcome& outcome) {
  execution.memory.resize(std::min<std::size_t>(execution.memory.size(), outcome.received));
  // The rest of what the CDB promised did not come.
  if (execution.memory.size() < execution.cdb.be32(10)) {
    return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
  }
  auto list = parse_copy_list(execution.memory);
  if (!list) return execution.check_condition(list.error());
  execution.stage = kCopies;
  execution.copy = std::make_shared<CopyWork>();
  execution.copy->list = *std::move(list);
  if (auto refused = refuse_units(execution)) return *refused;
  if (auto refused = refuse_copy(execution, {.nexus = execution.nexus,
                                             .list_identifier = execution.copy->list.list_identifier,
                                             .is_identified = execution.copy->list.is_identified})) {
    return *refused;
  }
  if (execution.copy->list.segments.empty()) return end_copy(execution, execution.good());
  if (auto aborted = abort_segment(execution)) return *aborted;
  return copy_on(execution);
}

Step resume_extended_copy(Execution& execution, const Outcome& outcome) {
  if (execution.stage == kReceives) return start(execution, outcome);
  note_progress(execution);
  if (auto ended = end_if_asked(execution)) return *ended;
  return copy_on(execution);
}

Step fail_extended_copy(Execution& execution, Outcome::Failure failure) {
  if (execution.stage == kReceives) return execution.failed(failure);
  const CopyWork& copy = *execution.copy;
  const CopySegment& segment = copy.list.segments[copy.segment];
  const std::uint16_t counted = segment.counts_destination ? segment.destination : segment.source;
  const std::uint64_t residue = copy.mover.left() / unit_of(copy, counted).unit->block_size();
  note_progress(execution);
  return abort_copy(execution, code_of(failure), answer_of(failure, copy.mover.is_at_destination()), residue);
}

constexpr std::array kCommands = {
    CommandDescription{.name = "EXTENDED COPY(LID1)",
                       .opcode = 0x83,
                       .service_action = 0x00,
                       .cdb_length = 16,
                       .usage = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::writes,
                       .begin = begin_extended_copy,
                       .resume = resume_extended_copy,
                       .failed = fail_extended_copy,
                       .ended = leave_copy},
};

}  // namespace

std::span<const CommandDescription> extended_copy_commands() { return kCommands; }

}  // namespace lunway::scsi
