// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/initiator/initiator_script.h"

#include <algorithm>
#include <thread>

#include "runtime/clock.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

/// How many times the patience for one answer a whole test may take.
constexpr int kQuickTest = 6;
constexpr int kSlowTest = 20;
constexpr auto kLook = std::chrono::milliseconds(1);
constexpr std::size_t kMaxLine = 160;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const std::size_t end = text.rfind('\n');
  std::string line = end == std::string::npos ? text : text.substr(end + 1);
  std::erase_if(line, [](char letter) { return letter < ' ' || letter > '~'; });
  return line.substr(0, kMaxLine);
}

}  // namespace

InitiatorScript::InitiatorScript(const Test& test, Exchange& exchange, Patience patience, std::uint64_t seed,
                                 const InitiatorUnderTest& initiator, const InitiatorFacts& facts,
                                 runtime::BlockingListener listener, std::string target_name)
    : ScriptBase(test, exchange, patience, seed),
      initiator_(initiator),
      facts_(facts),
      listener_(std::move(listener)),
      target_name_(std::move(target_name)),
      disk_(std::to_string(random())),
      deadline_(runtime::read_clock() + patience.answer * (test.pace == Pace::slow ? kSlowTest : kQuickTest)) {}

std::string InitiatorScript::url(Credentials credentials) const {
  std::string url = "iscsi://";
  if (credentials != Credentials::none && initiator_.account) {
    url += initiator_.account->name + "%" + initiator_.account->secret + "@";
  }
  url += portal() + "/" + target_name_ + "/0";
  if (credentials == Credentials::both && initiator_.target_account) {
    url += "?target_user=" + initiator_.target_account->name + "&target_password=" + initiator_.target_account->secret;
  }
  return url;
}

std::string InitiatorScript::command_line(Traffic traffic, Credentials credentials) const {
  std::string command = facts_.commands[static_cast<std::size_t>(traffic)];
  // The shell must not see what is special in a URL.
  replace_all(command, "{url}", "'" + url(credentials) + "'");
  replace_all(command, "{portal}", portal());
  replace_all(command, "{target}", target_name_);
  replace_all(command, "{lun}", "0");
  return command;
}

void InitiatorScript::drive(Traffic traffic, Credentials credentials) {
  const std::string command = command_line(traffic, credentials);
  if (command.empty()) inapplicable("no driver command makes such traffic");
  note("driver: " + command);
  auto child = runtime::ChildProcess::start_shell(command);
  if (!child) inconclusive(child.error().message);
  driver_.emplace(std::move(*child));
}

Connection& InitiatorScript::begin(Traffic traffic, Credentials credentials) {
  drive(traffic, credentials);
  return accept();
}

Connection& InitiatorScript::accept() {
  // A driver may have much to load before it connects.
  Connection* connection = try_accept(patience().answer * 3);
  if (connection == nullptr) inconclusive("the driver did not connect" + driver_state());
  return *connection;
}

Connection* InitiatorScript::try_accept(Duration within) {
  auto stream = listener_.accept(within);
  if (!stream) return nullptr;
  return &ScriptBase::keep(std::make_unique<Connection>(std::move(*stream), wire::Role::target, exchange()));
}

ServedLink& InitiatorScript::keep(Connection& connection, LoginSeen seen, const LoginAnswers& answers) {
  links_.push_back(std::make_unique<ServedLink>(*this, connection, std::move(seen), answers));
  return *links_.back();
}

ServedLink& InitiatorScript::log_in(Connection& connection, const LoginAnswers& answers) {
  LoginSeen seen = serve_login(*this, connection, answers);
  if (!seen.full_feature) {
    inconclusive("a plain login did not succeed: " + describe(seen.last) + driver_state());
  }
  return keep(connection, std::move(seen), answers);
}

ServedLink& InitiatorScript::start(Traffic traffic, const LoginAnswers& answers) {
  return log_in(begin(traffic, answers.authenticate ? Credentials::own : Credentials::none), answers);
}

void InitiatorScript::blame(Duty duty, std::string_view expected, const std::string& got, std::string_view section) {
  if (duty == Duty::must) fail(expected, got, section);
  should(false, expected, got, section);
}

void InitiatorScript::expect_hangup(Connection& connection, std::string_view expected, std::string_view section,
                                    Duty duty) {
  const Arrival arrival = receive(connection);
  if (!arrival.ended()) blame(duty, expected, describe(arrival) + driver_state(), section);
}

