// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One target's connection under a test: the test is the initiator and the device. PDUs go in with send(), come out with
// receive(); outputs wait in `asked` until the test takes them. Time stands still until the test moves it.

#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/entropy_source.h"
#include "session/target_connection.h"
#include "session/target_session.h"
#include "wire/additional_header.h"
#include "wire/framer.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/outgoing.h"

namespace lunway::session::testing {

inline constexpr std::string_view kInitiatorName = "iqn.2026-11.io.lunway:initiator";
inline constexpr std::string_view kTargetName = "iqn.2026-11.io.lunway:disk";

/// Bytes that anybody can foresee.
class CountingEntropy final : public EntropySource {
 public:
  void fill(MutableBytes bytes) override {
    for (std::byte& byte : bytes) byte = std::byte(next_++);
  }

 private:
  unsigned next_ = 0;
};

/// One target for everybody, unless the test says otherwise.
class OpenDirectory final : public TargetDirectory {
 public:
  std::expected<LoginPolicy, LoginRefusal> admit(const LoginAttempt& attempt) override {
    ++attempts;
    if (refusal) return std::unexpected(*refusal);
    if (attempt.tsih != wire::kNewSession && attempt.tsih != existing) {
      return std::unexpected(LoginRefusal{.status = wire::LoginStatus::session_does_not_exist});
    }
    return policy;
  }

  std::vector<text::TargetRecord> list_targets(const Portal& /*portal*/, const text::IscsiName& /*initiator*/,
                                               const std::optional<text::IscsiName>& target) override {
    if (!target) return targets;
    std::vector<text::TargetRecord> found;
    for (const text::TargetRecord& record : targets) {
      if (record.name == target->text()) found.push_back(record);
    }
    return found;
  }

  LoginPolicy policy;
  std::optional<LoginRefusal> refusal;
  wire::Tsih existing = wire::kNewSession;
  std::vector<text::TargetRecord> targets{
      {.name = std::string(kTargetName), .addresses = {{.host = "192.0.2.1", .port = 3260, .portal_group_tag = 1}}}};
  int attempts = 0;
};

/// A PDU from the target.
struct FromTarget {
  wire::Header header{};
  std::vector<std::byte> data;

  wire::Opcode opcode() const { return wire::BasicHeader(wire::HeaderView(header)).opcode(); }
  std::string_view text() const { return text_of(data); }
};

/// A Submit with a copy of its data, which outlives the next PDU.
struct Submitted {
  Submit submit;
  std::vector<std::byte> immediate_data;
};

class TargetRig {
 public:
  explicit TargetRig(const ConnectionLimits& connection_limits = {}, const SessionLimits& session_limits = {})
      : session_limits_(session_limits), limits_(connection_limits) {
    make_connection();
  }

  /// Another connection for the session of `leading`, which outlives this rig. What the session asks, `leading` shows.
  void join(TargetRig& leading) {
    leader_ = &leading;
    leading.others_.push_back(this);
    now = leading.now;
    directory.existing = wire::Tsih(7);
  }

  // ------------------------------------------------------------------------------------------------ the initiator

  /// Encodes a PDU and lets the target take it, as much as it wants.
  void send(const wire::Header& header, Bytes data = {}, Bytes ahs = {}) {
    const wire::EncodedPdu pdu(header, ahs, data, {}, digests);
    for (const Bytes piece : pdu.pieces()) pending_.insert(pending_.end(), piece.begin(), piece.end());
    deliver();
  }

  /// Raw bytes, cut as they are.
  void send_bytes(Bytes bytes) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    deliver();
  }

