// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/target/link.h"

#include <algorithm>
#include <charconv>

#include "base/big_endian.h"
#include "conformance/target/target_script.h"
#include "wire/lun.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

constexpr std::uint64_t kSimpleTask = 1;
constexpr std::size_t kSenseLengthSize = 2;
constexpr std::uint32_t kUnitAttention = 0x6;
constexpr int kMostAttentions = 8;
constexpr std::uint32_t kMaxTransfer = 64U << 20;

bool is_ping(const Pdu& pdu) {
  return pdu.is(Opcode::nop_in) && pdu[field::kItt] == kNoTag && pdu[field::kTtt] != kNoTag;
}

/// Its StatSN is a place in the sequence, which the next PDU with status moves on.
//= rfc7143#4.2.2.2
bool carries_status(const Pdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::ready_to_transfer:
      return false;
    case Opcode::data_in:
      return pdu[field::kHasStatus] != 0;
    case Opcode::nop_in:
      return pdu[field::kItt] != kNoTag;
    default:
      return true;
  }
}

}  // namespace

bool Completion::good() const {
  const bool at_target = status.is(Opcode::data_in) || status[field::kResponse] == 0;
  return at_target && scsi_status() == 0;
}

std::uint32_t Completion::sense() const {
  if (!status.is(Opcode::scsi_response) || status.data.size() < kSenseLengthSize + 14) return 0;
  const Bytes sense = Bytes(status.data).subspan(kSenseLengthSize);
  const bool descriptor = (load_u8(sense.data()) & 0x7f) >= 0x72;
  const std::size_t key_at = descriptor ? 1 : 2;
  const std::size_t code_at = descriptor ? 2 : 12;
  return (load_u8(&sense[key_at]) & 0x0fU) << 16 | load_be16(&sense[code_at]);
}

Link::Link(TargetScript& script, Connection& connection, std::shared_ptr<SessionNumbers> numbers, std::uint16_t cid,
           Text answers, std::uint32_t exp_stat_sn)
    : script_(script),
      connection_(connection),
      numbers_(std::move(numbers)),
      cid_(cid),
      answers_(std::move(answers)),
      exp_stat_sn_(exp_stat_sn) {}

std::string Link::value(std::string_view key, std::string_view otherwise) const {
  const std::string* found = find_value(answers_, key);
  return found == nullptr ? std::string(otherwise) : *found;
}

std::uint32_t Link::number(std::string_view key, std::uint32_t otherwise) const {
  const std::string text = value(key, {});
  std::uint32_t number = otherwise;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const char* begin = text.data() + (hex ? 2 : 0);
  (void)std::from_chars(begin, text.data() + text.size(), number, hex ? 16 : 10);
  return number;
}

bool Link::is_yes(std::string_view key, bool otherwise) const { return value(key, otherwise ? "Yes" : "No") == "Yes"; }

Pdu Link::numbered(Pdu pdu, Delivery delivery) {
  pdu.set(field::kImmediate, delivery == Delivery::immediate ? 1 : 0);
  pdu.set(field::kItt, numbers_->next_itt++);
  pdu.set(field::kCmdSn, delivery == Delivery::immediate ? numbers_->cmd_sn : numbers_->cmd_sn++);
  pdu.set(field::kExpStatSn, exp_stat_sn_);
  return pdu;
}

Pdu Link::nop_out(Delivery delivery) {
  return numbered(Pdu(Opcode::nop_out).set(field::kFinal, 1).set(field::kTtt, kNoTag), delivery);
}

Pdu Link::command(const Cdb& cdb, Transfer transfer, Delivery delivery) {
  Pdu pdu(Opcode::scsi_command);
  pdu.set(field::kFinal, 1);
  pdu.set(field::kRead, transfer.read != 0 ? 1 : 0);
  pdu.set(field::kWrite, transfer.write != 0 ? 1 : 0);
  pdu.set(field::kAttribute, kSimpleTask);
  pdu.set(field::kLun, wire::Lun::from_flat(script_.target().lun).value());
  pdu.set(field::kExpectedLength, transfer.write != 0 ? transfer.write : transfer.read);
  pdu.set(field::kCdb0, load_be64(cdb.data()));
  pdu.set(field::kCdb8, load_be64(cdb.data() + 8));
  return numbered(std::move(pdu), delivery);
}

