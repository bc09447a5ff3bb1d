// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/initiator/served_link.h"

#include <algorithm>

#include "base/big_endian.h"
#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "runtime/clock.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

constexpr std::uint32_t kMaxTransfer = 16U << 20;
constexpr std::uint8_t kFunctionComplete = 0;
constexpr std::uint8_t kInvalidField = 9;
constexpr std::uint32_t kDefaultBurst = 262144;

/// Its CmdSN has a place in the order of commands.
//= rfc7143#4.2.2.1
bool is_numbered(const Pdu& pdu) {
  const bool counts = pdu.opcode() != Opcode::data_out && pdu.opcode() != Opcode::snack_request;
  return counts && pdu[field::kImmediate] == 0;
}

}  // namespace

Cdb cdb_of(const Pdu& command) {
  Cdb cdb{};
  store_be64(cdb.data(), command.get(field::kCdb0));
  store_be64(&cdb[8], command.get(field::kCdb8));
  return cdb;
}

ServedLink::ServedLink(InitiatorScript& script, Connection& connection, LoginSeen login, const LoginAnswers& answers)
    : script_(script),
      connection_(connection),
      login_(std::move(login)),
      stat_sn_(answers.stat_sn + static_cast<std::uint32_t>(login_.responses.size())),
      exp_cmd_sn_(login_.requests.empty() ? 0 : login_.requests.back()[field::kCmdSn]),
      window_(answers.window),
      targets_{{script.target_name(), {script.portal() + ",1"}}} {}

Arrival ServedLink::receive(Duration within) {
  Arrival arrival = connection_.receive(within);
  if (arrival.kind == Arrival::Kind::pdu) take_in(arrival.pdu);
  return arrival;
}

Arrival ServedLink::receive() { return receive(script_.patience().answer); }

void ServedLink::take_in(const Pdu& pdu) {
  if (is_numbered(pdu) && pdu[field::kCmdSn] == exp_cmd_sn_) ++exp_cmd_sn_;
}

void ServedLink::say(Pdu pdu) {
  if (bend_) bend_(pdu);
  send(pdu);
}

void ServedLink::answer(const Pdu& pdu) {
  // Behind a gap in CmdSN, nothing is carried out.
  //= rfc7143#4.2.2.1
  if (is_numbered(pdu) && static_cast<std::int32_t>(pdu[field::kCmdSn] - exp_cmd_sn_) >= 0) return;
  switch (pdu.opcode()) {
    case Opcode::nop_out:
      if (pdu[field::kItt] != kReservedTag) say(nop_in(pdu));
      break;
    case Opcode::scsi_command:
      answer_command(pdu);
      break;
    case Opcode::task_management_request:
      writes_.erase(pdu[field::kReferencedTag]);
      say(task_management_response(pdu, kFunctionComplete));
      break;
    case Opcode::text_request:
      answer_text(pdu);
      break;
    case Opcode::data_out:
      answer_data(pdu);
      break;
    case Opcode::logout_request:
      answer_logout(pdu);
      break;
    default:
      script_.fail("a PDU that an initiator sends in this phase", summary_of(pdu), "11.2.1.2");
  }
}

void ServedLink::answer_logout(const Pdu& pdu) {
  logged_out_ = true;
  say(logout_response(pdu));
}

void ServedLink::answer_text(const Pdu& pdu) {
  const Text heard = pdu.text();
  if (find_value(heard, "SendTargets") != nullptr) {
    say(text_response(pdu, target_text()));
    return;
  }
  Text text;
  for (const KeyValue& pair : heard) {
    if (const auto plain = plain_answer(pair)) text.push_back({pair.key, *plain});
  }
  say(text_response(pdu, text));
}

Text ServedLink::target_text() const {
  Text text;
  for (const TargetRecord& target : targets_) {
    text.push_back({"TargetName", target.name});
    for (const std::string& address : target.addresses) text.push_back({"TargetAddress", address});
  }
  return text;
}

ScsiAnswer ServedLink::run(const Pdu& command, Bytes written) {
  const Cdb cdb = cdb_of(command);
  return command.get(field::kLun) == 0 ? script_.disk().execute(cdb, written) : PlainDisk::execute_elsewhere(cdb);
}

void ServedLink::answer_command(const Pdu& pdu) {
  if (pdu[field::kWrite] == 0) {
    finish(pdu);
    return;
  }
  const std::uint32_t expected = pdu[field::kExpectedLength];
  if (expected > kMaxTransfer || pdu.data.size() > expected) {
    say(reject(pdu, kInvalidField));
    return;
  }
  Write write{.command = pdu, .data = std::vector<std::byte>(expected)};
  copy_bytes(write.data, pdu.data);
  write.received = static_cast<std::uint32_t>(pdu.data.size());
  write.asked = write.received;
  write.unsolicited_open = pdu[field::kFinal] == 0;
  writes_[pdu[field::kItt]] = std::move(write);
  go_on(pdu[field::kItt]);
}

