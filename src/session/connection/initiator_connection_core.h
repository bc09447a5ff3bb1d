// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What stands behind InitiatorConnection. Its members are spread over several files: life and time
// (initiator_connection_core.cpp), bytes in (initiator_receive.cpp), one function for each PDU of a target
// (initiator_responses.cpp, initiator_text.cpp), bytes out (initiator_transmit.cpp), what is lost on the way
// (initiator_recovery.cpp, initiator_recovery_clock.cpp).

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "session/connection/connection_states.h"
#include "session/connection/initiator_batch.h"
#include "session/entropy_source.h"
#include "session/initiator_limits.h"
#include "session/initiator_output.h"
#include "session/initiator_session_core.h"
#include "session/login/initiator_login.h"
#include "session/pdu_observer.h"
#include "session/recovery/initiator_recovery.h"
#include "text/parameters.h"
#include "wire/asynchronous_message.h"
#include "wire/data_in.h"
#include "wire/framer.h"
#include "wire/login_response.h"
#include "wire/logout_response.h"
#include "wire/nop_in.h"
#include "wire/ready_to_transfer.h"
#include "wire/reject.h"
#include "wire/scsi_response.h"
#include "wire/snack_request.h"
#include "wire/task_management_response.h"
#include "wire/text_response.h"

namespace lunway::session {

class InitiatorConnectionCore {
 public:
  InitiatorConnectionCore(Instant now, InitiatorSessionCore& session, EntropySource& entropy, wire::Cid cid,
                          const InitiatorConnectionLimits& limits);
  ~InitiatorConnectionCore();

  void observe(PduObserver* observer) { observer_ = observer; }

  std::size_t receive(Instant now, Bytes input);
  MutableBytes receive_window() const { return closing_ ? MutableBytes{} : framer_.window(); }
  void received_into_window(Instant now, std::size_t count);
  bool wants_input() const { return !closing_ && answers_.size() < limits_.queued_answers; }
  void transport_ended(Instant now);

  std::span<const Bytes> next_transmit(Instant now);
  void transmitted(std::size_t count);

  std::optional<InitiatorConnectionOutput> next_output();
  Instant deadline() const;
  void expire(Instant now);

  bool declare_max_recv_data_segment_length(Instant now, std::uint32_t length);

  InitiatorConnectionState state() const { return machine_.state(); }
  wire::Cid cid() const { return cid_; }
  const text::ConnectionParameters& parameters() const { return parameters_; }
  bool is_drained() const { return outputs_.empty() && !session_.has_outputs(); }
  bool is_consistent() const;

 private:
  using State = InitiatorConnectionState;
  using Event = InitiatorConnectionEvent;
  using Reason = InitiatorCloseReason;

  /// A NOP-In of the target that wants to be answered; without a tag, a Task Termination that wants to be acknowledged;
  /// or a SNACK.
  struct Answer {
    wire::Ttt ttt = wire::kNoTtt;
    wire::Lun lun = {};
    std::optional<wire::SnackRequest::Fields> snack = {};
  };

  bool in_login() const { return login_.has_value(); }

  // ---- ends (initiator_connection_core.cpp)
  void close(InitiatorClose close, Event event);
  void close(Reason reason, std::string_view detail, Event event = Event::transport_lost);
  /// The target broke a rule.
  void broken(std::string_view detail) { close(Reason::protocol_error, detail); }
  /// Ends the connection when its session has lost patience with it, or has been closed.
  void check_session();
  void drop_batch();

  // ---- bytes in (initiator_receive.cpp)
  void take_step(Instant now, wire::Step step, Bytes& rest);
  void take_pdu(Instant now, const wire::WholePdu& pdu);
  void dispatch(Instant now, const wire::WholePdu& pdu);
  void framing_error(const wire::FramingError& error);
  /// Judges a Data-In whose data is about to come, and says where it goes.
  void begin_data_in(wire::HeaderView header);
  void take_data_in(Instant now, const wire::WholePdu& pdu);
  void discard_data_in(wire::DataIn pdu, bool intact);
  void end_data_in(Instant now, InitiatorTask& task, wire::DataIn pdu, bool intact);
  struct Placing {
    InitiatorTask* task = nullptr;  // null: a duplicate, or a late one, that goes nowhere
    MutableBytes place;
  };
  /// Nothing when the connection has been closed over it.
  std::optional<Placing> judge_data_in(wire::DataIn pdu);
  InitiatorRead::Order read_order() const;

