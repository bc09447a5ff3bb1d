// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The inside of TargetConnection. It joins the parts that each own some state (framer, login, transmitter, text
// exchange, liveness) and hands every PDU to the handler of its family. The handlers are member functions in files of
// their own:
//
//   target_connection_core.cpp   the verbs, and what a PDU is
//   target_login_handler.cpp     the Login Phase
//   target_request_handler.cpp   SCSI Command, task management, NOP-Out, Text
//   target_data_out_handler.cpp  Data-Out
//   target_terminations.cpp      Task Termination messages, acknowledgements
//   target_closing.cpp           Logout, drops, Reject, how it ends
//   ../recovery/                 SNACK, sequences of data that do not come

#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "session/command/target_session_core.h"
#include "session/connection/connection_states.h"
#include "session/connection/late_data.h"
#include "session/connection/target_liveness.h"
#include "session/connection/target_text_exchange.h"
#include "session/connection/target_transmitter.h"
#include "session/login/target_login.h"
#include "session/target_connection.h"
#include "wire/data_out.h"
#include "wire/framer.h"
#include "wire/logout_request.h"
#include "wire/nop_out.h"
#include "wire/reject.h"
#include "wire/snack_request.h"

namespace lunway::session {

class ConnectionRecovery;

/// A Data-Out between its header and its end.
struct IncomingDataOut {
  TaskId task;
  WriteTransfer::DataOut pdu;
  wire::Header header{};
  /// Its data counts.
  bool taken = false;
  /// Where its data goes.
  const std::byte* place = nullptr;
};

/// A Task Termination message that the initiator has not confirmed.
struct Termination {
  wire::Lun lun;
  /// Unset until it is sent.
  std::optional<wire::StatSN> number;
};

class TargetConnectionCore {
 public:
  TargetConnectionCore(Instant now, TargetDirectory& directory, EntropySource& entropy, const Portal& portal,
                       const ConnectionLimits& limits);
  ~TargetConnectionCore();
  TargetConnectionCore(const TargetConnectionCore&) = delete;
  TargetConnectionCore& operator=(const TargetConnectionCore&) = delete;

  // ---------------------------------------------------------------------------- the owner's side: TargetConnection

  std::size_t receive(Instant now, Bytes input);
  MutableBytes receive_window() const;
  void received_into_window(Instant now, std::size_t count);
  bool wants_input() const;
  void peer_closed(Instant now);
  std::span<const Bytes> next_transmit();
  void transmitted(Instant now, std::size_t count);
  std::optional<ConnectionOutput> next_output();
  Instant deadline() const;
  void expire(Instant now);
  void open(Instant now, TargetSession& session, TargetSessionCore& core);
  void refuse(Instant now, wire::LoginStatus status);
  void request_logout(Instant now, Duration within);
  void drop(Instant now);
  TargetSession* session() const { return ended() || session_ == nullptr ? nullptr : owner_session_; }
  bool is_consistent() const;

  // ------------------------------------------------------------------------------------------- the session's side

  TargetTransmitter& transmitter() { return transmitter_; }
  /// A request other than a SCSI Command whose turn has come.
  void handle_request(Instant now, wire::HeaderView header, Bytes data);
  /// The task looks at data in the input.
  void offered_data_of(const TargetTask& task) { offered_ = task.id(); }
  /// The task is gone, and the initiator may still send data for it.
  void expect_late_data(const TargetTask& task) { late_data_.expect(task.itt(), task.lun(), task.announced); }
  /// The session ends, by the word of another connection or of the owner.
  void session_closed();
  /// As session_closed(), but what it has to say is sent before.
  void close_after_answer();
  /// A login with this CID takes its place.
  void reinstated();
  /// A Logout for it has come, here or on another connection of the session, and is answered.
  void logout_begins();
  void logged_out(Instant now);
  /// Another connection of the session is lost; false when this one cannot say so.
  bool announce_loss(wire::Cid lost);
  ConnectionRecovery* recovery() const { return recovery_.get(); }
  /// The login that restarts a connection says so which statuses of the old one have arrived.
  //= rfc7143#11.12.9
  wire::StatSN exp_stat_sn_of_old() const { return login_.first_request().exp_stat_sn; }
  bool is_logging_out() const { return is_logging_out_; }
  /// A text negotiation or a Logout with this tag is under way.
  bool has_exchange(wire::Itt itt) const;
  bool is_in_service() const { return session_ != nullptr && ending_ == Ending::no; }
  /// The tasks of this logical unit end before their transfers.
  void announce_termination(wire::Lun lun);
  bool is_terminating(wire::Lun lun) const;
  /// The initiator has all that was sent before this number.
  wire::StatSN acknowledged() const { return acknowledged_; }
  /// Harmless where nobody answers any more.
  void ask_for_acknowledgement();
  /// The owner has called a verb of the session.
  void session_moved(Instant now) { settle(now); }
  wire::Cid cid() const { return login_.session_request().cid; }

 private:
  using Event = TargetConnectionEvent;

  enum class Ending : std::uint8_t { no, when_transmitted, now, reported };

