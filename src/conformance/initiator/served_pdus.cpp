// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The PDUs that a served link makes.
//= rfc7143#11

#include "base/big_endian.h"
#include "conformance/initiator/served_link.h"

namespace lunway::conformance {

using wire::Opcode;

namespace {

constexpr std::uint32_t kCheckConditionStatus = 0x02;

/// The residual of a read or write that moved `moved` bytes.
//= rfc7143#11.4.5
void set_residual(Pdu& pdu, std::uint32_t expected, std::uint64_t moved) {
  if (moved == expected) return;
  pdu.set(moved < expected ? field::kUnderflow : field::kOverflow, 1);
  pdu.set(field::kResidual, moved < expected ? expected - moved : moved - expected);
}

}  // namespace

Pdu ServedLink::stamped(Pdu pdu, bool with_status) {
  pdu.set(field::kStatSn, with_status ? stat_sn_++ : stat_sn_);
  pdu.set(field::kExpCmdSn, exp_cmd_sn_);
  pdu.set(field::kMaxCmdSn, exp_cmd_sn_ + window_ - 1);
  return pdu;
}

Pdu ServedLink::scsi_response(const Pdu& command, std::uint8_t status, Bytes sense) {
  Pdu pdu(Opcode::scsi_response);
  pdu.set(field::kFinal, 1).set(field::kItt, command[field::kItt]).set(field::kStatus, status);
  if (!sense.empty()) {
    pdu.data.resize(2);
    store_be16(pdu.data.data(), static_cast<std::uint16_t>(sense.size()));
    pdu.data.insert(pdu.data.end(), sense.begin(), sense.end());
  }
  if (status == kCheckConditionStatus) set_residual(pdu, command[field::kExpectedLength], 0);
  return stamped(std::move(pdu), true);
}

Pdu ServedLink::data_in(const Pdu& command, std::uint32_t data_sn, std::uint32_t offset, Bytes data, bool final) {
  Pdu pdu(Opcode::data_in);
  pdu.set(field::kFinal, final ? 1 : 0).set(field::kItt, command[field::kItt]).set(field::kTtt, kReservedTag);
  pdu.set(field::kDataSn, data_sn).set(field::kBufferOffset, offset).with_data(data);
  // StatSN only beside a status.
  //= rfc7143#11.7.3
  return stamped(std::move(pdu), false).set(field::kStatSn, 0);
}

Pdu ServedLink::data_in_with_status(const Pdu& command, std::uint32_t data_sn, std::uint32_t offset, Bytes data) {
  Pdu pdu = data_in(command, data_sn, offset, data, true);
  pdu.set(field::kHasStatus, 1);
  set_residual(pdu, command[field::kExpectedLength], std::uint64_t{offset} + data.size());
  return stamped(std::move(pdu), true);
}

Pdu ServedLink::r2t(const Pdu& command, std::uint32_t r2t_sn, std::uint32_t offset, std::uint32_t length) {
  Pdu pdu(Opcode::ready_to_transfer);
  pdu.set(field::kFinal, 1).set(field::kLun, command.get(field::kLun)).set(field::kItt, command[field::kItt]);
  pdu.set(field::kTtt, next_ttt_++).set(field::kR2tSn, r2t_sn);
  pdu.set(field::kBufferOffset, offset).set(field::kDesiredLength, length);
  return stamped(std::move(pdu), false);
}

Pdu ServedLink::nop_in(const Pdu& request) {
  Pdu pdu(Opcode::nop_in);
  pdu.set(field::kFinal, 1).set(field::kItt, request[field::kItt]).set(field::kTtt, kReservedTag);
  pdu.with_data(request.data);
  return stamped(std::move(pdu), true);
}

Pdu ServedLink::ping() {
  Pdu pdu(Opcode::nop_in);
  pdu.set(field::kFinal, 1).set(field::kItt, kReservedTag).set(field::kTtt, next_ttt_++);
  return stamped(std::move(pdu), false);
}

Pdu ServedLink::unsolicited_nop_in() { return ping().set(field::kTtt, kReservedTag); }

Pdu ServedLink::async_message(std::uint8_t event, std::uint32_t parameter1, std::uint32_t parameter2,
                              std::uint32_t parameter3) {
  Pdu pdu(Opcode::asynchronous_message);
  pdu.set(field::kFinal, 1).set(field::kItt, kReservedTag).set(field::kAsyncEvent, event);
  pdu.set(field::kParameter1, parameter1).set(field::kParameter2, parameter2).set(field::kParameter3, parameter3);
  return stamped(std::move(pdu), true);
}

Pdu ServedLink::reject(const Pdu& bad, std::uint8_t reason) {
  // A command that is rejected leaves a gap in CmdSN.
  //= rfc7143#7.3
  if (bad.is(Opcode::scsi_command) && bad[field::kImmediate] == 0) exp_cmd_sn_ = bad[field::kCmdSn];
  Pdu pdu(Opcode::reject);
  pdu.set(field::kFinal, 1).set(field::kItt, kReservedTag).set(field::kRejectReason, reason);
  const std::vector<std::byte> bytes = encode(bad, {});
  pdu.with_data(Bytes(bytes).first(wire::kHeaderSize));
  return stamped(std::move(pdu), true);
}

Pdu ServedLink::task_management_response(const Pdu& request, std::uint8_t response) {
  Pdu pdu(Opcode::task_management_response);
  pdu.set(field::kFinal, 1).set(field::kItt, request[field::kItt]).set(field::kResponse, response);
  return stamped(std::move(pdu), true);
}

Pdu ServedLink::text_response(const Pdu& request, const Text& text) {
  Pdu pdu(Opcode::text_response);
  pdu.set(field::kFinal, 1).set(field::kItt, request[field::kItt]).set(field::kTtt, kReservedTag).with_text(text);
  return stamped(std::move(pdu), true);
}

Pdu ServedLink::logout_response(const Pdu& request, std::uint8_t response) {
  Pdu pdu(Opcode::logout_response);
  pdu.set(field::kFinal, 1).set(field::kItt, request[field::kItt]).set(field::kResponse, response);
  return stamped(std::move(pdu), true);
}

void ServedLink::send_status(const Pdu& command, const ScsiAnswer& answer, std::uint32_t data_pdus) {
  Pdu pdu = scsi_response(command, answer.status, answer.sense);
  const bool reads = command[field::kRead] != 0;
  if (answer.status == 0 && reads) set_residual(pdu, command[field::kExpectedLength], answer.data.size());
  pdu.set(field::kExpDataSn, data_pdus);
  say(std::move(pdu));
}

}  // namespace lunway::conformance