Pdu Link::command_to(unsigned lun, const Cdb& cdb, Transfer transfer) {
  return command(cdb, transfer).set(field::kLun, wire::Lun::from_flat(lun).value());
}

Pdu Link::text_request(const Text& text, Delivery delivery) {
  return numbered(Pdu(Opcode::text_request).set(field::kFinal, 1).set(field::kTtt, kNoTag).with_text(text), delivery);
}

Pdu Link::logout_request(std::uint8_t reason, std::optional<std::uint16_t> cid, Delivery delivery) {
  Pdu pdu(Opcode::logout_request);
  pdu.set(field::kFinal, 1);
  pdu.set(field::kLogoutReason, reason);
  // Closing the session leaves the CID reserved.
  //= rfc7143#11.14.2
  if (reason != 0) pdu.set(field::kCid, cid.value_or(cid_));
  return numbered(std::move(pdu), delivery);
}

Pdu Link::task_management(std::uint8_t function, std::uint32_t referenced_tag, Delivery delivery) {
  Pdu pdu(Opcode::task_management_request);
  pdu.set(field::kFinal, 1);
  pdu.set(field::kFunction, function);
  pdu.set(field::kLun, wire::Lun::from_flat(script_.target().lun).value());
  pdu.set(field::kReferencedTag, referenced_tag);
  return numbered(std::move(pdu), delivery);
}

Pdu Link::data_out(const Pdu& command, std::uint32_t ttt, std::uint32_t data_sn, std::uint32_t offset, Bytes data,
                   bool final) {
  Pdu pdu(Opcode::data_out);
  pdu.set(field::kFinal, final ? 1 : 0);
  // A LUN only beside a Target Transfer Tag.
  //= rfc7143#11.7.4
  if (ttt != kNoTag) pdu.set(field::kLun, command.get(field::kLun));
  pdu.set(field::kItt, command[field::kItt]);
  pdu.set(field::kTtt, ttt);
  pdu.set(field::kExpStatSn, exp_stat_sn_);
  pdu.set(field::kDataSn, data_sn);
  pdu.set(field::kBufferOffset, offset);
  return std::move(pdu).with_data(data);
}

Pdu Link::snack(std::uint8_t type, std::uint32_t itt, std::uint32_t tag, std::uint32_t beg_run,
                std::uint32_t run_length) {
  Pdu pdu(Opcode::snack_request);
  pdu.set(field::kFinal, 1);
  pdu.set(field::kSnackType, type);
  pdu.set(field::kItt, itt);
  pdu.set(field::kTtt, tag);
  pdu.set(field::kExpStatSn, exp_stat_sn_);
  pdu.set(field::kBegRun, beg_run);
  pdu.set(field::kRunLength, run_length);
  return pdu;
}

Arrival Link::receive(std::optional<Duration> within) {
  for (;;) {
    Arrival arrival = connection_.receive(within.value_or(script_.patience().answer));
    if (arrival.kind != Arrival::Kind::pdu) return arrival;
    take_in(arrival.pdu);
    if (!is_ping(arrival.pdu)) return arrival;
    Pdu pong = nop_out(Delivery::immediate);
    pong.set(field::kItt, kNoTag);
    pong.set(field::kTtt, arrival.pdu[field::kTtt]);
    pong.set(field::kLun, arrival.pdu.get(field::kLun));
    send(pong);
  }
}

Pdu Link::expect(Opcode opcode, std::string_view expected) {
  Arrival arrival = receive();
  if (!arrival.is(opcode)) {
    const std::string wanted = name_of(Pdu(opcode));
    script_.fail(expected.empty() ? wanted : wanted + ": " + std::string(expected), describe(arrival));
  }
  return std::move(arrival.pdu);
}