  void shrink();
  void on_step(Instant now, const wire::Step& step);
  void on_pdu(Instant now, const wire::WholePdu& pdu);
  void on_framing_error(const wire::FramingError& error);

  // target_login_handler.cpp
  void on_login_phase(Instant now, const wire::WholePdu& pdu);
  void send_login_reply(const TargetLogin::Reply& reply, wire::Tsih tsih);
  void send_login_failure(const LoginFailure& failure);
  static wire::CmdSN login_cmd_sn(const wire::LoginRequest::Fields& request);
  void enter_when_possible();
  void enter();

  // target_request_handler.cpp
  void on_full_feature(Instant now, const wire::WholePdu& pdu);
  void on_scsi_command(Instant now, const wire::WholePdu& pdu);
  void on_request(Instant now, const wire::WholePdu& pdu);
  std::optional<wire::FormatError> format_error_of(wire::HeaderView header) const;
  void admitted(Instant now, const wire::WholePdu& pdu, Admission admission);
  void on_nop_out(const wire::NopOut& nop, Bytes data);
  void on_text_request(Instant now, const wire::TextRequest& request, Bytes data);
  void on_task_management(const wire::TaskManagementRequest& request);
  bool may_reject(wire::RequestHeader request) const;

  // target_data_out_handler.cpp
  void on_data_out_head(const wire::PlaceNeeded& head);
  void on_data_out(const wire::WholePdu& pdu);
  bool begin_data_out(wire::HeaderView header);
  void reject_if_wrong(WriteTransfer::Verdict verdict, wire::HeaderView header);
  TargetTask* task_of(const wire::DataOut& pdu);
  MutableBytes place_of_incoming();
  void end_data_out(bool digest_ok);

  // target_terminations.cpp
  void confirm_terminations(const wire::NopOut& nop);
  void take_acknowledgement(wire::HeaderView header);

  // recovery/target_snack_handler.cpp
  void on_snack(wire::HeaderView header);
  void refuse_snack(wire::HeaderView header, TargetTask* task);
  TargetTask* task_of(const wire::SnackRequest& snack);
  void on_data_snack(const wire::SnackRequest& snack);
  bool send_r2ts_again(TargetTask& task, std::uint32_t begin, std::uint32_t end);
  void reject_run(const wire::SnackRequest& snack, std::uint32_t next);
  void on_status_snack(const wire::SnackRequest& snack);
  void on_data_ack(const wire::SnackRequest& snack);
  void on_r_data_snack(const wire::SnackRequest& snack);

  // recovery/sequence_timeouts.cpp
  void time_out_sequences(Instant now);

  // target_closing.cpp
  void on_logout_request(Instant now, const wire::LogoutRequest& request);
  void answer_logout_when_clean();
  void finish_logout();
  void reject(wire::RejectReason reason, wire::HeaderView header, Bytes ahs = {});
  /// For a request that is being handled: the number it came with has not come.
  void reject_request(wire::RejectReason reason, wire::RequestHeader request);
  void on_format_error(const wire::FormatError& error, wire::HeaderView header, Bytes ahs);
  void close_when_transmitted(CloseReason reason, std::string detail);
  void close_now(CloseReason reason, std::string detail);
  void begin_ending(Ending how, CloseReason reason, std::string detail);
  void settle(Instant now);

  bool ended() const { return ending_ == Ending::now || ending_ == Ending::reported; }
  bool is_full_feature() const;
  void keep_offered();

  TargetDirectory& directory_;
  ConnectionLimits limits_;
  Portal portal_;
  TargetConnectionMachine state_;
  wire::Framer framer_;
  TargetLogin login_;
  /// The last Login Request, for the answer that ends the login.
  wire::LoginRequest::Fields refused_request_;
  TargetTransmitter transmitter_;
  /// Null at ErrorRecoveryLevel 0.
  std::unique_ptr<ConnectionRecovery> recovery_;
  TargetTextExchange text_;
  TargetLiveness liveness_;
  TargetSession* owner_session_ = nullptr;
  TargetSessionCore* session_ = nullptr;
  /// The session that it waits to enter.
  TargetSessionCore* joining_ = nullptr;
  text::ConnectionParameters parameters_;

  Instant login_deadline_;
  Instant logout_deadline_ = kNever;
  Instant closing_deadline_ = kNever;

  TaskId offered_;
  std::optional<IncomingDataOut> incoming_;
  /// The Data-Out under way belongs to no task, and has been answered.
  bool ignores_data_out_ = false;
  LateData late_data_;
  // A list: the transmitter knows where the numbers are.
  std::list<Termination> terminations_;
  wire::StatSN acknowledged_;
  /// A Logout Request waits until its tasks are gone; those that came with it, from behind a gap of the CmdSN order,
  /// wait for it.
  std::optional<wire::LogoutRequest::Fields> logout_;
  std::vector<wire::Header> later_logouts_;

  bool open_due_ = false;
  bool awaiting_session_ = false;
  bool logged_in_due_ = false;
  bool is_logging_out_ = false;
  Ending ending_ = Ending::no;
  Close close_;
  /// For the assertion of "drain fully".
  bool drained_ = true;
};

}  // namespace lunway::session
