// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The engine on sockets: connects, follows redirections, brings up the further connections of the session, moves bytes,
// says what became of tasks, and begins the session anew when it was lost. No SCSI.
//
// Callbacks run inside turn() and never inside a call that starts something.

#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "initiator/link.h"
#include "initiator/pollable.h"
#include "initiator/reconnect_policy.h"
#include "initiator/system_entropy.h"
#include "lunway/initiator.h"
#include "runtime/loop.h"
#include "session/initiator_session.h"
#include "session/pdu_observer.h"

namespace lunway::initiator {

/// "0.3 s"
std::string seconds_text(Duration time);

class Client final : Link::Owner, session::PduObserver {
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

  /// What happens to a session that comes back: told in turn() as callbacks are.
  enum class Change : std::uint8_t {
    reinstated,  // logged in again, but only for probe(): resume() or give_up() is due
    closed,      // for good
  };
  void on_change(std::function<void(Change)> listener) { on_change_ = std::move(listener); }
  /// submit() that works while the session is not given back to everybody.
  Result<session::TaskId> probe(const session::ScsiRequest& request, TaskEnd end);
  /// The session is what it was: state() is logged_in again.
  void resume();
  /// It is not, or nothing can be said of it.
  void give_up(Error error);
  /// Something was lost that only a new session brings back. False when none will come.
  //= rfc7143#7.1.4.4
  bool recover_session(const Error& error);
  /// The session is lost or being lost, and may come back.
  bool is_recovering() const { return state_ == SessionState::recovering; }

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
  /// Those in the Full Feature Phase.
  std::vector<ConnectionFacts> connections() const;
  std::uint64_t recoveries() const { return recoveries_; }
  /// Connections that came back while their session went on.
  std::uint64_t connection_recoveries() const { return connection_recoveries_; }

 private:
  Client(Url url, Options options, session::InitiatorProfile profile, std::unique_ptr<runtime::Loop> loop,
         Pollable pollable);

  Result<session::TaskId> submitted(std::expected<session::TaskId, session::SubmitError> submitted, TaskEnd end);

  // ---- links (client_links.cpp)
  void link_connected(Link& link) override;
  void link_unreachable(Link& link, const lunway::Error& error) override;
  void link_drain() override;
  void link_pump() override;
  void link_closed(Link& link, runtime::TcpStream::Closed closed) override;
  void sent(wire::HeaderView header, Bytes data) override;
  void received(wire::HeaderView header, Bytes data) override;
  void take(Link& link, session::InitiatorLoggedIn event);
  void take(Link& link, const session::TargetEvent& event);
  void take(Link& link, const session::UnrelatedReject& event);
  void take(Link& link, const session::InitiatorClose& close);
  void note(const Link& leading, session::InitiatorLoggedIn event);
  void tell(std::string text);
  std::unique_ptr<Link> removed(Link& link);

  // ---- the leading connection (client.cpp)
  Result<> connect(const std::string& host, std::uint16_t port);
  bool redirect(const session::InitiatorClose& close);
  void connect_elsewhere(Error failure);

  // ---- further connections (client_joining.cpp)
  void begin_joining();
  void take_portals(session::TaskResult result);
  void join_next();
  void join(const text::TargetAddress& portal);
  void joining_failed(const Error& error);
  void joined();

  // ---- connections that are lost while their session goes on (client_connection_recovery.cpp)
  /// A connection that is missing.
  struct Gap {
    wire::Cid cid;
    std::string portal;
    unsigned tries = 0;
    Instant try_at, lost_at;
  };
  bool recovers_connections() const;
  void connection_lost(const Link& link, wire::Cid cid, const Error& error);
  void mend();
  void mend_timed(Instant /*at*/) { mend(); }
  void reinstate(Gap& gap);
  void reinstated(const Link& link);
  void reinstatement_failed(const session::InitiatorClose* close, const Error& error);
  void abandon(const Error& error);
  void check_abandoned();

  // ---- the end of a session, and what follows it (client_recovery.cpp)
  void lose(Error error, std::uint16_t time2wait_s);
  void links_gone();
  void attempt_failed(Error error);
  void attempt(Instant at);
  void end(std::optional<Error> failure);
  void told_opened(Result<> result);

  void expired(Instant at);
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
  /// The leading connection first, as long as it lives.
  std::vector<std::unique_ptr<Link>> links_;

  /// Further connections: the portals to use in turn, how many attempts there have been, and the one under way.
  std::vector<text::TargetAddress> portals_;
  unsigned joins_ = 0;
  Link* joining_ = nullptr;
  bool joined_ = false;  // all that are to come are there

  /// At ErrorRecoveryLevel 2: connections that are missing, and the attempt to get one back that is under way.
  std::vector<Gap> gaps_;
  Link* reinstating_ = nullptr;
  wire::Cid reinstated_cid_;
  unsigned fruitless_losses_ = 0;
  std::uint64_t connection_recoveries_ = 0;

  /// Why the session is lost, from the first sign of it on.
  std::optional<Error> loss_;
  Duration time2wait_ = Duration::zero();
  ReconnectPolicy reconnect_;
  Instant lost_at_, resumed_at_;
  bool was_open_ = false;
  std::uint64_t recoveries_ = 0;
  std::function<void(Change)> on_change_;

  /// TaskEnds by the slot of their task.
  std::vector<TaskEnd> ends_;
  std::deque<std::move_only_function<void()>> callbacks_;
  bool has_requests_ = false;  // that the connection has not been asked for yet
  bool turning_ = false;
  bool leaving_ = false;  // log_out() was called
  bool destroying_ = false;

  runtime::Timer timer_;
  runtime::Timer reconnect_timer_;
  runtime::Timer mend_timer_;
};

}  // namespace lunway::initiator
