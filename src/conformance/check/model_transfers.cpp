// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How data moves within a task.
//= rfc7143#4.2.5.2

#include <algorithm>

#include "conformance/check/model.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

void take_data_in(ReadProgress& read, const Pdu& pdu) {
  const std::size_t length = pdu.data.size();
  ++read.pdus;
  read.bytes += length;
  read.sequence_bytes += length;
  read.next_offset = std::uint64_t{pdu[field::kBufferOffset]} + length;
  read.sequence_ended = pdu[field::kFinal] != 0;
  if (read.sequence_ended) read.sequence_bytes = 0;
}

void take_r2t(SessionModel& session, WriteProgress& write, const Pdu& pdu) {
  const std::uint32_t offset = pdu[field::kBufferOffset];
  const std::uint32_t length = pdu[field::kDesiredLength];
  write.next_r2t_offset = std::uint64_t{offset} + length;
  if (write.open.size() >= SessionModel::kMostR2ts || session.issued_ttts.size() >= SessionModel::kMostTasks) {
    session.is_known = false;
    return;
  }
  session.issued_ttts.insert(pdu[field::kTtt]);
  write.open.push_back({.ttt = pdu[field::kTtt],
                        .offset = offset,
                        .length = length,
                        .lun = pdu.get(field::kLun),
                        .next_offset = offset});
}

void take_data_out(WriteProgress& write, const Pdu& pdu) {
  const auto length = static_cast<std::uint32_t>(pdu.data.size());
  const bool last = pdu[field::kFinal] != 0;
  if (pdu[field::kTtt] == kNoTag) {
    write.unsolicited += length;
    ++write.next_data_sn;
    write.unsolicited_ended = last;
    return;
  }
  const auto r2t = std::ranges::find(write.open, pdu[field::kTtt], &OpenR2t::ttt);
  if (r2t == write.open.end()) return;
  ++r2t->next_data_sn;
  r2t->sent += length;
  r2t->next_offset = pdu[field::kBufferOffset] + length;
  if (last) write.open.erase(r2t);
}

}  // namespace

void follow_transfer(ConnectionModel& connection, const Event& event) {
  const Pdu& pdu = event.pdu;
  SessionModel& session = *connection.session;
  const auto found = session.tasks.find(pdu[field::kItt]);
  if (found == session.tasks.end()) return;
  Task& task = found->second;
  switch (pdu.opcode()) {
    case Opcode::data_in:
      task.next_input_sn = pdu[field::kDataSn] + 1;
      take_data_in(task.read, pdu);
      break;
    case Opcode::ready_to_transfer:
      task.next_input_sn = pdu[field::kR2tSn] + 1;
      take_r2t(session, task.write, pdu);
      break;
    case Opcode::data_out:
      take_data_out(task.write, pdu);
      break;
    default:
      break;
  }
}

}  // namespace lunway::conformance
