// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the handler of a command works with: the command, notes for its next step, and the ways to end. Only files of
// scsi/ look inside; to others it is a part of Task.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/block_memory.h"
#include "base/bytes.h"
#include "base/extent.h"
#include "base/instant.h"
#include "scsi/cdb.h"
#include "scsi/command.h"
#include "scsi/sense.h"
#include "scsi/step.h"

namespace lunway::scsi {

class CopyHost;
class Nexus;
class Task;
class UnitState;
class Waker;
struct CopyWork;
struct NexusIdentity;

/// What the failure of a step means.
Sense sense_of(Outcome::Failure failure);

struct Execution {
  // The command. `unit` and `nexus` are null when the logical unit does not exist.
  Cdb cdb;
  UnitState* unit = nullptr;
  Nexus* nexus = nullptr;
  const NexusIdentity* identity = nullptr;
  /// Whom to wake after Wait.
  Task* task = nullptr;
  Waker* waker = nullptr;
  std::span<const std::uint64_t> luns;
  CopyHost* copy_host = nullptr;
  Instant now = {};
  std::uint64_t expected_data_in = 0;
  std::uint64_t expected_data_out = 0;

  // What the command by its CDB moves, in bytes: Finish hands it to the transport.
  std::uint64_t data_in_length = 0;
  std::uint64_t data_out_length = 0;

  // Notes: the blocks it is about, in bytes; how far it has come; what it waits for.
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t progress = 0;
  std::uint8_t stage = 0;
  /// The response stands for tasks of others that were ended: see Finish.
  bool fenced = false;
  BlockMemory memory;
  std::vector<Extent> extents;
  /// Whose tasks AbortTasks is about.
  std::vector<std::shared_ptr<const NexusIdentity>> victims;
  /// Of commands of the copy manager.
  std::shared_ptr<CopyWork> copy;

  void load(const Command& command);

  /// Memory of this size, all zeros.
  MutableBytes zeroed_memory(std::size_t size);

  Step good();
  Step good_with_status(Status status);
  /// The first `size` bytes of memory, cut to the allocation length.
  Step good_with_data(std::size_t size, std::uint64_t allocation_length);
  Step check_condition(const Sense& why);
  Step check_condition(SenseKey key, SenseCode code);
  /// INVALID FIELD IN CDB, and INVALID FIELD IN PARAMETER LIST.
  Step invalid_field(std::uint16_t byte, std::optional<std::uint8_t> bit = std::nullopt);
  Step invalid_parameter(std::uint16_t byte, std::optional<std::uint8_t> bit = std::nullopt);
  /// What the failure of a step means for the command.
  Step failed(Outcome::Failure failure);

  /// Asks for the command's data, of which the CDB says that it has `size` bytes: as much as the initiator sends,
  /// into the front of memory.
  Step receive_parameters(std::uint64_t size);

  /// What the last check_condition() wrote.
  std::array<std::byte, kMaxSenseBytes> sense{};
};

}  // namespace lunway::scsi
