// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// VERIFY, and WRITE AND VERIFY (SBC-3, 5.27 to 5.29 and 5.37 to 5.39).
//
// BYTCHK says what to compare the medium with: 00b nothing (it has to be readable), 01b the data block by block, 11b
// one block of data with every block. WRITE AND VERIFY with 01b keeps its data in memory, for it is needed twice.

#include <algorithm>
#include <array>
#include <cstring>

#include "scsi/command_table.h"
#include "scsi/commands/block_range.h"
#include "scsi/commands/pieces.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

enum Stage : std::uint8_t { kReceives, kWrites, kFlushes, kReads };
enum ByteCheck : std::uint8_t { kNone = 0, kAll = 1, kReserved = 2, kOneBlock = 3 };

std::uint8_t byte_check(const Cdb& cdb) { return static_cast<std::uint8_t>((cdb.u8(1) >> 1) & 0x3U); }

/// Memory is the data to compare with, followed by room for a piece of the medium.
std::size_t reference_length(const Execution& execution) {
  switch (byte_check(execution.cdb)) {
    case kAll:
      return static_cast<std::size_t>(execution.length);
    case kOneBlock:
      return execution.unit->options.block_size;
    default:
      return 0;
  }
}

Step read_next(Execution& execution) {
  execution.stage = kReads;
  const Piece piece = next_piece(execution);
  if (piece.length == 0) return execution.good();
  const std::size_t reference = reference_length(execution);
  execution.memory.resize(reference + static_cast<std::size_t>(piece.length));
  return read_piece(piece, MutableBytes(execution.memory).subspan(reference));
}

bool matches(const Execution& execution) {
  const std::size_t reference = reference_length(execution);
  const Bytes expected = Bytes(execution.memory).first(reference);
  const Bytes medium = Bytes(execution.memory).subspan(reference);
  switch (byte_check(execution.cdb)) {
    case kAll:
      return std::memcmp(expected.data() + execution.progress, medium.data(), medium.size()) == 0;
    case kOneBlock:
      for (std::size_t at = 0; at < medium.size(); at += reference) {
        if (std::memcmp(expected.data(), medium.data() + at, reference) != 0) return false;
      }
      return true;
    default:
      return true;
  }
}

Step after_read(Execution& execution) {
  if (!matches(execution)) {
    return execution.check_condition(SenseKey::miscompare, SenseCode::miscompare_during_verify_operation);
  }
  execution.progress += next_piece(execution).length;
  return read_next(execution);
}

/// An initiator that sends less than the CDB says gets as many whole blocks worked on as it sends.
void cut_to_expected(Execution& execution) {
  execution.data_out_length = execution.length;
  const std::uint64_t block = execution.unit->options.block_size;
  execution.length = std::min(execution.expected_data_out, execution.length) / block * block;
}

Step receive_reference(Execution& execution) {
  const std::uint64_t by_cdb = execution.data_out_length;
  Step step = execution.receive_parameters(reference_length(execution));
  execution.data_out_length = by_cdb;
  execution.stage = kReceives;
  return step;
}

Step begin_verify(Execution& execution) {
  const std::uint8_t check = byte_check(execution.cdb);
  if (check == kReserved) return execution.invalid_field(1, 2);
  if (auto refused = refuse_range(execution, block_range(execution.cdb), execution.unit->max_transfer_blocks())) {
    return *refused;
  }
  if (check == kAll) cut_to_expected(execution);
  if (execution.length == 0) return execution.good();
  if (check == kNone) return read_next(execution);
  if (check == kOneBlock) execution.data_out_length = reference_length(execution);
  return receive_reference(execution);
}

Step resume_verify(Execution& execution, const Outcome& outcome) {
  if (execution.stage == kReads) return after_read(execution);
  if (outcome.received != reference_length(execution)) {
    return execution.failed(Outcome::Failure::incorrect_amount_of_data);
  }
  return read_next(execution);
}

Step begin_write_and_verify(Execution& execution) {
  const std::uint8_t check = byte_check(execution.cdb);
  if (check == kReserved || check == kOneBlock) return execution.invalid_field(1, 2);
  if (auto refused = refuse_range(execution, block_range(execution.cdb), execution.unit->max_transfer_blocks())) {
    return *refused;
  }
  cut_to_expected(execution);
  if (execution.length == 0) return execution.good();
  if (check == kAll) return receive_reference(execution);
  execution.stage = kWrites;
  return WriteBlocks{.offset = execution.offset, .length = execution.length};
}

Step resume_write_and_verify(Execution& execution, const Outcome& outcome) {
  switch (execution.stage) {
    case kReceives:
      if (outcome.received != execution.length) {
        return execution.failed(Outcome::Failure::incorrect_amount_of_data);
      }
      execution.stage = kWrites;
      return write_piece({.offset = execution.offset, .length = execution.length}, execution.memory);
    case kWrites:
      if (!execution.unit->options.volatile_cache) return read_next(execution);
      execution.stage = kFlushes;
      return flush_range(execution);
    case kFlushes:
      return read_next(execution);
    default:
      return after_read(execution);
  }
}

constexpr std::array<std::uint8_t, 16> kUsage10 = {0, 0x16, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff};
constexpr std::array<std::uint8_t, 16> kUsage12 = {0, 0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f};
constexpr std::array<std::uint8_t, 16> kUsage16 = {0,    0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f};

constexpr CommandDescription verify(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                    const std::array<std::uint8_t, 16>& usage) {
  return {.name = name,
          .opcode = opcode,
          .cdb_length = length,
          .usage = usage,
          .interest = Interest::reads,
          .begin = begin_verify,
          .resume = resume_verify,
          .needs_medium = true};
}

constexpr CommandDescription write_and_verify(std::string_view name, std::uint8_t opcode, std::uint8_t length,
                                              const std::array<std::uint8_t, 16>& usage) {
  return {.name = name,
          .opcode = opcode,
          .cdb_length = length,
          .usage = usage,
          .interest = Interest::writes,
          .begin = begin_write_and_verify,
          .resume = resume_write_and_verify,
          .needs_medium = true,
          .changes_medium = true};
}

constexpr std::array kCommands = {
    verify("VERIFY(10)", 0x2f, 10, kUsage10),
    verify("VERIFY(12)", 0xaf, 12, kUsage12),
    verify("VERIFY(16)", 0x8f, 16, kUsage16),
    write_and_verify("WRITE AND VERIFY(10)", 0x2e, 10, kUsage10),
    write_and_verify("WRITE AND VERIFY(12)", 0xae, 12, kUsage12),
    write_and_verify("WRITE AND VERIFY(16)", 0x8e, 16, kUsage16),
};

}  // namespace

std::span<const CommandDescription> verify_commands() { return kCommands; }

}  // namespace lunway::scsi
