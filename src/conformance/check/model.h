// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What two nodes have said so far, as far as the rules need it. The model believes what it sees; the rules judge it
// before the model takes it in.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conformance/check/negotiation.h"
#include "conformance/check/task.h"
#include "conformance/peer/exchange.h"
#include "conformance/peer/pdu.h"
#include "text/key_table.h"
#include "wire/digest.h"
#include "wire/opcode.h"

namespace lunway::conformance {

constexpr wire::Role other_side(wire::Role role) {
  return role == wire::Role::initiator ? wire::Role::target : wire::Role::initiator;
}

/// One value for each role.
template <class T>
struct PerRole {
  std::array<T, 2> values{};

  T& operator[](wire::Role role) { return values[std::to_underlying(role)]; }
  const T& operator[](wire::Role role) const { return values[std::to_underlying(role)]; }
};

/// True when `a` comes before `b`.
//= rfc7143#4.2.2.1
constexpr bool precedes(std::uint32_t a, std::uint32_t b) { return a != b && b - a < 0x80000000U; }

/// What the connections of a session share.
struct SessionModel {
  /// Tasks that are followed at once; more make the model give up.
  static constexpr std::size_t kMostTasks = std::size_t{1} << 16;
  /// The same for the R2Ts of a task, and for the NOP-Ins of a connection.
  static constexpr std::size_t kMostR2ts = 1024;

  std::uint64_t isid = 0;
  std::uint16_t tsih = 0;
  std::string initiator_name;
  bool discovery = false;
  unsigned connections = 0;

  /// Somebody broke a rule here: what the other side does next is no longer judged by what was said.
  PerRole<bool> lied;
  /// False when the session began before we looked, or grew beyond what is followed.
  bool is_known = true;

  /// The next CmdSN of the initiator, the numbers that it has sent, and how far the target has let it go.
  std::optional<std::uint32_t> next_cmd_sn;
  std::optional<std::uint32_t> exp_cmd_sn;
  std::optional<std::uint32_t> max_cmd_sn;

  /// By Initiator Task Tag: requests that have no final answer yet.
  std::map<std::uint32_t, Task> tasks;
  /// Tasks that TASK REASSIGN has named: one whose status was lost is answered again.
  std::set<std::uint32_t> reassigned;
  /// Every Target Transfer Tag of an R2T: data may be under way to one whose task has ended.
  std::set<std::uint32_t> issued_ttts;
  /// Of the leading login; what the session has agreed on.
  Negotiation agreed;
};

/// The login of one connection.
struct LoginModel {
  std::optional<Pdu> first_request;
  std::optional<Pdu> last_request;
  std::optional<Pdu> first_response;
  std::optional<Pdu> last_response;
  /// Requests without their response.
  unsigned outstanding = 0;
};

/// Where a connection stands.
//= rfc7143#4.2.4
enum class Phase : std::uint8_t { login, full_feature, refused, logged_out };

struct ConnectionModel {
  Phase phase = Phase::login;
  /// Shared with the other connections of the session once the login says which; never null.
  std::shared_ptr<SessionModel> session = std::make_shared<SessionModel>();
  bool joins = false;
  std::uint16_t cid = 0;
  LoginModel login;
  /// Of this login.
  Negotiation negotiation;
  /// Text whose end has not come (C=1).
  PerRole<std::vector<std::byte>> partial_text;
  /// The longest data segment that each side has said it takes; nothing when it cannot be told.
  PerRole<std::optional<std::uint32_t>> max_recv{{8192, 8192}};

  std::optional<std::uint32_t> next_stat_sn;
  std::optional<std::uint32_t> exp_stat_sn;
  std::optional<std::uint32_t> exp_cmd_sn;
  std::optional<std::uint32_t> max_cmd_sn;
  std::optional<std::uint32_t> highest_cmd_sn;
  /// NOP-Ins that ask for an answer, by their tag: the LUN that the answer copies.
  std::map<std::uint32_t, std::uint64_t> pings;
  /// The Text Request that has no answer yet, and the response that invites another request.
  std::optional<std::uint32_t> text_outstanding;
  std::optional<Pdu> text_response;
  /// A Logout that closes this connection was sent, and not yet refused.
  bool logout_sent = false;
  /// A SNACK was sent: things may come again.
  bool snack_seen = false;
  /// A Reject has come: a number may have to be used again.
  bool reject_seen = false;
  /// What it says can no longer be read: the digests are not those that were agreed on, or one was wrong.
  bool is_readable = true;

  const Negotiation& agreed() const { return session->agreed; }
  /// Those that were agreed on; nothing when that cannot be told.
  std::optional<wire::Digests> digests() const;
};

/// What a new PDU of either side does to the numbers and the tasks: model_tasks.cpp.
void follow_request(ConnectionModel& connection, const Event& event);
void follow_answer(ConnectionModel& connection, const Event& event);
/// Data-In, R2T and Data-Out: model_transfers.cpp. Before the task of a status ends.
void follow_transfer(ConnectionModel& connection, const Event& event);

/// Whether a request has a CmdSN, and whether an answer takes a StatSN of its own.
//= rfc7143#4.2.2.1
bool has_cmd_sn(const Pdu& pdu);
//= rfc7143#4.2.2.2
bool has_stat_sn(const Pdu& pdu);
bool uses_up_stat_sn(const Pdu& pdu);
/// The last answer to its request.
bool is_final_answer(const Pdu& pdu);

/// Every connection of an exchange.
class Model {
 public:
  ConnectionModel& connection(unsigned number) { return connections_[number]; }
  /// Takes in what the rules have judged.
  void follow(const Event& event);

 private:
  void follow_login_request(ConnectionModel& connection, const Event& event);
  void follow_login_response(ConnectionModel& connection, const Event& event);
  void begin_full_feature(ConnectionModel& connection, const Pdu& response);
  void join(ConnectionModel& connection, const Pdu& request);
  Text take_text(ConnectionModel& connection, const Event& event, bool more);
  void close(unsigned number);

  std::map<unsigned, ConnectionModel> connections_;
};

}  // namespace lunway::conformance