void ServedLink::answer_data(const Pdu& pdu) {
  const auto found = writes_.find(pdu[field::kItt]);
  // What is left of a task that has ended.
  if (found == writes_.end()) return;
  Write& write = found->second;
  const std::size_t end = std::size_t{pdu[field::kBufferOffset]} + pdu.data.size();
  if (end > write.data.size()) {
    script_.fail("a Data-Out lies within the transfer", summary_of(pdu), "11.7.6");
  }
  copy_bytes(MutableBytes(write.data).subspan(pdu[field::kBufferOffset]), pdu.data);
  write.received += static_cast<std::uint32_t>(pdu.data.size());
  if (pdu[field::kFinal] != 0 && pdu[field::kTtt] == kReservedTag) {
    write.unsolicited_open = false;
    write.asked = write.received;
  }
  go_on(pdu[field::kItt]);
}

/// Asks for the next burst of a write, or ends it.
void ServedLink::go_on(std::uint32_t itt) {
  Write& write = writes_.at(itt);
  if (write.unsolicited_open || write.received < write.asked) return;
  const auto size = static_cast<std::uint32_t>(write.data.size());
  if (write.asked == size) {
    const Write done = std::move(write);
    writes_.erase(itt);
    send_status(done.command, run(done.command, done.data), done.r2t_sn);
    return;
  }
  const std::uint32_t length = std::min(size - write.asked, login_.number("MaxBurstLength", kDefaultBurst));
  Pdu pdu = r2t(write.command, write.r2t_sn++, write.asked, length);
  write.asked += length;
  say(std::move(pdu));
}

std::vector<std::byte> ServedLink::data_for(const Pdu& command) {
  std::vector<std::byte> data = run(command, {}).data;
  data.resize(std::min<std::size_t>(data.size(), command[field::kExpectedLength]));
  return data;
}

void ServedLink::finish(const Pdu& command, Bytes written) {
  ScsiAnswer answer = run(command, written);
  if (command[field::kRead] == 0) answer.data.clear();
  const std::size_t fits = std::min<std::size_t>(answer.data.size(), command[field::kExpectedLength]);
  const std::size_t segment = login_.max_data_in();
  send_data(command, Bytes(answer.data).first(fits), 0, 0);
  send_status(command, answer, static_cast<std::uint32_t>((fits + segment - 1) / segment));
}

void ServedLink::finish_from(const Pdu& command, std::uint32_t at, std::uint32_t data_sn) {
  const ScsiAnswer answer = run(command, {});
  const std::size_t segment = login_.max_data_in();
  const std::size_t fits = std::min<std::size_t>(answer.data.size(), command[field::kExpectedLength]);
  send_data(command, Bytes(answer.data).first(fits), at, data_sn);
  send_status(command, answer, data_sn + static_cast<std::uint32_t>((fits - at + segment - 1) / segment));
}

void ServedLink::send_data(const Pdu& command, Bytes data, std::uint32_t at, std::uint32_t data_sn) {
  const std::size_t segment = login_.max_data_in();
  const std::uint32_t burst = login_.number("MaxBurstLength", kDefaultBurst);
  std::uint32_t in_burst = 0;
  while (at < data.size()) {
    const std::size_t room = std::min<std::size_t>(segment, burst - in_burst);
    const Bytes part = data.subspan(at, std::min(room, data.size() - at));
    at += static_cast<std::uint32_t>(part.size());
    in_burst += static_cast<std::uint32_t>(part.size());
    const bool final = at == data.size() || in_burst == burst;
    say(data_in(command, data_sn++, at - static_cast<std::uint32_t>(part.size()), part, final));
    if (final) in_burst = 0;
  }
}

Arrival ServedLink::serve_until(const Wanted& wanted) {
  const Instant deadline = script_.deadline();
  for (;;) {
    Arrival arrival = receive(script_.patience().answer);
    if (arrival.kind != Arrival::Kind::pdu || wanted(arrival.pdu)) return arrival;
    answer(arrival.pdu);
    if (runtime::read_clock() > deadline) return {Arrival::Kind::silence};
  }
}

Arrival ServedLink::serve_until(Opcode opcode) {
  return serve_until([opcode](const Pdu& pdu) { return pdu.is(opcode); });
}

Pdu ServedLink::expect(const Wanted& wanted, std::string_view expected) {
  Arrival arrival = serve_until(wanted);
  if (arrival.kind != Arrival::Kind::pdu) script_.fail(expected, describe(arrival) + script_.driver_state());
  return std::move(arrival.pdu);
}

Pdu ServedLink::expect(Opcode opcode, std::string_view expected) {
  const std::string name = name_of(Pdu(opcode));
  return expect([opcode](const Pdu& pdu) { return pdu.is(opcode); },
                expected.empty() ? name : name + ": " + std::string(expected));
}

Pdu ServedLink::await_read() {
  Arrival arrival = serve_until([](const Pdu& pdu) { return pdu.is(Opcode::scsi_command) && is_read(cdb_of(pdu)); });
  if (arrival.kind != Arrival::Kind::pdu) script_.inconclusive("no READ came" + script_.driver_state());
  return std::move(arrival.pdu);
}

Pdu ServedLink::await_write() {
  Arrival arrival = serve_until([](const Pdu& pdu) { return pdu.is(Opcode::scsi_command) && is_write(cdb_of(pdu)); });
  if (arrival.kind != Arrival::Kind::pdu) script_.inconclusive("no WRITE came" + script_.driver_state());
  return std::move(arrival.pdu);
}

}  // namespace lunway::conformance
