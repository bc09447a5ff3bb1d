// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// PERSISTENT RESERVE IN (SPC-4, 6.15).

#include <array>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/persistent/transport_id.h"
#include "scsi/unit_state.h"

namespace lunway::scsi {
namespace {

constexpr std::size_t kHeader = 8;

std::byte* extend(Execution& execution, std::size_t length) {
  const std::size_t before = execution.memory.size();
  execution.memory.resize(before + length);
  return execution.memory.data() + before;
}

std::uint8_t scope_and_type(const PersistentReservations& persistent) {
  return persistent.type() ? static_cast<std::uint8_t>(*persistent.type()) : std::uint8_t{0};
}

void append_keys(Execution& execution, const PersistentReservations& persistent) {
  for (const Registration& registration : persistent.registrations()) {
    store_be64(extend(execution, 8), registration.key);
  }
}

/// The holder's key, or zero when it is everybody's reservation.
void append_reservation(Execution& execution, const PersistentReservations& persistent) {
  if (!persistent.type()) return;
  std::byte* const descriptor = extend(execution, 16);
  for (const Registration& registration : persistent.registrations()) {
    if (registration.holds) store_be64(descriptor, registration.key);
  }
  store_u8(descriptor + 13, scope_and_type(persistent));
}

void append_full_status(Execution& execution, const PersistentReservations& persistent) {
  constexpr std::uint8_t kHolder = 0x01;
  constexpr std::uint8_t kAllTargetPorts = 0x02;
  for (const Registration& registration : persistent.registrations()) {
    const auto name = transport_id(registration.nexus.initiator_port);
    const bool holds = persistent.is_holder(registration);
    const bool all_ports = registration.nexus.relative_target_port == 0;
    std::byte* const descriptor = extend(execution, 24 + name.size());
    store_be64(descriptor, registration.key);
    store_u8(descriptor + 12, static_cast<std::uint8_t>((holds ? kHolder : 0U) | (all_ports ? kAllTargetPorts : 0U)));
    if (holds) store_u8(descriptor + 13, scope_and_type(persistent));
    store_be16(descriptor + 18, registration.nexus.relative_target_port);
    store_be32(descriptor + 20, static_cast<std::uint32_t>(name.size()));
    copy_bytes({descriptor + 24, name.size()}, name);
  }
}

/// What all but REPORT CAPABILITIES have in common: the generation and a length, and then what `append` adds.
Step report(Execution& execution, void (*append)(Execution&, const PersistentReservations&)) {
  const std::lock_guard lock(execution.unit->mutex);
  const Reservations& reservations = execution.unit->reservations;
  if (reservations.is_reserved_by_other(*execution.nexus)) {
    return execution.good_with_status(Status::reservation_conflict);
  }
  execution.zeroed_memory(kHeader);
  append(execution, reservations.persistent);
  store_be32(execution.memory.data(), reservations.persistent.generation());
  store_be32(execution.memory.data() + 4, static_cast<std::uint32_t>(execution.memory.size() - kHeader));
  return execution.good_with_data(execution.memory.size(), execution.cdb.be16(7));
}

Step begin_read_keys(Execution& execution) { return report(execution, append_keys); }
Step begin_read_reservation(Execution& execution) { return report(execution, append_reservation); }
Step begin_read_full_status(Execution& execution) { return report(execution, append_full_status); }

Step begin_report_capabilities(Execution& execution) {
  constexpr std::uint8_t kSpecifyInitiatorPorts = 0x08;
  constexpr std::uint8_t kAllTargetPorts = 0x04;
  constexpr std::uint8_t kCanPersist = 0x01;
  constexpr std::uint8_t kTypeMaskValid = 0x80;
  constexpr std::uint8_t kPersists = 0x01;
  constexpr std::uint16_t kAllSixTypes = 0xea01;
  const std::lock_guard lock(execution.unit->mutex);
  if (execution.unit->reservations.is_reserved_by_other(*execution.nexus)) {
    return execution.good_with_status(Status::reservation_conflict);
  }
  const bool can_persist = execution.unit->options.can_persist;
  const bool persists = execution.unit->reservations.persistent.survives_power_loss();
  const MutableBytes data = execution.zeroed_memory(8);
  store_be16(data.data(), 8);
  store_u8(data.data() + 2,
           static_cast<std::uint8_t>(kSpecifyInitiatorPorts | kAllTargetPorts | (can_persist ? kCanPersist : 0U)));
  store_u8(data.data() + 3, static_cast<std::uint8_t>(kTypeMaskValid | (persists ? kPersists : 0U)));
  store_be16(data.data() + 4, kAllSixTypes);
  return execution.good_with_data(data.size(), execution.cdb.be16(7));
}

constexpr CommandDescription command(std::string_view name, std::uint16_t service_action, Step (*begin)(Execution&)) {
  return {.name = name,
          .opcode = 0x5e,
          .service_action = service_action,
          .cdb_length = 10,
          .usage = {0, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
          .interest = Interest::own,
          .begin = begin,
          .reach = Reach::standby};
}

constexpr std::array kCommands = {
    command("PERSISTENT RESERVE IN, READ KEYS", 0x00, begin_read_keys),
    command("PERSISTENT RESERVE IN, READ RESERVATION", 0x01, begin_read_reservation),
    command("PERSISTENT RESERVE IN, REPORT CAPABILITIES", 0x02, begin_report_capabilities),
    command("PERSISTENT RESERVE IN, READ FULL STATUS", 0x03, begin_read_full_status),
};

}  // namespace

std::span<const CommandDescription> persistent_reserve_in_commands() { return kCommands; }

}  // namespace lunway::scsi
