// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// RECEIVE COPY RESULTS: COPY STATUS, RECEIVE DATA, OPERATING PARAMETERS and FAILED SEGMENT DETAILS (SPC-3, 6.18, which
// SPC-4 calls RECEIVE COPY STATUS(LID1), DATA(LID1), OPERATING PARAMETERS and FAILURE DETAILS(LID1)).

#include <array>
#include <bit>
#include <limits>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/copy/copy_limits.h"
#include "scsi/copy/copy_records.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

// COPY COMMAND STATUS of the LID1 commands.
constexpr std::uint8_t kInProgress = 0x00;
constexpr std::uint8_t kDone = 0x01;
constexpr std::uint8_t kDoneWithErrors = 0x02;

std::uint8_t command_status(CopyStatus status) {
  if (status == CopyStatus::in_progress) return kInProgress;
  return status == CopyStatus::done || status == CopyStatus::partial ? kDone : kDoneWithErrors;
}

Step answer(Execution& execution) {
  store_be32(execution.memory.data(), static_cast<std::uint32_t>(execution.memory.size() - 4));
  return execution.good_with_data(execution.memory.size(), execution.cdb.be32(10));
}

/// The record that the CDB names; with the mutex held.
std::shared_ptr<CopyRecord> find_record(const Execution& execution) {
  return execution.unit->copies.find(*execution.nexus, execution.cdb.u8(2));
}

/// TRANSFER COUNT in the finest unit in which it fits four bytes.
void store_transfer_count(std::byte* at, std::uint64_t bytes) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  std::uint8_t units = 0;  // bytes, KiB, MiB ...
  while (bytes > kMost) {
    bytes >>= 10;
    ++units;
  }
  store_u8(at, units);
  store_be32(at + 1, static_cast<std::uint32_t>(bytes));
}

/// How a copy that has ended went is told once.
Step begin_copy_status(Execution& execution) {
  const std::lock_guard lock(execution.unit->mutex);
  const auto record = find_record(execution);
  if (record == nullptr) return execution.invalid_field(2);
  const MutableBytes data = execution.zeroed_memory(12);
  store_u8(data.data() + 4, command_status(record->status));
  store_be16(data.data() + 5, record->segments);
  store_transfer_count(data.data() + 7, record->bytes);
  // Of one that failed there are details to be told yet.
  if (record->status == CopyStatus::done) execution.unit->copies.forget(*record);
  return answer(execution);
}

/// No segment descriptor of ours leaves data behind.
Step begin_receive_data(Execution& execution) {
  const std::lock_guard lock(execution.unit->mutex);
  if (find_record(execution) == nullptr) return execution.invalid_field(2);
  execution.zeroed_memory(4);
  return answer(execution);
}

Step begin_failure_details(Execution& execution) {
  const std::lock_guard lock(execution.unit->mutex);
  const auto record = find_record(execution);
  if (record == nullptr || record->status == CopyStatus::in_progress) return execution.invalid_field(2);
  if (record->status == CopyStatus::done) {
    execution.zeroed_memory(4);
    return answer(execution);
  }
  const MutableBytes data = execution.zeroed_memory(60 + record->sense.size());
  store_u8(data.data() + 56, static_cast<std::uint8_t>(record->completion));
  store_be16(data.data() + 58, static_cast<std::uint16_t>(record->sense.size()));
  copy_bytes(data.subspan(60), record->sense);
  execution.unit->copies.forget(*record);
  return answer(execution);
}

Step begin_operating_parameters(Execution& execution) {
  constexpr std::uint8_t kListIdentifierIsOptional = 0x01;
  // In ascending order.
  constexpr std::array kImplemented = {kBlockToBlock, kIdentificationCscd};
  const std::uint32_t block = execution.unit->options.block_size;
  const MutableBytes data = execution.zeroed_memory(44 + kImplemented.size());
  std::byte* const at = data.data();
  store_u8(at + 4, kListIdentifierIsOptional);
  store_be16(at + 8, kMostCscds);
  store_be16(at + 10, kMostSegments);
  store_be32(at + 12, kMostDescriptorBytes);
  store_be32(at + 16, kMostSegmentBlocks * block);
  store_be16(at + 34, kMostCopiesAtOnce);
  store_u8(at + 36, kMostCopiesAtOnce);
  store_u8(at + 37, static_cast<std::uint8_t>(std::countr_zero(block)));
  store_u8(at + 43, kImplemented.size());
  for (std::size_t i = 0; i < kImplemented.size(); ++i) store_u8(at + 44 + i, kImplemented[i]);
  return answer(execution);
}

constexpr CommandDescription command(std::string_view name, std::uint16_t service_action, Step (*begin)(Execution&)) {
  return {.name = name,
          .opcode = 0x84,
          .service_action = service_action,
          .cdb_length = 16,
          .usage = {0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
          .interest = Interest::writes,
          .begin = begin};
}

constexpr std::array kCommands = {
    command("RECEIVE COPY STATUS(LID1)", 0x00, begin_copy_status),
    command("RECEIVE COPY DATA(LID1)", 0x01, begin_receive_data),
    command("RECEIVE COPY OPERATING PARAMETERS", 0x03, begin_operating_parameters),
    command("RECEIVE COPY FAILURE DETAILS(LID1)", 0x04, begin_failure_details),
};

}  // namespace

std::span<const CommandDescription> receive_copy_results_commands() { return kCommands; }

}  // namespace lunway::scsi
