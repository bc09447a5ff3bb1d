// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An initiator of few words on a real socket, for tests of a running server: it sends the PDUs that the test names and
// waits for what comes. It acknowledges everything that it has received.

#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "wire/data_out.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/outgoing.h"
#include "wire/ready_to_transfer.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/task_management_request.h"
#include "wire/task_management_response.h"

namespace lunway::target {

class RawInitiator {
 public:
  struct Received {
    wire::Header header{};
    std::vector<std::byte> data;

    wire::Opcode opcode() const { return wire::BasicHeader(wire::HeaderView(header)).opcode(); }
  };

  /// Logs in. The same `number` again is the same initiator port.
  RawInitiator(std::uint16_t port, const std::string& target, std::uint16_t number, const std::string& more_keys = {},
               const std::string& name = "iqn.2026-11.io.lunway:raw")
      : RawInitiator(port, target, number, more_keys, name, wire::kNewSession, wire::CmdSN(1), {}) {}

  /// Takes the place of `lost`, whose session it continues.
  RawInitiator(std::uint16_t port, const std::string& target, std::uint16_t number, const RawInitiator& lost)
      : RawInitiator(port, target, number, {}, "iqn.2026-11.io.lunway:raw", lost.tsih_, lost.cmd_sn(),
                     lost.exp_stat_sn_) {
    last_tag_ = lost.last_tag_;
  }
  ~RawInitiator() { ::close(socket_); }
  RawInitiator(const RawInitiator&) = delete;
  RawInitiator& operator=(const RawInitiator&) = delete;

  bool logged_in() const { return logged_in_; }
  /// The connection is lost, without a word.
  void cut() { ::shutdown(socket_, SHUT_RDWR); }

  void send(const wire::Header& header, Bytes data = {}) {
    wire::Header numbered = header;
    wire::set_exp_stat_sn(numbered, exp_stat_sn_);
    const wire::EncodedPdu pdu(numbered, {}, data, {}, {});
    for (const Bytes piece : pdu.pieces()) {
      ASSERT_EQ(::send(socket_, piece.data(), piece.size(), MSG_NOSIGNAL), static_cast<ssize_t>(piece.size()));
    }
  }

  /// The next PDU but for news of a wider window. Nothing when nothing comes for `patience_ms`, or nothing more comes
  /// at all: see is_closed().
  std::optional<Received> receive(int patience_ms = 10'000) {
    auto pdu = receive_any(patience_ms);
    while (pdu && pdu->opcode() == wire::Opcode::nop_in) pdu = receive_any(patience_ms);
    return pdu;
  }
  bool is_closed() const { return closed_; }
  /// Of the next command.
  wire::CmdSN cmd_sn() const { return wire::CmdSN(cmd_sn_); }

  // ------------------------------------------------------------------------------------------------------ commands

  /// Sends a command; `fields` need no numbers.
  wire::Itt command(std::initializer_list<unsigned> cdb, wire::ScsiCommand::Fields fields = {}) {
    std::size_t at = 0;
    for (const unsigned byte : cdb) fields.cdb.at(at++) = std::byte(static_cast<std::uint8_t>(byte));
    fields.itt = wire::Itt(++last_tag_);
    fields.cmd_sn = wire::CmdSN(cmd_sn_++);
    send(wire::ScsiCommand::build(fields));
    return fields.itt;
  }

