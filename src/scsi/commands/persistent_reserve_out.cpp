// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// PERSISTENT RESERVE OUT (SPC-4, 6.16). The parameter list comes first; then everything changes at once under the mutex
// of the logical unit. Before the status, tasks of preempted nexuses are aborted, and what has to survive is stored.

#include "scsi/commands/persistent_reserve_out.h"

#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/persistent/transport_id.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

using Answer = PersistentReservations::Answer;

enum Stage : std::uint8_t { kReceives, kAborts, kPersists };

enum ServiceAction : std::uint8_t {
  kRegister = 0,
  kReserve = 1,
  kRelease = 2,
  kClear = 3,
  kPreempt = 4,
  kPreemptAndAbort = 5,
  kRegisterAndIgnore = 6,
  kRegisterAndMove = 7,
};

constexpr std::size_t kBasicList = 24;
/// As many TransportIDs as there may be registrations.
constexpr std::size_t kMostListBytes = 32U << 10;

// Byte 20 of the basic list; byte 17 of the one of REGISTER AND MOVE.
constexpr std::uint8_t kSpecifyInitiatorPorts = 0x08;
constexpr std::uint8_t kAllTargetPorts = 0x04;
constexpr std::uint8_t kPersistBit = 0x01;
constexpr std::uint8_t kUnregister = 0x02;

std::uint8_t service_action(const Execution& execution) { return execution.cdb.u8(1) & 0x1fU; }

Step list_length_error(Execution& execution) {
  return execution.check_condition(SenseKey::illegal_request, SenseCode::parameter_list_length_error);
}

Step begin_persistent_reserve_out(Execution& execution) {
  const std::uint8_t action = service_action(execution);
  const auto scope = static_cast<std::uint8_t>(execution.cdb.u8(2) >> 4);
  const bool has_type = action == kReserve || action == kRelease || action == kPreempt || action == kPreemptAndAbort;
  if (has_type && scope != 0) return execution.invalid_field(2, 7);
  const bool needs_type = action == kReserve || action == kRelease;
  if (needs_type && !reservation_type(execution.cdb.u8(2) & 0xfU)) return execution.invalid_field(2, 3);
  const std::uint32_t length = execution.cdb.be32(5);
  if (length < kBasicList || length > kMostListBytes) return list_length_error(execution);
  return execution.receive_parameters(length);
}

/// Raises the unit attention for those of a registration's nexuses that are logged in.
PersistentReservations::Notice notice_of(UnitState& unit) {
  return [&unit](const NexusName& name, UnitAttention attention) {
    for (Nexus* const nexus : unit.nexuses) {
      if (name.covers(name_of(*nexus))) nexus->raise(attention);
    }
  };
}

/// Reads the TransportIDs behind the basic list; false when one of them is wrong.
bool read_transport_ids(Bytes list, std::uint16_t target_port, std::vector<NexusName>& names) {
  if (list.size() < 4 || load_be32(list.data()) != list.size() - 4) return false;
  list = list.subspan(4);
  while (!list.empty()) {
    const auto parsed = parse_transport_id(list);
    if (!parsed) return false;
    names.push_back({.initiator_port = parsed->initiator_port, .relative_target_port = target_port});
    list = list.subspan(parsed->length);
  }
  return true;
}

/// The answer of a changed or unchanged state; or a Step that says what is wrong with the list.
using Worked = std::variant<Answer, Step>;

Worked register_nexus(Execution& execution) {
  const Bytes list = execution.memory;
  const std::uint8_t flags = load_u8(list.data() + 20);
  PersistentReservations& persistent = execution.unit->reservations.persistent;
  const NexusName name = name_of(*execution.nexus);
  PersistentReservations::RegisterRequest request{
      .key = load_be64(list.data()),
      .new_key = load_be64(list.data() + 8),
      .ignores_key = service_action(execution) == kRegisterAndIgnore,
      .all_target_ports = (flags & kAllTargetPorts) != 0,
      .survives_power_loss = (flags & kPersistBit) != 0,
  };
  if (request.survives_power_loss && !execution.unit->options.can_persist) return execution.invalid_parameter(20, 0);
  if ((flags & kSpecifyInitiatorPorts) != 0) {
    if (request.ignores_key || persistent.find(name) != nullptr) return execution.invalid_parameter(20, 3);
    if (!read_transport_ids(list.subspan(kBasicList), name.relative_target_port, request.others)) {
      return execution.invalid_parameter(kBasicList);
    }
  } else if (list.size() != kBasicList) {
    return list_length_error(execution);
  }
  return persistent.register_nexus(name, request, notice_of(*execution.unit));
}

Worked register_and_move(Execution& execution) {
  const Bytes list = execution.memory;
  const std::uint8_t flags = load_u8(list.data() + 17);
  const auto parsed = parse_transport_id(list.subspan(kBasicList));
  if (load_be32(list.data() + 20) != list.size() - kBasicList) return list_length_error(execution);
  if (!parsed || parsed->length != list.size() - kBasicList) return execution.invalid_parameter(kBasicList);
  if ((flags & kPersistBit) != 0 && !execution.unit->options.can_persist) return execution.invalid_parameter(17, 0);
  const std::uint16_t port = load_be16(list.data() + 18);
  if (port == 0) return execution.invalid_parameter(18);
  return execution.unit->reservations.persistent.register_and_move(
      name_of(*execution.nexus), {.key = load_be64(list.data()),
                                  .new_key = load_be64(list.data() + 8),
                                  .to = {.initiator_port = parsed->initiator_port, .relative_target_port = port},
                                  .unregisters = (flags & kUnregister) != 0,
                                  .survives_power_loss = (flags & kPersistBit) != 0});
}

