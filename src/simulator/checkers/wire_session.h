// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What somebody who only watches the wire knows of a session and its connections: what was agreed on, numbers, tasks.
//
// A watcher sees a PDU when it leaves its sender, which is a little after the sender made it, and again when its
// receiver has taken it. So what a sender can have known when it made a PDU is at most what has been delivered to it by
// the time the PDU is seen.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulator/network/wire_pdu.h"

namespace lunway::simulator {

/// Keys of section 13 that make a difference on the wire, with their defaults.
struct Agreed {
  bool initial_r2t = true;
  bool immediate_data = true;
  std::uint32_t max_burst_length = 262144;
  std::uint32_t first_burst_length = 65536;
  std::uint32_t max_outstanding_r2t = 1;
  bool data_pdu_in_order = true;
  bool data_sequence_in_order = true;
  std::uint32_t error_recovery_level = 0;
  std::uint32_t protocol_level = 1;
};

struct WatchedConnection;

struct WatchedR2t {
  std::uint32_t ttt = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t sent = 0;
  std::uint32_t data_sn = 0;
  bool delivered = false;
  bool answered = false;        // the last Data-Out has been sent
  bool answer_arrived = false;  // and has been delivered
};

struct WatchedTask {
  wire::Opcode opcode = wire::Opcode::scsi_command;
  const WatchedConnection* connection = nullptr;
  std::uint32_t cmd_sn = 0;
  bool immediate = false;
  bool delivered = false;
  /// The target has given its response, or has said that it ended it.
  bool ended = false;
  std::uint64_t lun = 0;
  std::uint8_t function = 0;       // of a task management request
  std::uint32_t referenced = 0;    // and its Referenced Task Tag
  std::vector<std::byte> payload;  // of a NOP-Out
  bool is_for_another = false;     // a Logout Request for another connection than its own

  bool read = false;
  bool write = false;
  std::uint32_t expected = 0;
  // Write data: what the initiator may send unasked and has sent, and how much has reached the target.
  std::uint32_t unsolicited = 0;
  std::uint32_t unsolicited_sn = 0;
  bool unsolicited_open = false;
  std::uint32_t arrived = 0;
  bool damaged = false;
  std::vector<WatchedR2t> r2ts;
  // Read data.
  std::uint32_t data_in_pdus = 0;
  bool resegmented = false;
  std::uint32_t data_in_bytes = 0;
  std::uint32_t sequence_bytes = 0;
  std::set<std::uint32_t> data_in_offsets;
  // Of each Data-In by its DataSN: Buffer Offset and length.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> data_in_places;
};

struct WatchedSession {
  Agreed agreed;
  std::uint32_t connections = 0;
  // The initiator's side of CmdSN: the next one it takes.
  std::uint32_t next_cmd_sn = 0;
  // The target's: the first that has not been delivered, and those behind it that have.
  std::uint32_t exp_cmd_sn = 0;
  std::set<std::uint32_t> delivered_ahead;
  // The end of the window, as far as the initiator knows.
  std::uint32_t known_max_cmd_sn = 0;
  std::map<std::uint32_t, WatchedTask> tasks;  // by Initiator Task Tag
};

struct WatchedConnection {
  std::uint16_t cid = 0;
  std::shared_ptr<WatchedSession> session;
  bool full_feature = false;
  std::array<std::uint32_t, 2> max_data_segment{8192, 8192};  // by who receives
  // The target's side.
  std::optional<std::uint32_t> next_stat_sn;
  std::optional<std::uint32_t> last_exp_cmd_sn;
  std::optional<std::uint32_t> last_max_cmd_sn;
  bool logged_out = false;
  // The initiator's side.
  std::uint32_t known_stat_sn = 0;  // behind the last status that was delivered
  std::optional<std::uint32_t> last_exp_stat_sn;
  std::set<std::uint32_t> pings;  // tags of the target's pings that were delivered
};

/// RFC 1982: `left` comes before `right` or is the same.
constexpr bool precedes_or_equals(std::uint32_t left, std::uint32_t right) { return right - left < 0x80000000U; }
constexpr bool precedes(std::uint32_t left, std::uint32_t right) {
  return left != right && precedes_or_equals(left, right);
}

using Complaint = std::optional<std::string>;

}  // namespace lunway::simulator
