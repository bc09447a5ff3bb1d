// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One task of a target's session: the request as it came, how far its data is, and what its owner has been told.
//
//            ┌─► waiting ─┐ its CmdSN's turn
//   free ────┴────────────┴─► running ── complete() ──► answered ── status encoded ──► departing ─┐
//    ▲                           │                         │                                      │
//    │                         abort                     abort                       transmitted, │
//    │                           ▼                         ▼                         Release      │
//    │                        aborting ── aborted() ──► leaving ──────────────────────────────────┤
//    └────────────────────────────────────────────────────────────────────────────────────────────┘

#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/command/read_transfer.h"
#include "session/command/task_list.h"
#include "session/command/write_transfer.h"
#include "session/limits.h"
#include "session/task_id.h"
#include "wire/additional_header.h"
#include "wire/header.h"
#include "wire/residual.h"
#include "wire/scsi_status.h"
#include "wire/task_management_request.h"

namespace lunway::session {

class TargetConnectionCore;

/// One bit for each task management function that can be under way in a session.
using ManagementMarks = std::bitset<128>;

/// How a command ended, as its status PDU says it.
struct TargetTaskResult {
  wire::ScsiStatus status = wire::ScsiStatus::good;
  std::uint16_t qualifier = 0;
  /// Of the only direction, or of the write when the command is bidirectional.
  wire::Residual residual;
  wire::Residual bidirectional_read_residual;
  /// The data segment of the SCSI Response: the sense data behind its length.
  //= rfc7143#11.4.7
  std::uint32_t segment_length = 0;
  std::array<std::byte, kMaxSense + 2> segment;
};

/// Where write data goes.
struct TaskDestination {
  /// The owner's memory for the bytes [begin, end) of the transfer; empty before accept_data() and after the end.
  MutableBytes memory;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  /// accept_data() waits for its DataArrived.
  bool open = false;
  /// A block of HeldData with the bytes from offset 0 that came before they had a place; null when there is none.
  std::byte* held = nullptr;

  bool covers(std::uint32_t offset, std::uint32_t length) const {
    return open && offset >= begin && offset <= end && length <= end - offset;
  }
};

struct TargetTask {
  enum class State : std::uint8_t {
    free,
    waiting,    // behind a gap of the CmdSN order
    running,    // delivered; the owner works on it
    answered,   // the owner has ended it; read data and status are still to be sent
    aborting,   // the owner must still say aborted()
    leaving,    // nothing more is asked or sent
    departing,  // the status is with the transport; the Initiator Task Tag is free again
  };
  enum class Kind : std::uint8_t {
    command,     // SCSI Command
    management,  // Task Management Function Request
    request,     // any other request, while it waits for its turn
  };

  State state = State::free;
  Kind kind = Kind::command;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  /// Its place in the order in which requests came.
  std::uint64_t arrival = 0;
  /// The connection it is allegiant to; null when that has ended.
  TargetConnectionCore* connection = nullptr;
  /// Of that connection, also when it has ended.
  wire::Cid cid;

  // The request.
  wire::Header header{};
  std::array<std::byte, wire::kMaxCdbSize> cdb;  // as much of it as cdb_length says
  std::uint32_t cdb_length = 0;
  std::uint32_t write_length = 0;
  std::uint32_t read_length = 0;
  /// Bytes in the held block of a waiting request that is no command.
  std::uint32_t held_length = 0;
  /// It counts as one of the commands in the CmdSN window.
  bool windowed = false;
  /// The initiator has lost data of it that will not come again: whatever the owner says, it has failed.
  bool lost_data = false;
  /// There was no room for its data while it waited: it gets BUSY when its turn comes.
  bool refused = false;

  // Its data.
  WriteTransfer write;
  ReadTransfer read;
  TaskDestination destination;
  /// When an R2T was sent or a Data-Out came last, at ErrorRecoveryLevel 1 and 2.
  Instant data_moved_at;
  /// The data that came with the command, where it was received; valid while the outputs are drained.
  Bytes offered;
  /// The next DataSN or R2TSN, which share one sequence.
  //= rfc7143#4.2.2.4
  std::uint32_t next_data_sn = 0;
  std::uint32_t data_in_pdus = 0;
  TargetTaskResult result;

  // Outputs that the owner has not taken yet.
  bool submit_due = false;
  bool arrived_due = false;
  bool abort_due = false;
  bool release_due = false;
  /// The owner has seen Submit, so it must see Release.
  bool submitted = false;
  /// Its connection went, and the task with it: the owner is told with Release.
  bool terminated = false;

  /// PDUs in the batch that is with the transport which look at the task's memory.
  std::uint32_t pdus_in_flight = 0;
  /// A Data-Out is being received into the task's memory.
  bool receiving = false;
  /// Its data may be asked for once more, although the status has been sent.
  bool retained = false;
  /// It has lost its connection and waits for another: nothing is sent for it.
  bool suspended = false;
  /// A bit for each task management function under way that ends this task.
  ManagementMarks aborted_for;
  /// The initiator was told to send nothing more for it, and has not confirmed that yet.
  bool announced = false;

  /// Its place among the responses of the device, from when it is given to when it is made; 0 at other times.
  std::uint64_t response_order = 0;
  /// The response must not be overtaken, nor overtake.
  bool fenced = false;
  /// A management task whose function is about more than one logical unit.
  bool concerns_all_units = false;

  TaskLink attention_link;
  TaskLink transmit_link;
  TargetTask* next_in_bucket = nullptr;

  TaskId id() const { return {slot, generation}; }
  wire::RequestHeader request() const { return wire::RequestHeader(wire::HeaderView(header)); }
  wire::Itt itt() const { return request().itt(); }
  wire::Lun lun() const { return request().lun(); }
  wire::CmdSN cmd_sn() const { return request().cmd_sn(); }
  bool immediate() const { return request().immediate(); }
  bool bidirectional() const { return write_length != 0 && read_length != 0; }
  bool alive() const { return state != State::free; }
  /// A command that is to have a status, or whose owner still works on it.
  bool is_outstanding() const {
    const bool lives = state == State::waiting || state == State::running || state == State::answered;
    return kind == Kind::command && (lives || state == State::aborting);
  }
  /// Whether something can be sent for it.
  bool is_allegiant() const { return connection != nullptr && !suspended; }
  bool memory_in_use() const { return pdus_in_flight != 0 || receiving; }
};

}  // namespace lunway::session