  template <class Pdu, class Handler>
  void with(const wire::WholePdu& pdu, Handler handler) {
    const auto parsed = Pdu::parse(pdu.header);
    if (!parsed) return format_error(parsed.error());
    handler(*parsed);
  }
  void format_error(const wire::FormatError& error);
  /// The StatSN of a PDU that advances it. False when the connection has been closed over it.
  //= rfc7143#4.2.2.2
  bool take_stat_sn(const wire::ResponseHeader& pdu);
  void take_window(const wire::ResponseHeader& pdu) { session_.window().update(pdu.exp_cmd_sn(), pdu.max_cmd_sn()); }
  /// The task of a response, when it is ours to end and was sent. Null when the response came too late and is to be
  /// discarded, or when the connection has been closed over it.
  InitiatorTask* task_of(wire::Itt itt, std::string_view what);

  // ---- one function a PDU (initiator_responses.cpp)
  void take(Instant now, wire::LoginResponse pdu, Bytes data);
  void take(Instant now, wire::NopIn pdu, Bytes data);
  void take(Instant now, wire::ScsiResponse pdu, Bytes data);
  void take(Instant now, wire::TaskManagementResponse pdu);
  void take(Instant now, wire::LogoutResponse pdu);
  void note_respite(std::uint16_t time2wait_s, std::uint16_t time2retain_s);
  void take(Instant now, wire::ReadyToTransfer pdu);
  void take(Instant now, wire::AsynchronousMessage pdu, Bytes data);
  void take(Instant now, wire::Reject pdu, Bytes data);
  void login_succeeded(Instant now);
  void honour(Instant now, wire::AsynchronousMessage pdu);
  void reject_task(Instant now, InitiatorTask& task, wire::RejectReason reason);
  void finish_command(InitiatorTask& task, ScsiCompletion completion);
  void note_fence();

  // ---- what is lost within a command (initiator_recovery.cpp); recovery_ is not null
  /// Whether a Data-In or an R2T of this number is to be taken now.
  static bool expects_input(const ScsiWork& work, std::uint32_t sn);
  static bool expects_r2t(ScsiWork& work, std::uint32_t sn);
  void note_input(Instant now, InitiatorTask& task, std::uint32_t sn, bool intact);
  /// All from the next number to before `end` are missing; `next` is the next one then.
  void note_missing(Instant now, InitiatorTask& task, std::uint32_t end, std::uint32_t next);
  void request_data(Instant now, InitiatorTask& task, MissingNumbers::Run run);
  void request_resegmentation(Instant now, InitiatorTask& task);
  void give_up_data(Instant now, InitiatorTask& task);
  void take_refusal(wire::SnackRequest snack);
  void acknowledge_data(ScsiWork& work, wire::Ttt ttt, wire::Lun lun);
  void resegment_tasks();
  std::optional<Placing> judge_recoverable(InitiatorTask& task, wire::DataIn pdu);
  void end_recoverable(Instant now, InitiatorTask& task, wire::DataIn pdu, bool intact);
  void take_status_in(InitiatorTask& task, wire::DataIn pdu);
  void take_duplicate(wire::DataIn pdu, bool intact);
  /// A response that comes again, as an R-Data SNACK has asked for it.
  bool repeats_tag(wire::ScsiResponse pdu);
  /// It does not answer the R-Data SNACK yet.
  bool is_premature(InitiatorTask& task, wire::ScsiResponse pdu);
  void hold(const InitiatorTask& task);
  /// The command ends later, when its data is here.
  bool awaits_data(InitiatorTask& task, ScsiCompletion& completion);
  /// Does what waited until nothing is missing.
  void settle(InitiatorTask& task);
  wire::StatSN lowest_held();

