// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/checkers/wire_transfers.h"

#include <algorithm>

#include "base/big_endian.h"

namespace lunway::simulator {
namespace {

constexpr std::uint32_t kNoTag = 0xffffffff;
constexpr std::uint8_t kGood = 0;

bool is_final(const WirePdu& pdu) { return (pdu.u8(1) & 0x80) != 0; }

/// How much the initiator may send without being asked.
std::uint32_t unsolicited_limit(const Agreed& agreed, const WatchedTask& task) {
  return std::min(agreed.first_burst_length, task.expected);
}

/// The residual of a status and the bytes that it says have moved.
std::optional<std::uint64_t> moved(const WirePdu& pdu, std::uint32_t expected, std::uint8_t overflow,
                                   std::uint8_t underflow) {
  const std::uint32_t count = pdu.u32(44);
  if ((pdu.u8(1) & underflow) == 0) return expected;
  if ((pdu.u8(1) & overflow) != 0 || count > expected) return std::nullopt;
  return expected - count;
}

Complaint unsolicited_sent(const Agreed& agreed, const WirePdu& pdu, WatchedTask& task) {
  if (!task.unsolicited_open) return "unsolicited data where none may come (11.7.1)";
  if (pdu.u32(36) != task.unsolicited_sn) return "DataSN of unsolicited data (11.7.5)";
  if (pdu.u32(40) != task.unsolicited) return "Buffer Offset of unsolicited data (11.7.6)";
  ++task.unsolicited_sn;
  task.unsolicited += pdu.data_length();
  if (task.unsolicited > unsolicited_limit(agreed, task)) return "unsolicited data beyond FirstBurstLength (13.14)";
  if (is_final(pdu)) task.unsolicited_open = false;
  return std::nullopt;
}

Complaint solicited_sent(const Agreed& agreed, const WirePdu& pdu, WatchedTask& task) {
  const auto r2t = std::ranges::find_if(
      task.r2ts, [&](const WatchedR2t& one) { return one.ttt == pdu.u32(20) && !one.answered && one.delivered; });
  if (r2t == task.r2ts.end()) return "a Data-Out answers no R2T (11.7.4)";
  if (load_be64(&pdu.bytes[8]) != task.lun) return "a Data-Out has another LUN than its R2T (11.7.4)";
  const auto in_turn = std::ranges::find_if(task.r2ts, [](const WatchedR2t& one) { return !one.answered; });
  if (agreed.data_sequence_in_order && in_turn != r2t) return "R2Ts are not answered in order (13.19)";
  if (pdu.u32(36) != r2t->data_sn) return "DataSN of solicited data (11.7.5)";
  ++r2t->data_sn;
  const std::uint32_t offset = pdu.u32(40);
  const std::uint32_t length = pdu.data_length();
  if (offset < r2t->offset || offset - r2t->offset > r2t->length || length > r2t->length - (offset - r2t->offset))
    return "a Data-Out lies outside its R2T (11.7.6)";
  if (agreed.data_pdu_in_order && offset != r2t->offset + r2t->sent) return "Data-Out PDUs are not in order (13.18)";
  r2t->sent += length;
  if (r2t->sent > r2t->length) return "more data than an R2T asks for (11.8.4)";
  r2t->answered = is_final(pdu);
  if (r2t->answered && r2t->sent != r2t->length) return "the F bit before all data that an R2T asks for (11.7.1)";
  return std::nullopt;
}

}  // namespace

Complaint command_sent(const WatchedConnection& connection, const WirePdu& pdu, WatchedTask& task) {
  const Agreed& agreed = connection.session->agreed;
  task.read = (pdu.u8(1) & 0x40) != 0;
  task.write = (pdu.u8(1) & 0x20) != 0;
  task.expected = pdu.u32(20);
  const std::uint32_t immediate = pdu.data_length();
  if (!task.read && !task.write && task.expected != 0) return "a length without a direction (11.3.4)";
  if (agreed.protocol_level < 2 && pdu.u8(2) != 0) return "a priority without iSCSIProtocolLevel 2 (7144 5.1.1)";
  if (pdu.u8(2) % 16 != 0) return "SCSI Command: a reserved field at byte 2";
  if (immediate != 0 && !task.write) return "immediate data of a command that does not write (11.3.5)";
  if (immediate != 0 && !agreed.immediate_data) return "immediate data although ImmediateData=No (13.11)";
  if (immediate > unsolicited_limit(agreed, task)) return "immediate data beyond FirstBurstLength (13.14)";
  if (!is_final(pdu) && (agreed.initial_r2t || !task.write))
    return "unsolicited data announced against InitialR2T (13.10)";
  task.unsolicited = immediate;
  task.unsolicited_open = !is_final(pdu);
  return std::nullopt;
}

Complaint data_out_sent(WatchedConnection& connection, const WirePdu& pdu) {
  const auto found = connection.session->tasks.find(pdu.u32(16));
  // The response may have come while this was on its way to the transport.
  if (found == connection.session->tasks.end() || found->second.ended) return std::nullopt;
  WatchedTask& task = found->second;
  if (task.connection != &connection) return "a Data-Out on another connection than its command (4.2.2.1)";
  const Agreed& agreed = connection.session->agreed;
  return pdu.u32(20) == kNoTag ? unsolicited_sent(agreed, pdu, task) : solicited_sent(agreed, pdu, task);
}

Complaint data_in_sent(const WatchedConnection& connection, const WirePdu& pdu, WatchedTask& task) {
  const Agreed& agreed = connection.session->agreed;
  const std::uint32_t data_sn = pdu.u32(36);
  const std::uint32_t offset = pdu.u32(40);
  const std::uint32_t length = pdu.data_length();
  if (!task.read) return "Data-In for a command that does not read (11.7)";
  if (agreed.error_recovery_level > 0 && data_sn < task.data_in_pdus) {
    const bool is_same =
        data_sn < task.data_in_places.size() && task.data_in_places[data_sn] == std::pair(offset, length);
    if (!is_same && !task.resegmented) return "a Data-In that comes again is another one (11.16)";
    return std::nullopt;
  }
  if (data_sn != task.data_in_pdus) return "DataSN of a Data-In is not the next one (11.7.5)";
  ++task.data_in_pdus;
  if (agreed.error_recovery_level > 0) task.data_in_places.emplace_back(offset, length);
  if (offset > task.expected || length > task.expected - offset) return "Data-In beyond what is expected (11.3.4)";
  if (agreed.data_pdu_in_order && agreed.data_sequence_in_order && offset != task.data_in_bytes)
    return "Data-In is not in order (13.18)";
  if (length != 0 && !task.data_in_offsets.insert(offset).second) return "Data-In for bytes that were sent (13.18)";
  task.data_in_bytes += length;
  task.sequence_bytes += length;
  if (task.data_in_bytes > task.expected) return "more Data-In than is expected (11.3.4)";
  if (task.sequence_bytes > agreed.max_burst_length) return "a Data-In sequence is longer than MaxBurstLength (13.13)";
  if (is_final(pdu)) task.sequence_bytes = 0;
  if ((pdu.u8(1) & 0x40) != 0 && agreed.error_recovery_level == 0) return "the A bit at ErrorRecoveryLevel 0 (11.7.2)";
  if ((pdu.u8(1) & 0x01) == 0) return std::nullopt;
  task.ended = true;
  const auto said = moved(pdu, task.expected, 0x04, 0x02);
  if (!said) return "a residual that cannot be (11.4.5.1)";
  if (pdu.u8(3) == kGood && *said != task.data_in_bytes) return "GOOD over read data that was not sent (11.4.5)";
  return std::nullopt;
}

Complaint r2t_sent(const WatchedConnection& connection, const WirePdu& pdu, WatchedTask& task) {
  const Agreed& agreed = connection.session->agreed;
  const WatchedR2t r2t{.ttt = pdu.u32(20), .offset = pdu.u32(40), .length = pdu.u32(44)};
  const std::uint32_t r2t_sn = pdu.u32(36);
  if (!task.write) return "R2T for a command that does not write (11.8)";
  if (agreed.error_recovery_level > 0 && r2t_sn < task.r2ts.size()) return std::nullopt;
  if (r2t_sn != task.r2ts.size()) return "R2TSN is not the next one (11.8.1)";
  if (r2t.ttt == kNoTag) return "R2T with the reserved Target Transfer Tag (11.8.5)";
  if (load_be64(&pdu.bytes[8]) != task.lun) return "R2T with another LUN than its command (11.8)";
  if (r2t.length == 0 || r2t.length > agreed.max_burst_length) return "R2T for more than MaxBurstLength (11.8.4)";
  if (r2t.offset > task.expected || r2t.length > task.expected - r2t.offset)
    return "R2T beyond what the initiator expects to send (11.8.4)";
  std::uint32_t outstanding = 1;
  for (const WatchedR2t& other : task.r2ts) {
    const bool overlaps = r2t.offset < other.offset + other.length && other.offset < r2t.offset + r2t.length;
    // A recovery R2T asks again, and the R2T whose sequence timed out is outstanding no longer.
    //= rfc7143#13.17
    const bool superseded = agreed.error_recovery_level > 0 && overlaps;
    if (!other.answer_arrived && !superseded) ++outstanding;
    if (other.ttt == r2t.ttt && !other.answer_arrived) return "a Target Transfer Tag is used twice (11.8.5)";
    if (agreed.error_recovery_level > 0) continue;
    if (overlaps) return "R2T for bytes that were asked for (11.8.4)";
    if (agreed.data_sequence_in_order && r2t.offset < other.offset) return "R2Ts are not in order (13.19)";
  }
  if (outstanding > agreed.max_outstanding_r2t) return "more R2Ts than MaxOutstandingR2T (13.17)";
  task.r2ts.push_back(r2t);
  return std::nullopt;
}

Complaint response_complaint(const WatchedConnection& connection, const WirePdu& pdu, const WatchedTask& task) {
  const Agreed& agreed = connection.session->agreed;
  const bool completed = pdu.u8(2) == 0;
  const std::uint32_t exp_data_sn = completed ? task.data_in_pdus : 0;
  if (pdu.u32(36) != exp_data_sn && !task.resegmented) return "ExpDataSN is not the number of Data-In PDUs (11.4.8)";
  if ((pdu.u8(1) & 0x18) != 0) return "a bidirectional residual without such a command (11.4.1)";
  if (agreed.protocol_level < 2 && load_be16(&pdu.bytes[8]) != 0)
    return "a status qualifier without iSCSIProtocolLevel 2 (7144 5.2.1)";
  const auto said = moved(pdu, task.expected, 0x04, 0x02);
  if (!said) return "a residual that cannot be (11.4.5.1)";
  if (!completed || pdu.u8(3) != kGood) return std::nullopt;
  if (task.read && *said != task.data_in_bytes) return "GOOD over read data that was not sent (11.4.5)";
  if (task.write && (task.damaged || task.arrived < *said)) return "GOOD over write data that has not come (11.4.2)";
  return std::nullopt;
}

void snack_arrived(WatchedConnection& connection, const WirePdu& pdu) {
  constexpr std::uint8_t kResegment = 3;
  const auto found = connection.session->tasks.find(pdu.u32(16));
  if (found != connection.session->tasks.end() && (pdu.u8(1) & 0x0f) == kResegment) found->second.resegmented = true;
}

void data_out_arrived(WatchedConnection& connection, const WirePdu& pdu) {
  const auto found = connection.session->tasks.find(pdu.u32(16));
  if (found == connection.session->tasks.end()) return;
  WatchedTask& task = found->second;
  if (pdu.data_damaged) {
    if (connection.session->agreed.error_recovery_level == 0) task.damaged = true;
  } else {
    task.arrived += pdu.data_length();
  }
  if (!is_final(pdu)) return;
  for (WatchedR2t& r2t : task.r2ts) {
    if (r2t.ttt == pdu.u32(20)) r2t.answer_arrived = true;
  }
}

void r2t_arrived(const WirePdu& pdu, WatchedTask& task) {
  for (WatchedR2t& r2t : task.r2ts) {
    if (r2t.ttt == pdu.u32(20)) r2t.delivered = true;
  }
}

}  // namespace lunway::simulator