Pdu Link::expect_answer(const Pdu& request, Opcode opcode, std::string_view expected) {
  Pdu answer = expect(opcode, expected);
  script_.require_field(answer, field::kItt, request.get(field::kItt));
  return answer;
}

void Link::ping(std::string_view expected) {
  const Pdu request = nop_out(Delivery::immediate);
  send(request);
  for (;;) {
    const Arrival arrival = receive();
    if (arrival.kind != Arrival::Kind::pdu) script_.fail(expected, describe(arrival));
    if (arrival.is(Opcode::nop_in) && arrival.pdu[field::kItt] == request[field::kItt]) return;
  }
}

void Link::expect_nothing_but_ping(std::string_view expected) {
  const Pdu request = nop_out(Delivery::immediate);
  send(request);
  const Arrival arrival = receive();
  const bool is_answer = arrival.is(Opcode::nop_in) && arrival.pdu[field::kItt] == request[field::kItt];
  if (!is_answer) script_.fail(expected, describe(arrival));
}

Completion Link::run(const Pdu& command, Bytes out) {
  send(command);
  return finish(command, out);
}

Completion Link::finish(const Pdu& command, Bytes out) {
  Completion done;
  for (;;) {
    Arrival arrival = receive();
    if (arrival.kind != Arrival::Kind::pdu) script_.fail("the command ends with a status", describe(arrival));
    Pdu& pdu = arrival.pdu;
    if (pdu[field::kItt] != command[field::kItt]) continue;
    if (pdu.is(Opcode::data_in)) {
      const std::size_t end = std::size_t{pdu[field::kBufferOffset]} + pdu.data.size();
      if (end > kMaxTransfer) script_.fail("Data-In lies within the transfer", summary_of(pdu), "11.7.5");
      if (done.data.size() < end) done.data.resize(end);
      copy_bytes(MutableBytes(done.data).subspan(pdu[field::kBufferOffset]), pdu.data);
      done.data_in.push_back(pdu);
      if (pdu[field::kHasStatus] != 0) {
        done.status = std::move(pdu);
        return done;
      }
    } else if (pdu.is(Opcode::ready_to_transfer)) {
      answer(command, pdu, out);
      done.r2ts.push_back(std::move(pdu));
    } else if (pdu.is(Opcode::scsi_response)) {
      done.status = std::move(pdu);
      return done;
    } else {
      script_.fail("the command ends with a status", summary_of(pdu));
    }
  }
}

Completion Link::run_good(const Cdb& cdb, Transfer transfer, Bytes out) {
  for (int tries = 0;; ++tries) {
    Completion done = run(command(cdb, transfer), out);
    if (done.good()) return done;
    const bool attention = done.sense() >> 16 == kUnitAttention;
    if (!attention || tries == kMostAttentions) {
      script_.inconclusive("a plain command did not end GOOD: " + summary_of(done.status));
    }
  }
}

void Link::clear_attentions() { (void)run_good(cdb::test_unit_ready()); }

void Link::answer(const Pdu& command, const Pdu& r2t, Bytes out) {
  std::uint32_t offset = r2t[field::kBufferOffset];
  const std::size_t end = std::size_t{offset} + r2t[field::kDesiredLength];
  if (end > out.size()) {
    script_.fail("an R2T asks for data within the command's", summary_of(r2t), "11.8.4");
  }
  for (std::uint32_t data_sn = 0; offset < end; ++data_sn) {
    const std::size_t size = std::min<std::size_t>(end - offset, max_data_out());
    const Bytes part = out.subspan(offset, size);
    send(data_out(command, r2t[field::kTtt], data_sn, offset, part, offset + size == end));
    offset += static_cast<std::uint32_t>(size);
  }
}

std::uint32_t Link::max_data_out() const {
  return std::max<std::uint32_t>(512, number("MaxRecvDataSegmentLength", 8192));
}

void Link::logout() {
  const Pdu request = logout_request(0);
  send(request);
  expect_answer(request, Opcode::logout_response);
}

void Link::take_in(const Pdu& pdu) {
  if (carries_status(pdu)) exp_stat_sn_ = pdu[field::kStatSn] + 1;
}

}  // namespace lunway::conformance