  // ---- what is lost within the connection (initiator_recovery_clock.cpp); recovery_ is not null
  void request_responses();
  void send_status_snack();
  void response_damaged(const wire::ResponseHeader& pdu);
  void repeat_status_request(Instant now);
  void take_echo(Instant now, const InitiatorTask& ping);
  void retry(Instant now, InitiatorTask& task);
  bool send_again();
  void probe(Instant now);
  void check_by(Instant when);
  void recover(Instant now);
  void repeat_data_requests(Instant now);
  void repeat_data_request(Instant now, InitiatorTask& task);

  // ---- text (initiator_text.cpp)
  void take(Instant now, wire::TextResponse pdu, Bytes data);
  void ask_on(InitiatorTask& task, TextWork& work, wire::TextResponse pdu);
  void take_discovery(InitiatorTask& task, TextWork& work);
  bool begin_negotiation(Instant now);
  /// The keys that have come so far; false when the negotiation has failed.
  bool take_negotiation(TextWork& work);
  void end_negotiation(InitiatorTask& task, TextWork& work);
  void fail_text(InitiatorTask& task, TextWork& work, bool target_has_finished);

  // ---- bytes out (initiator_transmit.cpp)
  void fill_batch(Instant now);
  void send_login_request();
  bool send_answer();
  bool send_task();
  bool send_due(Instant now);
  bool send_data();
  std::deque<TaskId>::iterator next_writer();
  void send_acknowledgement();
  wire::StatSN acknowledgeable() { return recovery_ == nullptr ? exp_stat_sn_ : lowest_held(); }
  void begin_logout(Instant now);
  bool logout_is_due() const;
  void send(InitiatorTask& task, ScsiWork& work);
  void send(InitiatorTask& task, ManagementWork& work);
  void send(InitiatorTask& task, PingWork& work);
  void send(InitiatorTask& task, TextWork& work);
  void send(InitiatorTask& task, LogoutWork& work);
  void put(const wire::Header& header, Bytes data, Bytes ahs = {});
  /// With the ExpStatSN of another connection.
  void put_for(const wire::Header& header, wire::StatSN exp_stat_sn);
  InitiatorWrite::Rules write_rules() const;
  wire::Digests digests() const;

  InitiatorSessionCore& session_;
  wire::Cid cid_;
  InitiatorConnectionLimits limits_;
  PduObserver* observer_ = nullptr;

  InitiatorConnectionMachine machine_;
  bool logged_in_ = false;  // at some time
  bool closing_ = false;
  bool ended_ = false;
  bool graceful_ = false;
  std::deque<InitiatorConnectionOutput> outputs_;

  wire::Framer framer_;
  std::optional<InitiatorLogin> login_;
  bool login_request_due_ = true;
  text::ConnectionParameters parameters_;
  wire::StatSN exp_stat_sn_;
  wire::StatSN acknowledged_stat_sn_;  // as last sent
  bool stat_sn_known_ = false;
  /// The Data-In under way: judged, and its place found.
  std::optional<Placing> placing_;

  /// Null below ErrorRecoveryLevel 1.
  std::unique_ptr<InitiatorRecovery> recovery_;
  /// Commands and pings sent so far.
  std::uint64_t order_ = 0;

  InitiatorBatch batch_;
  std::deque<Answer> answers_;
  /// Tasks with Data-Out to send, in turn.
  std::deque<TaskId> writers_;
  bool task_turn_ = true;
  std::optional<TaskId> logout_;
  std::optional<TaskId> keepalive_;
  /// A response that the target may have fenced came, and nothing has acknowledged it.
  bool fenced_ = false;

  /// What the owner has declared instead of what the profile says.
  std::optional<std::uint32_t> declared_length_;

  Instant login_deadline_ = kNever;
  Instant last_heard_;
  Instant logout_deadline_ = kNever;
  /// The target wants to be rid of us: tasks may end until then.
  Instant leave_by_ = kNever;
  bool leave_now_ = false;
  /// What the target has said about the time after the end, in seconds.
  struct Respite {
    std::uint16_t time2wait = 0, time2retain = 0;
  };
  std::optional<Respite> respite_;
};

}  // namespace lunway::session