  /// A WRITE of one block that stays where it is: the R2T gets no data.
  wire::Itt pending_write(wire::Lun lun) {
    wire::ScsiCommand::Fields fields{.write = true, .lun = lun, .expected_data_transfer_length = 512};
    const wire::Itt tag = command({0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, fields);
    const auto r2t = receive();
    EXPECT_TRUE(r2t && r2t->opcode() == wire::Opcode::ready_to_transfer);
    return tag;
  }

  /// The additional sense code that TEST UNIT READY meets, 0 for GOOD.
  unsigned test_unit_ready(wire::Lun lun) {
    command({0, 0, 0, 0, 0, 0}, {.lun = lun});
    return sense_of(receive());
  }

  /// Of a SCSI Response: ASC and ASCQ, 0 without sense, 0xffff for anything else.
  static unsigned sense_of(const std::optional<Received>& pdu) {
    if (!pdu || pdu->opcode() != wire::Opcode::scsi_response) return 0xffff;
    return pdu->data.size() < 16 ? 0U : unsigned{load_be16(pdu->data.data() + 2 + 12)};
  }

  /// Sends a function and waits for its response.
  wire::TaskManagementResponse::Fields manage(wire::TaskManagementFunction function, wire::Lun lun = {},
                                              wire::Itt task = wire::kNoItt) {
    send(wire::TaskManagementRequest::build({.function = function,
                                             .lun = lun,
                                             .itt = wire::Itt(++last_tag_),
                                             .referenced_task_tag = task,
                                             .cmd_sn = wire::CmdSN(cmd_sn_)}));
    while (const auto pdu = receive()) {
      if (pdu->opcode() == wire::Opcode::task_management_response)
        return wire::TaskManagementResponse(wire::HeaderView(pdu->header)).fields();
    }
    ADD_FAILURE() << "no answer to " << wire::to_string(function);
    return {.response = wire::TaskManagementResponseCode::function_rejected};
  }

 private:
  RawInitiator(std::uint16_t port, const std::string& target, std::uint16_t number, const std::string& more_keys,
               const std::string& name, wire::Tsih tsih, wire::CmdSN cmd_sn, wire::StatSN exp_stat_sn)
      : cmd_sn_(cmd_sn.value()), exp_stat_sn_(exp_stat_sn) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    wire::LoginRequest::Fields login;
    login.flags.transit = true;
    login.flags.csg = wire::LoginStage::login_operational_negotiation;
    login.flags.nsg = wire::LoginStage::full_feature_phase;
    login.isid = wire::Isid::from_random(0x123456, number);
    login.cid = wire::Cid(1);
    login.cmd_sn = wire::CmdSN(cmd_sn_);
    login.tsih = tsih;
    std::string text = "InitiatorName=" + name + "\nTargetName=" + target + "\n" + more_keys;
    std::ranges::replace(text, '\n', '\0');
    send(wire::LoginRequest::build(login), bytes_of(text));
    const auto answer = receive();
    if (!answer || answer->opcode() != wire::Opcode::login_response) return;
    const wire::LoginResponse::Fields response = wire::LoginResponse(wire::HeaderView(answer->header)).fields();
    logged_in_ = response.status == wire::LoginStatus::success;
    tsih_ = response.tsih;
  }

  std::optional<Received> receive_any(int patience_ms) {
    Received pdu;
    if (!read({pdu.header.data(), pdu.header.size()}, patience_ms)) return std::nullopt;
    const wire::ResponseHeader header{wire::HeaderView(pdu.header)};
    pdu.data.resize((header.data_segment_length() + 3) / 4 * 4);
    if (!read(pdu.data, patience_ms)) return std::nullopt;
    pdu.data.resize(header.data_segment_length());
    const bool numbered = pdu.opcode() == wire::Opcode::login_response || pdu.opcode() == wire::Opcode::scsi_response ||
                          pdu.opcode() == wire::Opcode::task_management_response;
    if (numbered) exp_stat_sn_ = header.stat_sn().next();
    return pdu;
  }

  bool read(MutableBytes into, int patience_ms) {
    while (!into.empty() && !closed_) {
      pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, patience_ms) <= 0) return false;
      const ssize_t count = ::recv(socket_, into.data(), into.size(), 0);
      closed_ = count <= 0;
      if (!closed_) into = into.subspan(static_cast<std::size_t>(count));
    }
    return into.empty();
  }

  int socket_ = -1;
  std::uint32_t cmd_sn_ = 1;
  std::uint32_t last_tag_ = 0;
  wire::StatSN exp_stat_sn_;
  wire::Tsih tsih_ = wire::kNewSession;
  bool logged_in_ = false;
  bool closed_ = false;
};

}  // namespace lunway::target