Worked preempt(Execution& execution) {
  UnitState& unit = *execution.unit;
  const Bytes list = execution.memory;
  std::vector<NexusName> removed;
  const Answer answer = unit.reservations.persistent.preempt(
      name_of(*execution.nexus), load_be64(list.data()), load_be64(list.data() + 8),
      reservation_type(execution.cdb.u8(2) & 0xfU), notice_of(unit), removed);
  if (service_action(execution) != kPreemptAndAbort) return answer;
  for (const Nexus* const nexus : unit.nexuses) {
    const bool is_victim =
        std::ranges::any_of(removed, [&](const NexusName& name) { return name.covers(name_of(*nexus)); });
    if (is_victim) execution.victims.push_back(nexus->shared_identity());
  }
  return answer;
}

Worked work(Execution& execution) {
  const std::uint8_t action = service_action(execution);
  if (action == kRegister || action == kRegisterAndIgnore) return register_nexus(execution);
  if (action == kRegisterAndMove) return register_and_move(execution);
  const Bytes list = execution.memory;
  if (list.size() != kBasicList) return list_length_error(execution);
  if ((load_u8(list.data() + 20) & kSpecifyInitiatorPorts) != 0) return execution.invalid_parameter(20, 3);
  if (action == kPreempt || action == kPreemptAndAbort) return preempt(execution);

  PersistentReservations& persistent = execution.unit->reservations.persistent;
  const NexusName name = name_of(*execution.nexus);
  const std::uint64_t key = load_be64(list.data());
  const auto notice = notice_of(*execution.unit);
  if (action == kClear) return persistent.clear(name, key, notice);
  const auto type = reservation_type(execution.cdb.u8(2) & 0xfU);
  return action == kReserve ? persistent.reserve(name, key, *type) : persistent.release(name, key, *type, notice);
}

Step refuse(Execution& execution, Answer answer) {
  switch (answer) {
    case Answer::invalid_release:
      return execution.check_condition(SenseKey::illegal_request, SenseCode::invalid_release_of_persistent_reservation);
    case Answer::invalid_key:
      return execution.invalid_parameter(8);
    case Answer::invalid_type:
      return execution.invalid_field(2, 3);
    case Answer::no_room:
      return execution.check_condition(SenseKey::illegal_request, SenseCode::insufficient_registration_resources);
    default:
      return execution.good_with_status(Status::reservation_conflict);
  }
}

Step change(Execution& execution) {
  UnitState& unit = *execution.unit;
  const std::lock_guard lock(unit.mutex);
  if (unit.reservations.is_reserved_by_other(*execution.nexus)) {
    return execution.good_with_status(Status::reservation_conflict);
  }
  const bool survived = unit.reservations.persistent.survives_power_loss();
  const Worked worked = work(execution);
  if (const auto* step = std::get_if<Step>(&worked)) return *step;
  const Answer answer = std::get<Answer>(worked);
  if (answer != Answer::good) return refuse(execution, answer);
  unit.reservations.tell(unit.nexuses);

  // What was stored once has to be stored again, if only to forget it.
  const bool persists = survived || unit.reservations.persistent.survives_power_loss();
  if (!execution.victims.empty()) {
    execution.stage = persists ? kAborts : kPersists;
    execution.fenced = true;
    return AbortTasks{execution.victims};
  }
  execution.stage = kPersists;
  return persists ? Step(Persist{}) : execution.good();
}

Step resume_persistent_reserve_out(Execution& execution, const Outcome& outcome) {
  switch (execution.stage) {
    case kReceives:
      execution.memory.resize(std::min<std::size_t>(execution.memory.size(), outcome.received));
      if (execution.memory.size() != execution.cdb.be32(5)) return list_length_error(execution);
      return change(execution);
    case kAborts:
      execution.stage = kPersists;
      return Persist{};
    default:
      return execution.good();
  }
}

constexpr CommandDescription command(std::string_view name, std::uint16_t service_action, std::uint8_t type_usage) {
  return {.name = name,
          .opcode = 0x5f,
          .service_action = service_action,
          .cdb_length = 10,
          .usage = {0, 0, type_usage, 0, 0, 0xff, 0xff, 0xff, 0xff},
          .interest = Interest::own,
          .begin = begin_persistent_reserve_out,
          .resume = resume_persistent_reserve_out,
          .reach = Reach::standby};
}

// SCOPE and TYPE have no meaning for those that reserve nothing, and are let pass.
constexpr std::array kCommands = {
    command("PERSISTENT RESERVE OUT, REGISTER", kRegister, 0xff),
    command("PERSISTENT RESERVE OUT, RESERVE", kReserve, 0xff),
    command("PERSISTENT RESERVE OUT, RELEASE", kRelease, 0xff),
    command("PERSISTENT RESERVE OUT, CLEAR", kClear, 0xff),
    command("PERSISTENT RESERVE OUT, PREEMPT", kPreempt, 0xff),
    command("PERSISTENT RESERVE OUT, PREEMPT AND ABORT", kPreemptAndAbort, 0xff),
    command("PERSISTENT RESERVE OUT, REGISTER AND IGNORE EXISTING KEY", kRegisterAndIgnore, 0xff),
    command("PERSISTENT RESERVE OUT, REGISTER AND MOVE", kRegisterAndMove, 0xff),
};

}  // namespace

Step newest_record(Execution& execution) {
  const std::lock_guard lock(execution.unit->mutex);
  const PersistentReservations& persistent = execution.unit->reservations.persistent;
  execution.memory.clear();
  if (persistent.survives_power_loss()) {
    const std::vector<std::byte> record = persistent.record();
    execution.memory.assign(record.begin(), record.end());
  }
  return Persist{execution.memory};
}

std::span<const CommandDescription> persistent_reserve_out_commands() { return kCommands; }

}  // namespace lunway::scsi
