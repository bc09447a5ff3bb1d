// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A connection in its Full Feature Phase, as a well-behaved target keeps it: it numbers what it makes and answers what
// it is asked. A script takes a PDU that is right, bends it, and sends it.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/initiator/login_desk.h"
#include "conformance/initiator/plain_disk.h"
#include "conformance/peer/connection.h"
#include "conformance/peer/pdu.h"

namespace lunway::conformance {

class InitiatorScript;

inline constexpr std::uint32_t kReservedTag = 0xffffffff;

/// A portal of a target, for an answer to SendTargets.
struct TargetRecord {
  std::string name;
  std::vector<std::string> addresses;  // "127.0.0.1:3260,1"
};

class ServedLink {
 public:
  using Wanted = std::function<bool(const Pdu& pdu)>;

  ServedLink(InitiatorScript& script, Connection& connection, LoginSeen login, const LoginAnswers& answers);

  Connection& connection() { return connection_; }
  const LoginSeen& login() const { return login_; }

  // PDUs that are right. Each takes the next StatSN if it is of a kind that does.

  Pdu scsi_response(const Pdu& command, std::uint8_t status = 0, Bytes sense = {});
  /// Data without status: it takes no StatSN.
  Pdu data_in(const Pdu& command, std::uint32_t data_sn, std::uint32_t offset, Bytes data, bool final);
  /// The same with GOOD status.
  Pdu data_in_with_status(const Pdu& command, std::uint32_t data_sn, std::uint32_t offset, Bytes data);
  /// A new Target Transfer Tag each.
  Pdu r2t(const Pdu& command, std::uint32_t r2t_sn, std::uint32_t offset, std::uint32_t length);
  Pdu nop_in(const Pdu& request);
  /// A ping of our own, which wants a NOP-Out.
  Pdu ping();
  /// One that only tells our numbers.
  Pdu unsolicited_nop_in();
  Pdu async_message(std::uint8_t event, std::uint32_t parameter1 = 0, std::uint32_t parameter2 = 0,
                    std::uint32_t parameter3 = 0);
  Pdu reject(const Pdu& bad, std::uint8_t reason);
  Pdu task_management_response(const Pdu& request, std::uint8_t response);
  Pdu text_response(const Pdu& request, const Text& text);
  Pdu logout_response(const Pdu& request, std::uint8_t response = 0);

  /// Sends it as it is.
  void send(const Pdu& pdu) { connection_.send(pdu); }

  std::uint32_t stat_sn() const { return stat_sn_; }
  void set_stat_sn(std::uint32_t number) { stat_sn_ = number; }
  std::uint32_t exp_cmd_sn() const { return exp_cmd_sn_; }
  /// Commands that fit between ExpCmdSN and MaxCmdSN, from the next PDU on.
  void set_window(std::uint32_t window) { window_ = window; }
  std::uint32_t window() const { return window_; }

  /// Each answer that answer() makes goes through this before it is sent.
  void bend_answers(std::function<void(Pdu& pdu)> bend) { bend_ = std::move(bend); }

  /// What comes next, not answered.
  Arrival receive(Duration within);
  Arrival receive();
  /// Answers as a good target with a good disk does. A PDU that makes no sense ends the script with a failure.
  void answer(const Pdu& pdu);

  /// Answers everything until a PDU comes that is wanted, which is not answered. When it does not come: the connection
  /// ended, or nothing came within the time.
  Arrival serve_until(const Wanted& wanted);
  Arrival serve_until(wire::Opcode opcode);
  /// The same; that it does not come ends the script with a failure (`expected`).
  Pdu expect(wire::Opcode opcode, std::string_view expected = {});
  Pdu expect(const Wanted& wanted, std::string_view expected);
  /// The same for the command that the test is about; without one, the test is inconclusive.
  Pdu await_read();
  Pdu await_write();

  /// The disk's answer to a command that reads, as the data that Data-In PDUs are made of.
  std::vector<std::byte> data_for(const Pdu& command);
  /// Ends a command in the plain way: data, if it reads, then its response.
  void finish(const Pdu& command, Bytes written = {});
  /// The same from `at` on, with DataSNs from `data_sn`.
  void finish_from(const Pdu& command, std::uint32_t at, std::uint32_t data_sn);

  /// What the target tells who asks for SendTargets; by default, itself.
  void set_targets(std::vector<TargetRecord> targets) { targets_ = std::move(targets); }
  Text target_text() const;

  /// This initiator has logged out of this connection.
  bool logged_out() const { return logged_out_; }

 private:
  struct Write {
    Pdu command;
    std::vector<std::byte> data;
    std::uint32_t received = 0;
    std::uint32_t asked = 0;  // how far R2Ts have gone
    std::uint32_t r2t_sn = 0;
    bool unsolicited_open = false;
  };

  Pdu stamped(Pdu pdu, bool with_status);
  void take_in(const Pdu& pdu);
  void answer_command(const Pdu& pdu);
  void answer_data(const Pdu& pdu);
  void answer_logout(const Pdu& pdu);
  void answer_text(const Pdu& pdu);
  void go_on(std::uint32_t itt);
  void say(Pdu pdu);
  ScsiAnswer run(const Pdu& command, Bytes written);
  void send_data(const Pdu& command, Bytes data, std::uint32_t at, std::uint32_t data_sn);
  void send_status(const Pdu& command, const ScsiAnswer& answer, std::uint32_t data_pdus);

  InitiatorScript& script_;
  Connection& connection_;
  LoginSeen login_;
  std::uint32_t stat_sn_;
  std::uint32_t exp_cmd_sn_;
  std::uint32_t window_;
  std::uint32_t next_ttt_ = 0x100;
  std::function<void(Pdu&)> bend_;
  std::vector<TargetRecord> targets_;
  std::map<std::uint32_t, Write> writes_;  // by Initiator Task Tag
  bool logged_out_ = false;
};

/// The CDB of a SCSI Command.
Cdb cdb_of(const Pdu& command);

}  // namespace lunway::conformance
