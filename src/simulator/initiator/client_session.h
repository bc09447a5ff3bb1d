// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One initiator of the simulation: the engine's session, its connections and their ends of links. It logs in, and
// again whenever its session was lost, with the same ISID or another.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "simulator/network/feeding.h"
#include "simulator/network/link.h"
#include "simulator/seeded_entropy.h"
#include "simulator/verdict.h"

namespace lunway::simulator {

struct InitiatorOptions {
  session::InitiatorProfile profile;
  session::InitiatorSessionLimits session_limits;
  session::InitiatorConnectionLimits connection_limits;
  /// It opens so many, where the target agrees, and others for those that it loses.
  std::uint32_t connections = 1;
  /// Before it logs in again.
  Duration longest_pause = std::chrono::seconds(3);
};

/// Who uses the session.
class ClientUser {
 public:
  virtual void logged_in() = 0;
  virtual void task_done(const session::TaskDone& done) = 0;
  /// All its tasks have ended. `logged_out`: as it should; otherwise another session follows.
  virtual void session_over(bool logged_out) = 0;

 protected:
  ~ClientUser() = default;
};

/// Makes a connection to the target; null when it refuses.
using Dial = std::function<std::shared_ptr<Link>()>;

class ClientSession {
 public:
  ClientSession(EventQueue& events, Random random, Verdict& verdict, InitiatorOptions options, Dial dial,
                ClientUser& user);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  void log_in();
  /// Null without a session.
  session::InitiatorSession* engine() { return session_.get(); }
  bool is_logged_in() const { return logged_in_; }
  /// The session is alive: what has ended in it is over at the target as well.
  bool goes_on() const { return session_ != nullptr && session_->state() == session::InitiatorSessionState::logged_in; }

  /// The process ends in the middle of everything; log_in() begins anew. Its tasks are never heard of again.
  void crash();

  /// After every verb of the engine.
  void settle();

 private:
  class Connection;

  void connect(wire::Cid cid);
  void log_in_later();
  bool take_outputs();
  bool take_ends();
  bool bury();
  void note_login();
  void join_others();
  void join_one();
  void check_consistency();
  void arm();
  void end_session();

  EventQueue& events_;
  Random random_;
  Verdict& verdict_;
  const InitiatorOptions options_;
  const Dial dial_;
  ClientUser& user_;
  SeededEntropy entropy_;
  std::unique_ptr<session::InitiatorSession> session_;
  std::vector<std::shared_ptr<Connection>> connections_;
  // Sessions and crashes so far: what was to happen before one does not happen after it.
  std::uint64_t life_ = 0;
  Instant armed_ = kNever;
  std::uint16_t next_cid_ = 0;
  // Of connections that ended while others stayed.
  std::vector<wire::Cid> free_cids_;
  bool joins_ = false;
  bool logged_in_ = false;
  bool logged_out_ = false;
  bool settling_ = false;
  bool unsettled_ = false;
};

}  // namespace lunway::simulator