  /// Gives the target what it has not taken yet.
  void deliver() {
    while (!pending_.empty() && !closed) {
      const std::size_t offered = std::min(pending_.size(), piece_size);
      const std::size_t taken = connection->receive(now, Bytes(pending_).first(offered));
      drain();
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken));
      if (taken == 0 && !connection->wants_input()) return;
    }
  }

  /// The next PDU that the target sends; nothing when it is silent.
  std::optional<FromTarget> receive() {
    transmit();
    if (from_target_.empty()) return std::nullopt;
    FromTarget pdu = std::move(from_target_.front());
    from_target_.pop_front();
    return pdu;
  }

  bool target_is_silent() {
    transmit();
    return from_target_.empty();
  }

  /// Takes one batch out of the target and reports it sent.
  void transmit() {
    for (int batches = 0; batches < 1000; ++batches) {
      if (closed) return;
      std::vector<std::byte> sent;
      for (const Bytes piece : connection->next_transmit()) sent.insert(sent.end(), piece.begin(), piece.end());
      if (sent.empty()) return;
      const std::size_t part = std::min(sent.size(), send_size);
      collect(Bytes(sent).first(part));
      connection->transmitted(now, part);
      drain();
      deliver();
    }
  }

  // --------------------------------------------------------------------------------------------------- the device

  /// The next thing that the session asks, which must be of this kind.
  template <class Output>
  std::optional<Output> take() {
    if (asked.empty() || !std::holds_alternative<Output>(asked.front())) return std::nullopt;
    Output output = std::get<Output>(asked.front());
    asked.pop_front();
    return output;
  }

  /// Answers a command; outputs and PDUs follow.
  void complete(TaskId task, const CommandResult& result = {}) {
    session->complete(task, result);
    drain();
  }
  void accept(TaskId task, MutableBytes destination) {
    session->accept_data(task, destination);
    drain();
    deliver();
  }
  void aborted(TaskId task) {
    session->aborted(task);
    drain();
  }

  // --------------------------------------------------------------------------------------------------------- time

  void advance(Duration time) {
    now += time;
    for (TargetRig* other : others_) other->now = now;
    for (TargetRig* rig : all()) {
      if (rig->connection && !rig->closed && rig->connection->deadline() <= now) rig->connection->expire(now);
      drain();
    }
    if (session && session->deadline() <= now) session->expire(now);
    drain();
  }

  /// Takes the outputs of the session and of all its connections.
  void drain() {
    TargetRig& first = leader_ != nullptr ? *leader_ : *this;
    first.drain_session();
    for (bool again = true; again;) {
      again = false;
      for (TargetRig* rig : first.all()) again |= rig->drain_connection();
    }
  }

  void destroy_connection() {
    connection.reset();
    drain();
  }

  Instant now{std::chrono::hours(1)};
  OpenDirectory directory;
  CountingEntropy entropy;
  std::unique_ptr<TargetSession> session;
  std::unique_ptr<TargetConnection> connection;
  std::deque<SessionOutput> asked;
  /// Copies of Submit::immediate_data, in the order of the Submits.
  std::deque<std::vector<std::byte>> immediate_data;
  /// Called on each output as it comes; what it answers is part of the draining.
  std::function<bool(const SessionOutput&)> device;
  std::optional<Close> closed;
  bool logged_in = false;
  bool opens_sessions = true;
  std::optional<SessionRequest> requested;
  wire::Digests digests;
  /// How many bytes the target sees at a time, and how many leave at a time.
  std::size_t piece_size = 1 << 20;
  std::size_t send_size = 1 << 24;

 private:
  void make_connection() {
    Portal portal;
    portal.address = {.host = "192.0.2.1", .port = 3260, .portal_group_tag = {}};
    connection = std::make_unique<TargetConnection>(now, directory, entropy, portal, limits_);
  }

  std::vector<TargetRig*> all() {
    std::vector<TargetRig*> rigs{this};
    rigs.insert(rigs.end(), others_.begin(), others_.end());
    return rigs;
  }

  bool drain_connection() {
    bool any = false;
    while (connection && !closed) {
      const auto output = connection->next_output();
      if (!output) break;
      any = true;
      if (const auto* open = std::get_if<OpenSession>(&*output)) on_open(*open->request);
      if (std::holds_alternative<LoggedIn>(*output)) logged_in = true;
      if (const auto* close = std::get_if<Close>(&*output)) closed = *close;
      (leader_ != nullptr ? *leader_ : *this).drain_session();
    }
    return any;
  }

  void on_open(const SessionRequest& request) {
    requested = request;
    if (!opens_sessions) return;
    if (leader_ != nullptr) {
      connection->open(now, *leader_->session);
      return;
    }
    session = std::make_unique<TargetSession>(request, wire::Tsih(7), session_limits_);
    connection->open(now, *session);
  }

  void drain_session() {
    if (!session) return;
    while (const auto output = session->next_output()) {
      if (const auto* submit = std::get_if<Submit>(&*output)) {
        immediate_data.emplace_back(submit->immediate_data.begin(), submit->immediate_data.end());
      }
      if (device && device(*output)) continue;
      asked.push_back(*output);
    }
  }

  /// Digests begin with the first PDU of the Full Feature Phase: the final Login Response is the last without.
  void collect(Bytes bytes) {
    while (!bytes.empty()) {
      const auto step = framer_.next(bytes);
      const auto* pdu = std::get_if<wire::WholePdu>(&step);
      if (pdu == nullptr) return;
      FromTarget& received = from_target_.emplace_back();
      std::ranges::copy(pdu->header, received.header.begin());
      received.data.assign(pdu->data.begin(), pdu->data.end());
      if (!pdu->data_digest_ok) received.data.clear();
      const wire::LoginResponse login{pdu->header};
      const bool ends_login = received.opcode() == wire::Opcode::login_response &&
                              login.status() == wire::LoginStatus::success && login.flags().transit &&
                              login.flags().nsg == wire::LoginStage::full_feature_phase;
      if (!ends_login) continue;
      digests = {.header = requested->connection.header_digest == text::Digest::crc32c,
                 .data = requested->connection.data_digest == text::Digest::crc32c};
      if (!framer_.enable_digests(digests)) std::abort();
    }
  }

  SessionLimits session_limits_;
  ConnectionLimits limits_;
  TargetRig* leader_ = nullptr;
  std::vector<TargetRig*> others_;
  std::vector<std::byte> pending_;
  wire::Framer framer_{{.max_data_segment_length = 0xffffff}, {}};
  std::deque<FromTarget> from_target_;
};

}  // namespace lunway::session::testing
