// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands about a copy operation with a list identifier of 32 bits: RECEIVE COPY STATUS(LID4), RECEIVE ROD TOKEN
// INFORMATION and COPY OPERATION ABORT (SPC-4, 6.3, 6.24 and 6.28; SBC-4, 5.25).

#include <array>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/copy/copy_records.h"
#include "scsi/copy/copy_work.h"
#include "scsi/copy/rod_token.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::uint16_t kListIdentifierByte = 2;
constexpr std::size_t kHeader = 32;

/// The record that the CDB names; with the mutex held.
std::shared_ptr<CopyRecord> find_record(const Execution& execution) {
  return execution.unit->copies.find(*execution.nexus, execution.cdb.be32(kListIdentifierByte));
}

/// A copy without a token is counted in bytes.
void store_transfer_count(std::byte* at, const CopyRecord& record, std::uint32_t block_size) {
  constexpr std::uint8_t kBytes = 0x00;
  constexpr std::uint8_t kBlocks = 0xf1;
  const bool has_token = record.service_action != 0;
  store_u8(at, has_token ? kBlocks : kBytes);
  store_be64(at + 1, has_token ? record.bytes / block_size : record.bytes);
}

/// The shared third-party copy status header: fills memory with it, all but AVAILABLE DATA.
void write_status(Execution& execution, const CopyRecord& record) {
  constexpr std::uint32_t kAskAgainMilliseconds = 200;
  constexpr std::uint32_t kNothingMoreComes = 0xfffffffe;
  const bool is_running = record.status == CopyStatus::in_progress;
  const bool is_terminated = record.status == CopyStatus::terminated;
  const std::size_t sense = is_running || is_terminated ? 0 : record.sense.size();
  const std::size_t padded = (sense + 3) / 4 * 4;
  std::byte* const at = execution.zeroed_memory(kHeader + padded).data();
  store_u8(at + 4, record.service_action);
  store_u8(at + 5, static_cast<std::uint8_t>(record.status));
  store_be16(at + 6, record.operations);
  store_be32(at + 8, is_running ? kAskAgainMilliseconds : kNothingMoreComes);
  if (!is_running)
    store_u8(at + 12, static_cast<std::uint8_t>(is_terminated ? Status::task_aborted : record.completion));
  store_u8(at + 13, static_cast<std::uint8_t>(padded));
  store_u8(at + 14, static_cast<std::uint8_t>(sense));
  store_transfer_count(at + 15, record, execution.unit->options.block_size);
  store_be16(at + 24, record.segments);
  copy_bytes(MutableBytes(execution.memory).subspan(kHeader), Bytes(record.sense).first(sense));
}

Step answer(Execution& execution) {
  store_be32(execution.memory.data(), static_cast<std::uint32_t>(execution.memory.size() - 4));
  return execution.good_with_data(execution.memory.size(), execution.cdb.be32(10));
}

Step begin_copy_status(Execution& execution) {
  const std::lock_guard lock(execution.unit->mutex);
  const auto record = find_record(execution);
  if (record == nullptr) return execution.invalid_field(kListIdentifierByte);
  write_status(execution, *record);
  return answer(execution);
}

/// A token is told until all of it was told once.
Step begin_rod_token_information(Execution& execution) {
  constexpr std::size_t kDescriptorHeader = 2;
  const std::lock_guard lock(execution.unit->mutex);
  const auto record = find_record(execution);
  if (record == nullptr) return execution.invalid_field(kListIdentifierByte);
  write_status(execution, *record);
  const std::size_t at = execution.memory.size();
  const std::size_t token = record->status == CopyStatus::done ? record->token.size() : 0;
  const std::size_t descriptors = token == 0 ? 0 : kDescriptorHeader + token;
  execution.memory.resize(at + 4 + descriptors);
  store_be32(execution.memory.data() + at, static_cast<std::uint32_t>(descriptors));
  if (token != 0) copy_bytes(MutableBytes(execution.memory).subspan(at + 4 + kDescriptorHeader), record->token);
  const std::uint32_t allocated = execution.cdb.be32(10);
  if (token != 0 && (allocated == 0 || allocated >= execution.memory.size())) execution.unit->copies.forget(*record);
  return answer(execution);
}

/// The copy ends by itself, between two accesses.
Step begin_abort(Execution& execution) {
  const std::lock_guard lock(execution.unit->mutex);
  const auto record = find_record(execution);
  if (record == nullptr || record->status != CopyStatus::in_progress) {
    return execution.invalid_field(kListIdentifierByte);
  }
  record->is_to_end = true;
  return execution.good();
}

constexpr CommandDescription receive(std::string_view name, std::uint16_t service_action, Step (*begin)(Execution&)) {
  return {.name = name,
          .opcode = 0x84,
          .service_action = service_action,
          .cdb_length = 16,
          .usage = {0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
          .interest = Interest::reads,
          .begin = begin,
          .is_offered = makes_tokens};
}

constexpr std::array kCommands = {
    receive("RECEIVE COPY STATUS(LID4)", 0x05, begin_copy_status),
    receive("RECEIVE ROD TOKEN INFORMATION", 0x07, begin_rod_token_information),
    CommandDescription{.name = "COPY OPERATION ABORT",
                       .opcode = 0x83,
                       .service_action = 0x1c,
                       .cdb_length = 16,
                       .usage = {0, 0, 0xff, 0xff, 0xff, 0xff},
                       .interest = Interest::reads,
                       .begin = begin_abort,
                       .is_offered = makes_tokens},
};

}  // namespace

std::span<const CommandDescription> copy_operation_commands() { return kCommands; }

}  // namespace lunway::scsi
