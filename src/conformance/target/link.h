// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A connection in its Full Feature Phase, as a well-behaved initiator keeps it: it numbers what it makes. A script
// takes a PDU that is right, bends it, and sends it.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/peer/cdb.h"
#include "conformance/peer/connection.h"
#include "conformance/peer/pdu.h"

namespace lunway::conformance {

class TargetScript;

inline constexpr std::uint32_t kNoTag = 0xffffffff;

/// What the connections of a session share.
struct SessionNumbers {
  std::uint64_t isid = 0;
  std::uint16_t tsih = 0;
  /// Of the next command that is not immediate.
  std::uint32_t cmd_sn = 1;
  std::uint32_t next_itt = 1;
};

enum class Delivery : std::uint8_t { numbered, immediate };

/// Which data a command moves: bytes, and how they start to move.
struct Transfer {
  std::uint32_t read = 0;
  std::uint32_t write = 0;
};

/// A command from its request to its status.
struct Completion {
  Pdu status;                   // the SCSI Response, or the Data-In that carried the status
  std::vector<std::byte> data;  // by Buffer Offset
  std::vector<Pdu> data_in;
  std::vector<Pdu> r2ts;

  std::uint8_t scsi_status() const { return static_cast<std::uint8_t>(status[field::kStatus]); }
  bool good() const;
  /// Sense key, ASC and ASCQ as 0x0kccqq; 0 without sense data.
  std::uint32_t sense() const;
};

class Link {
 public:
  /// `answers` is what the target said in the login of this connection, `exp_stat_sn` what comes after it.
  Link(TargetScript& script, Connection& connection, std::shared_ptr<SessionNumbers> numbers, std::uint16_t cid,
       Text answers, std::uint32_t exp_stat_sn);

  Connection& connection() { return connection_; }
  std::uint16_t cid() const { return cid_; }
  std::uint16_t tsih() const { return numbers_->tsih; }
  const std::shared_ptr<SessionNumbers>& numbers() const { return numbers_; }

  const Text& answers() const { return answers_; }
  /// What the target answered or declared; `otherwise` is the default of the key.
  std::string value(std::string_view key, std::string_view otherwise) const;
  std::uint32_t number(std::string_view key, std::uint32_t otherwise) const;
  bool is_yes(std::string_view key, bool otherwise) const;

  // PDUs that are right. Each takes a new Initiator Task Tag, and the next CmdSN unless it is immediate.

  Pdu nop_out(Delivery delivery = Delivery::numbered);
  Pdu command(const Cdb& cdb, Transfer transfer = {}, Delivery delivery = Delivery::numbered);
  /// To the unit `lun` instead of the one under test.
  Pdu command_to(unsigned lun, const Cdb& cdb, Transfer transfer = {});
  Pdu text_request(const Text& text, Delivery delivery = Delivery::numbered);
  Pdu logout_request(std::uint8_t reason, std::optional<std::uint16_t> cid = std::nullopt,
                     Delivery delivery = Delivery::numbered);
  Pdu task_management(std::uint8_t function, std::uint32_t referenced_tag = kNoTag,
                      Delivery delivery = Delivery::immediate);
  /// A part of the data of `command`: solicited when `ttt` says so.
  Pdu data_out(const Pdu& command, std::uint32_t ttt, std::uint32_t data_sn, std::uint32_t offset, Bytes data,
               bool final);
  Pdu snack(std::uint8_t type, std::uint32_t itt, std::uint32_t tag, std::uint32_t beg_run, std::uint32_t run_length);

  std::uint32_t cmd_sn() const { return numbers_->cmd_sn; }
  std::uint32_t exp_stat_sn() const { return exp_stat_sn_; }
  void set_exp_stat_sn(std::uint32_t number) { exp_stat_sn_ = number; }

  void send(const Pdu& pdu) { connection_.send(pdu); }

  /// What comes next. A ping of the target is answered on the way and not told.
  Arrival receive(std::optional<Duration> within = std::nullopt);
  /// The next PDU, which has that opcode; anything else ends the script with a failure.
  Pdu expect(wire::Opcode opcode, std::string_view expected = {});
  /// The answer to `request`, found by its tag; whatever else comes first is a failure.
  Pdu expect_answer(const Pdu& request, wire::Opcode opcode, std::string_view expected = {});

  /// NOP-Out and its answer: all that was sent before has been seen by the target.
  void ping(std::string_view expected = "the target still answers");
  /// A ping whose answer is the very next PDU: nothing else was on its way.
  void expect_nothing_but_ping(std::string_view expected);

  /// Sends `command` and moves its data in the plain way until its status comes.
  Completion run(const Pdu& command, Bytes out = {});
  /// The same when `command` has been sent already.
  Completion finish(const Pdu& command, Bytes out = {});
  /// A command that must end GOOD, again after a unit attention; if it does not, the test is inconclusive.
  Completion run_good(const Cdb& cdb, Transfer transfer = {}, Bytes out = {});
  /// TEST UNIT READY until nothing is left to be told to this nexus.
  void clear_attentions();

  /// Answers an R2T: Data-Outs of at most what the target takes, F with the last.
  void answer(const Pdu& command, const Pdu& r2t, Bytes out);
  /// What the target declared as MaxRecvDataSegmentLength.
  std::uint32_t max_data_out() const;

  /// Logs the session out and waits for the answer.
  void logout();

 private:
  Pdu numbered(Pdu pdu, Delivery delivery);
  void take_in(const Pdu& pdu);

  TargetScript& script_;
  Connection& connection_;
  std::shared_ptr<SessionNumbers> numbers_;
  std::uint16_t cid_;
  Text answers_;
  std::uint32_t exp_stat_sn_;
};

}  // namespace lunway::conformance
