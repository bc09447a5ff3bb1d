// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The engine on a socket: connects, follows redirections, moves bytes between the two, and says what became of tasks.
// No retry, no SCSI.
//
// Callbacks run inside turn() and never inside a call that starts something.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "initiator/pollable.h"
#include "initiator/system_entropy.h"
#include "lunway/initiator.h"
#include "runtime/connector.h"
#include "runtime/loop.h"
#include "runtime/tcp_stream.h"
#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/pdu_observer.h"

namespace lunway::initiator {

class Client final : runtime::Connector::Owner, runtime::TcpStream::Owner, session::PduObserver {
 public:
  using TaskEnd = std::move_only_function<void(session::TaskResult)>;
  /// Runs once: when the login is through, or when it has failed.
  using Opened = std::move_only_function<void(Result<>)>;

  static Result<std::unique_ptr<Client>> make(Url url, Options options, text::SessionType type);
  /// Closes at once; TaskEnds that have not run never do.
  ~Client();

  /// Looks the host up (which may block) and starts to connect.
  Result<> open(Opened opened);

  Result<session::TaskId> submit(const session::ScsiRequest& request, TaskEnd end);
  Result<session::TaskId> manage(const session::TaskManagementRequest& request, TaskEnd end);
  Result<session::TaskId> ping(Bytes payload, TaskEnd end);
  Result<session::TaskId> send_targets(std::string_view value, TaskEnd end);
  void abort(session::TaskId task);
  void log_out();

  /// Waits for something to do until `deadline`, does it, runs callbacks. True when a callback ran.
  bool turn(Instant deadline);
  /// Runs `call` in the next turn().
  void defer(std::move_only_function<void()> call);
  runtime::Loop& loop() { return *loop_; }
  /// For applications that wait by themselves: before they do.
  void flush();
  int descriptor() const { return pollable_.descriptor(); }

  SessionState state() const { return state_; }
  const Negotiated& negotiated() const { return negotiated_; }
  const std::optional<Error>& failure() const { return failure_; }
  const Url& url() const { return url_; }
  const Options& options() const { return options_; }
  const std::string& portal() const { return portal_; }

 private:
  Client(Url url, Options options, session::InitiatorProfile profile, std::unique_ptr<runtime::Loop> loop,
         Pollable pollable);

  template <class Submitted>
  Result<session::TaskId> submitted(Submitted submitted, TaskEnd end);

  Result<> connect(const std::string& host, std::uint16_t port);
  void on_connected(runtime::Connector& connector, int socket) override;
  void on_connect_failed(runtime::Connector& connector, const lunway::Error& error) override;
  void on_bytes(runtime::TcpStream& stream, Bytes bytes) override;
  void on_filled(runtime::TcpStream& stream) override;
  void on_sent(runtime::TcpStream& stream) override;
  void on_closed(runtime::TcpStream& stream, runtime::TcpStream::Closed closed) override;
  void sent(wire::HeaderView header, Bytes data) override;
  void received(wire::HeaderView header, Bytes data) override;

  void feed(Bytes bytes);
  void feed_held();
  void drain();
  void take(session::InitiatorLoggedIn event);
  void take(const session::TargetEvent& event);
  void take(const session::UnrelatedReject& event);
  void take(session::InitiatorClose close);
  void transmit();
  void pump();
  void expired(Instant at);
  void end(std::optional<Error> failure);
  bool redirect();
  void connect_elsewhere(Error failure);
  void told_opened(Result<> result);
  bool run_callbacks();
  bool send_requests();
  Instant clock() { return loop_->now(); }

  Url url_;
  Options options_;
  session::InitiatorProfile profile_;
  std::unique_ptr<runtime::Loop> loop_;
  Pollable pollable_;
  SystemEntropy entropy_;

  SessionState state_ = SessionState::connecting;
  Negotiated negotiated_;
  std::optional<Error> failure_;
  std::string portal_;
  Opened opened_;
  unsigned redirections_ = 0;
  std::deque<text::TargetAddress> elsewhere_;  // that the last redirection named, and that are not tried yet

  std::unique_ptr<session::InitiatorSession> session_;
  std::unique_ptr<session::InitiatorConnection> connection_;
  std::optional<session::InitiatorClose> close_;
  std::unique_ptr<runtime::TcpStream> stream_;
  std::size_t sending_bytes_ = 0;
  std::vector<std::byte> held_;    // bytes that the engine does not take now
  std::size_t filling_bytes_ = 0;  // of a read straight into the engine's window

  /// TaskEnds by the slot of their task.
  std::vector<TaskEnd> ends_;
  std::deque<std::move_only_function<void()>> callbacks_;
  bool has_requests_ = false;  // that the connection has not been asked for yet
  bool turning_ = false;
  bool leaving_ = false;  // log_out() was called
  bool destroying_ = false;

  runtime::Connector connector_;
  runtime::Timer timer_;
};

}  // namespace lunway::initiator