LoginSeen InitiatorScript::expect_no_session(const LoginAnswers& answers, std::string_view expected,
                                             std::string_view section, Duty duty, Credentials credentials) {
  Connection& connection = begin(Traffic::any, credentials);
  LoginSeen seen = serve_login(*this, connection, answers);
  if (seen.full_feature || !seen.last.ended()) expect_hangup(connection, expected, section, duty);
  return seen;
}

void InitiatorScript::expect_success(std::string_view expected, std::string_view section) {
  serve_all();
  const auto end = driver_ending(patience().answer);
  if (!end) fail(expected, "the driver does not come to an end", section);
  if (!end->ok()) fail(expected, driver_state().substr(2), section);
}

void InitiatorScript::serve_all() {
  while (runtime::read_clock() < deadline_) {
    bool busy = false;
    for (std::size_t at = 0; at < links_.size(); ++at) busy = serve_once(*links_[at]) || busy;
    if (Connection* more = try_accept(Duration::zero())) {
      LoginSeen seen = serve_login(*this, *more, answers_for_more_);
      if (seen.full_feature) keep(*more, std::move(seen), answers_for_more_);
      busy = true;
    }
    if (busy) continue;
    if (driver_ && driver_->ending()) return;
    std::this_thread::sleep_for(kLook);
  }
}

bool InitiatorScript::serve_once(ServedLink& link) {
  if (!link.connection().is_open()) return false;
  const Arrival arrival = link.receive(Duration::zero());
  if (arrival.kind == Arrival::Kind::silence) return false;
  if (arrival.kind == Arrival::Kind::pdu) {
    link.answer(arrival.pdu);
  } else {
    link.connection().close();
  }
  return true;
}

void InitiatorScript::expect_refusal(ServedLink& link, std::string_view expected, std::string_view section, Duty duty,
                                     const Pdu* again) {
  if (took_it(link, again)) blame(duty, expected, "it goes on as if all was well" + driver_state(), section);
}

bool InitiatorScript::took_it(ServedLink& link, const Pdu* again) {
  while (runtime::read_clock() < deadline_) {
    const Arrival arrival = link.receive(kLook * 20);
    if (arrival.ended()) return took_it_after_close();
    if (arrival.kind != Arrival::Kind::pdu) continue;
    const Pdu& pdu = arrival.pdu;
    if (pdu.is(Opcode::task_management_request) || pdu.is(Opcode::snack_request)) return false;
    if (again != nullptr && pdu.is(Opcode::scsi_command) && cdb_of(pdu) == cdb_of(*again)) return false;
    link.answer(pdu);
  }
  const auto end = driver_ending(Duration::zero());
  return !end || end->ok();
}

void InitiatorScript::expect_survival(std::string_view expected, std::string_view section) {
  serve_all();
  const auto end = driver_ending(patience().answer);
  if (!end) fail(expected, "the driver does not come to an end", section);
  if (end->by_signal) fail(expected, driver_state().substr(2), section);
}

std::vector<Pdu> InitiatorScript::requests() {
  std::vector<Pdu> requests;
  for (const Event& event : exchange().events()) {
    if (event.kind == Event::Kind::pdu && !event.by_script) requests.push_back(event.pdu);
  }
  return requests;
}

std::vector<Pdu> InitiatorScript::requests(Opcode opcode) {
  std::vector<Pdu> found = requests();
  std::erase_if(found, [opcode](const Pdu& pdu) { return !pdu.is(opcode); });
  return found;
}

bool InitiatorScript::took_it_after_close() {
  // Who closed and comes again does not take what it has got; who is content ends well without another word.
  const Instant until = runtime::read_clock() + patience().answer;
  while (runtime::read_clock() < until) {
    if (const auto end = driver_ending(Duration::zero())) return end->ok();
    if (try_accept(kLook * 20) != nullptr) return false;
  }
  return false;
}

std::optional<runtime::ChildProcess::Ending> InitiatorScript::driver_ending(Duration within) {
  return driver_ ? driver_->wait(within) : std::nullopt;
}

std::string InitiatorScript::driver_state() {
  const auto end = driver_ending(std::chrono::milliseconds(100));
  if (!end) return {};
  const std::string line = last_line(driver_->output());
  return ", the driver ended with " + end->to_string() + (line.empty() ? "" : ": " + line);
}

}  // namespace lunway::conformance
