// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target's connection sends: PDUs are made here, one batch at a time, out of what is due. StatSN, ExpCmdSN and
// MaxCmdSN are taken when a PDU is made, so they are never older than the batch.
//= rfc7143#4.2.2.2
//
// Fair: in each round, every kind of PDU that is due gets one turn, and the tasks with read data take turns among
// themselves. So statuses never starve behind a long read, and a read moves on however many statuses there are.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "session/command/target_task.h"
#include "session/command/task_list.h"
#include "session/connection/answer_queue.h"
#include "session/limits.h"
#include "session/recovery/retained_responses.h"
#include "text/parameters.h"
#include "wire/numbers.h"
#include "wire/outgoing.h"

namespace lunway::session {

class ConnectionRecovery;
class TargetSessionCore;

class TargetTransmitter {
 public:
  explicit TargetTransmitter(const ConnectionLimits& limits);

  // ------------------------------------------------------------------------------------------------ what is due

  /// An answer without or with data, which is copied. `counts`: it takes a StatSN, which is stored in `number` when it
  /// is known.
  void answer(const wire::Header& header, Bytes data = {}, bool counts = true,
              std::optional<wire::StatSN>* number = nullptr);
  /// A Login Response: it goes without digests. While there is no session it carries `cmd_sn` as the only number that
  /// may come.
  void login_answer(const wire::Header& header, Bytes data, wire::CmdSN cmd_sn);
  /// An answer that was sent before, with this number.
  void answer_again(wire::StatSN number, const wire::Header& header, Bytes data);

  void r2t_due(TargetTask& task);
  void data_due(TargetTask& task);
  void status_due(TargetTask& task);
  /// Nothing of the task is to be sent any more.
  void withdraw(TargetTask& task);
  /// SCSI Responses among the answers that have no number yet: the connection ends, and they are due on another one.
  std::vector<RetainedResponses::Response> unsent_statuses() const;

  /// Answers that wait or are with the transport.
  std::size_t queued_answers() const { return answers_.size() + (recovery_ == nullptr ? 0 : queued_resends()); }
  bool idle() const { return !in_flight() && !something_due(); }
  /// Gives memory of past batches back.
  void shrink();

  // ------------------------------------------------------------------------------------------------ the session

  /// From now on PDUs carry the session's numbers, and the digests of the connection.
  void join(TargetSessionCore& session, const text::ConnectionParameters& parameters);
  void set_max_data(std::uint32_t bytes) { max_data_ = bytes; }
  /// ErrorRecoveryLevel is not 0: what is sent is kept there, and what is to be sent once more comes from there.
  void recover_with(ConnectionRecovery& recovery) { recovery_ = &recovery; }

  // -------------------------------------------------------------------------------------------------- the batch

  /// Views that stay valid until transmitted().
  std::span<const Bytes> next_batch();
  void transmitted(std::size_t count);
  bool in_flight() const { return next_piece_ < pieces_.size(); }
  /// The last batch was handed out and not reported.
  bool handed_out() const { return handed_out_; }

  /// The initiator needs to know of no wider window: the connection ends.
  void stop_announcing() { announces_window_ = false; }
  wire::Digests digests() const { return digests_; }
  /// StatSN of the next numbered PDU.
  wire::StatSN stat_sn() const { return stat_sn_; }

  bool is_consistent() const;

 private:
  using TransmitList = TaskList<&TargetTask::transmit_link>;

  /// A PDU of the batch and who is concerned when it has left.
  struct Departure {
    enum class Of : std::uint8_t { answer, task, nobody };
    Of of = Of::nobody;
    TargetTask* task = nullptr;
    std::size_t bytes = 0;  // still to go
  };

  bool something_due() const;
  void fill_batch();
  bool batch_is_full() const;
  void make_answer();
  void make_one_of_each(TargetSessionCore& session);
  void make_r2t(TargetSessionCore& session, TargetTask& task);
  void make_data_in(TargetSessionCore& session, TargetTask& task);
  void make_status(TargetSessionCore& session, TargetTask& task);
  void announce_window();
  void add(wire::Header header, Bytes data, bool counts, Departure departure, wire::Digests digests);
  void encode(wire::Header& header, Bytes data, Departure departure, wire::Digests digests);
  void add(wire::Header header, Bytes data, bool counts) { add(header, data, counts, {}, digests_); }
  void set_numbers(wire::Header& header);
  void departed(const Departure& departure);

  // recovery/transmitter_recovery.cpp
  std::size_t queued_resends() const;
  void make_recoverable_answer(const AnswerQueue::Answer& answer);
  void make_recoverable_data_in(TargetSessionCore& session, TargetTask& task);
  void add_data_in(TargetSessionCore& session, TargetTask& task, const ReadTransfer::DataIn& part,
                   std::uint32_t data_sn);
  void make_recoverable_status(TargetSessionCore& session, TargetTask& task);
  static wire::Header recoverable_status(TargetSessionCore& session, const TargetTask& task);
  void make_data_in_again(TargetSessionCore& session);
  void make_all_again(TargetSessionCore& session, TargetTask& task);

  ConnectionLimits limits_;
  TargetSessionCore* session_ = nullptr;
  ConnectionRecovery* recovery_ = nullptr;
  wire::Digests digests_;
  std::uint32_t max_data_ = 8192;
  wire::StatSN stat_sn_;
  wire::CmdSN login_cmd_sn_;

  AnswerQueue answers_;
  TransmitList r2ts_;
  TransmitList data_;
  TransmitList statuses_;

  std::vector<wire::EncodedPdu> pdus_;
  std::vector<Departure> departures_;
  std::vector<Bytes> pieces_;
  std::size_t next_piece_ = 0;
  std::size_t next_departure_ = 0;
  std::size_t batch_bytes_ = 0;
  bool handed_out_ = false;
  bool announces_window_ = true;
};

}  // namespace lunway::session
