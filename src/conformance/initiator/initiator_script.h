// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The script of a test that judges an initiator: this side is the target. It starts the initiator by a command and
// serves what comes.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/initiator/facts.h"
#include "conformance/initiator/login_desk.h"
#include "conformance/initiator/plain_disk.h"
#include "conformance/initiator/served_link.h"
#include "conformance/script/script.h"
#include "runtime/blocking_stream.h"
#include "runtime/child_process.h"

namespace lunway::conformance {

/// What the URL of the driver says of CHAP.
/// Whether the RFC demands what a test looks for, or only recommends it: going on is a failure, or a warning.
enum class Duty : std::uint8_t { must, should };

enum class Credentials : std::uint8_t { none, own, both };

class InitiatorScript : public ScriptBase {
 public:
  InitiatorScript(const Test& test, Exchange& exchange, Patience patience, std::uint64_t seed,
                  const InitiatorUnderTest& initiator, const InitiatorFacts& facts, runtime::BlockingListener listener,
                  std::string target_name);
  ~InitiatorScript() = default;

  const InitiatorUnderTest& initiator() const { return initiator_; }
  const InitiatorFacts& facts() const { return facts_; }
  const std::string& target_name() const { return target_name_; }
  /// "127.0.0.1:40001"
  std::string portal() const { return listener_.address().to_string(); }
  PlainDisk& disk() { return disk_; }
  /// Until then a test serves; then it gives up.
  Instant deadline() const { return deadline_; }

  /// Starts the initiator by the command that makes such traffic.
  void drive(Traffic traffic = Traffic::any, Credentials credentials = Credentials::none);
  /// The next connection; the test is inconclusive when nobody comes.
  Connection& accept();
  /// nullptr when nobody comes.
  Connection* try_accept(Duration within);
  /// drive() and accept().
  Connection& begin(Traffic traffic = Traffic::any, Credentials credentials = Credentials::none);

  /// A session, or the test is inconclusive: for tests whose question is not the login.
  ServedLink& log_in(Connection& connection, const LoginAnswers& answers = {});
  /// begin() and log_in(): a discovery session for Traffic::discovers, else a normal one.
  ServedLink& start(Traffic traffic = Traffic::any, const LoginAnswers& answers = {});

  /// The next thing is the end of the connection, from the other side.
  void expect_hangup(Connection& connection, std::string_view expected, std::string_view section = {},
                     Duty duty = Duty::must);
  /// A login that goes well apart from `answers`, which make the initiator end the connection in its midst.
  LoginSeen expect_no_session(const LoginAnswers& answers, std::string_view expected, std::string_view section = {},
                              Duty duty = Duty::must, Credentials credentials = Credentials::none);
  /// Whatever comes is served well until the driver has ended, which it does with success.
  void expect_success(std::string_view expected, std::string_view section = {});
  /// What was sent is not taken for good: the connection ends, the task is aborted, the driver reports a failure, or
  /// the command `again` is sent once more.
  void expect_refusal(ServedLink& link, std::string_view expected, std::string_view section = {},
                      Duty duty = Duty::must, const Pdu* again = nullptr);
  /// Both are right: to refuse what was sent, and to ignore it. Only a crash, or a driver that never ends, is wrong.
  void expect_survival(std::string_view expected, std::string_view section = {});
  /// Serves all connections well, new ones too, until the driver has ended or the time is over.
  void serve_all();

  /// All PDUs that the initiator has sent so far, on whatever connection.
  std::vector<Pdu> requests();
  std::vector<Pdu> requests(wire::Opcode opcode);

  /// How the driver ended, if it does within that time.
  std::optional<runtime::ChildProcess::Ending> driver_ending(Duration within);
  /// For a report: ", the driver ended with exit status 1: ..."; empty while it runs.
  std::string driver_state();

 private:
  using ScriptBase::blame;

  std::string command_line(Traffic traffic, Credentials credentials) const;
  std::string url(Credentials credentials) const;
  ServedLink& keep(Connection& connection, LoginSeen seen, const LoginAnswers& answers);
  /// Serves what one connection has for us. False when there was nothing.
  bool serve_once(ServedLink& link);
  bool took_it(ServedLink& link, const Pdu* again);
  void blame(Duty duty, std::string_view expected, const std::string& got, std::string_view section);
  bool took_it_after_close();

  const InitiatorUnderTest& initiator_;
  const InitiatorFacts& facts_;
  runtime::BlockingListener listener_;
  std::string target_name_;
  PlainDisk disk_;
  Instant deadline_;
  LoginAnswers answers_for_more_;
  std::vector<std::unique_ptr<ServedLink>> links_;
  std::optional<runtime::ChildProcess> driver_;
};

}  // namespace lunway::conformance
