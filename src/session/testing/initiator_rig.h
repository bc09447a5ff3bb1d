// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An initiator's session and connection in a test that plays the target: what the initiator sends comes out as PDUs,
// and what the test builds goes in, cut as the test likes. The clock stands still until it is moved.

#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/seeded_entropy.h"
#include "text/key_table.h"
#include "text/key_value.h"
#include "wire/framer.h"
#include "wire/login_response.h"
#include "wire/outgoing.h"

namespace lunway::session {

inline constexpr wire::Cid kRigCid{0};
inline constexpr std::uint32_t kRigFirstCmdSN = 7;
inline constexpr std::uint32_t kRigSegmentMax = 1 << 20;

/// A PDU that the initiator has sent.
struct SentPdu {
  wire::Header header{};
  std::vector<std::byte> ahs, data;
  bool data_digest_ok = true;

  wire::Opcode opcode() const { return wire::BasicHeader(header).opcode(); }
  wire::Itt itt() const { return wire::BasicHeader(header).itt(); }
  std::string_view text() const { return text_of(data); }
  template <class Pdu>
  typename Pdu::Fields as() const {
    return Pdu(header).fields();
  }
};

/// How the bytes of a target arrive.
enum class Cut : std::uint8_t { whole, byte_by_byte, header_then_window };

class InitiatorRig {
 public:
  static InitiatorProfile profile();

  explicit InitiatorRig(InitiatorProfile profile = InitiatorRig::profile(),
                        const InitiatorConnectionLimits& limits = {},
                        const InitiatorSessionLimits& session_limits = {});

  /// Takes outputs and transmissions until there are none.
  void pump();

  /// The target sends a PDU.
  void deliver(const wire::Header& header, Bytes data = {});
  void deliver(const wire::Header& header, std::string_view text) { deliver(header, bytes_of(text)); }
  void deliver_bytes(Bytes bytes);

  void advance(Duration time);

  /// What a target says that agrees to all offers but those in `keys` ("A=1;B=2"), and says the rest of `keys` too.
  static std::string agree(std::string_view offers, std::string_view keys);

  /// Goes through a login without authentication; the target agrees as agree() says.
  void log_in(std::string_view keys = "");
  /// Numbers of the next response: StatSN advanced, window of 64.
  template <class Fields>
  Fields numbered(Fields fields) {
    fields.stat_sn = stat_sn;
    stat_sn = stat_sn.next();
    return windowed(fields);
  }
  /// The same for PDUs that do not advance StatSN.
  template <class Fields>
  Fields windowed(Fields fields) {
    fields.exp_cmd_sn = exp_cmd_sn;
    fields.max_cmd_sn = exp_cmd_sn.advanced_by(63);
    return fields;
  }

  /// The oldest PDU sent that has not been looked at.
  SentPdu next_sent();
  bool has_sent() const { return !sent.empty(); }
  /// The InitiatorClose among the outputs.
  const InitiatorClose* closed() const;
  template <class Result>
  const Result* result_of(TaskId task) const {
    for (const TaskDone& one : done)
      if (one.task == task) return std::get_if<Result>(&one.result);
    return nullptr;
  }
  std::optional<TaskFault> fault_of(TaskId task) const {
    const auto* failure = result_of<TaskFailure>(task);
    return failure == nullptr ? std::nullopt : std::optional(failure->fault);
  }

  Instant time = Instant(std::chrono::seconds(1000));
  Cut cut = Cut::whole;
  wire::Digests digests;  // of both directions, from the end of the login on
  wire::StatSN stat_sn{0x1000};
  wire::CmdSN exp_cmd_sn{kRigFirstCmdSN};

  SeededEntropy entropy;
  InitiatorSession session;
  InitiatorConnection connection;
  wire::Framer target_framer;  // reads what the initiator sends

  std::deque<SentPdu> sent;
  std::vector<TaskDone> done;
  std::vector<InitiatorConnectionOutput> events;

 private:
  void drain();
  bool transmit();
};

inline InitiatorProfile InitiatorRig::profile() {
  InitiatorProfile profile;
  profile.initiator_name = "iqn.2026-11.io.lunway:initiator";
  profile.target_name = "iqn.2026-11.io.lunway:disk";
  profile.isid = wire::Isid::from_random(0x123456, 1);
  return profile;
}

inline InitiatorRig::InitiatorRig(InitiatorProfile profile, const InitiatorConnectionLimits& limits,
                                  const InitiatorSessionLimits& session_limits)
    : session(std::move(profile), session_limits, wire::CmdSN(kRigFirstCmdSN)),
      connection(time, session, entropy, kRigCid, limits),
      target_framer({.max_data_segment_length = kRigSegmentMax}, {}) {
  pump();
}

inline void InitiatorRig::drain() {
  while (auto task = session.next_output()) done.push_back(std::move(*task));
  while (auto output = connection.next_output()) events.push_back(std::move(*output));
}

inline bool InitiatorRig::transmit() {
  std::vector<std::byte> bytes;
  for (const Bytes piece : connection.next_transmit(time)) bytes.insert(bytes.end(), piece.begin(), piece.end());
  drain();
  if (bytes.empty()) return false;
  connection.transmitted(time, bytes.size());
  drain();
  Bytes rest(bytes);
  for (;;) {
    const wire::Step step = target_framer.next(rest);
    const auto* pdu = std::get_if<wire::WholePdu>(&step);
    if (pdu == nullptr) break;
    SentPdu& one = sent.emplace_back();
    copy_bytes(one.header, pdu->header);
    one.ahs.assign(pdu->ahs.begin(), pdu->ahs.end());
    one.data.assign(pdu->data.begin(), pdu->data.end());
    one.data_digest_ok = pdu->data_digest_ok;
  }
  return true;
}

inline void InitiatorRig::pump() {
  drain();
  while (transmit()) {
  }
}

inline void InitiatorRig::deliver(const wire::Header& header, Bytes data) {
  const wire::EncodedPdu pdu(header, data, digests);
  std::vector<std::byte> bytes;
  for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  deliver_bytes(bytes);
}

inline void InitiatorRig::deliver_bytes(Bytes bytes) {
  while (!bytes.empty() && connection.wants_input()) {
    const MutableBytes window = connection.receive_window();
    if (cut == Cut::header_then_window && !window.empty()) {
      const std::size_t count = copy_bytes(window, bytes);
      connection.received_into_window(time, count);
      bytes = bytes.subspan(count);
    } else {
      std::size_t offered = bytes.size();
      if (cut == Cut::byte_by_byte) offered = 1;
      if (cut == Cut::header_then_window) offered = std::min(offered, wire::kHeaderSize);
      bytes = bytes.subspan(connection.receive(time, bytes.first(offered)));
    }
    drain();
  }
  pump();
}

inline void InitiatorRig::advance(Duration passed) {
  const Instant end = time + passed;
  for (;;) {
    const Instant next = std::min(session.deadline(), connection.deadline());
    time = std::max(time, std::min(end, next));
    session.expire(time);
    drain();
    connection.expire(time);
    pump();
    if (next >= end) break;
  }
  time = end;
}

inline std::string InitiatorRig::agree(std::string_view offers, std::string_view keys) {
  text::TextWriter writer;
  std::string own;
  while (!keys.empty()) {
    const std::string_view pair = keys.substr(0, keys.find(';'));
    keys = pair.size() == keys.size() ? std::string_view{} : keys.substr(pair.size() + 1);
    const std::size_t equals = pair.find('=');
    own.append(pair.substr(0, equals)).append("=");
    [[maybe_unused]] const bool fits = writer.add(pair.substr(0, equals), pair.substr(equals + 1));
  }
  text::PairReader reader(offers);
  while (const auto pair = reader.next()) {
    const text::KeyInfo* const info = text::find_key(pair->key);
    if (info == nullptr || !info->negotiated() || own.find(std::string(pair->key) + "=") != std::string::npos) continue;
    [[maybe_unused]] const bool fits = writer.add(pair->key, pair->value.substr(0, pair->value.find(',')));
  }
  return std::string(writer.text());
}

inline void InitiatorRig::log_in(std::string_view keys) {
  using wire::LoginStage;
  // I -> T: names, AuthMethod=None, T
  wire::LoginResponse::Fields response;
  response.isid = session.profile().isid;
  response.itt = wire::Itt(kRigCid.value());
  next_sent();
  response.flags = {
      .transit = true, .csg = LoginStage::security_negotiation, .nsg = LoginStage::login_operational_negotiation};
  deliver(wire::LoginResponse::build(numbered(response)),
          std::string_view("AuthMethod=None\0TargetPortalGroupTag=1\0", 39));
  // I -> T: offers, T
  const SentPdu offers = next_sent();
  response.flags = {
      .transit = true, .csg = LoginStage::login_operational_negotiation, .nsg = LoginStage::full_feature_phase};
  response.tsih = wire::Tsih(0x77);
  deliver(wire::LoginResponse::build(numbered(response)), std::string_view(agree(offers.text(), keys)));
  digests = {.header = connection.parameters().header_digest == text::Digest::crc32c,
             .data = connection.parameters().data_digest == text::Digest::crc32c};
  [[maybe_unused]] const bool between = target_framer.enable_digests(digests);
  events.clear();
}

inline SentPdu InitiatorRig::next_sent() {
  if (sent.empty()) return {};
  SentPdu pdu = std::move(sent.front());
  sent.pop_front();
  return pdu;
}

inline const InitiatorClose* InitiatorRig::closed() const {
  for (const InitiatorConnectionOutput& event : events)
    if (const auto* close = std::get_if<InitiatorClose>(&event)) return close;
  return nullptr;
}

}  // namespace lunway::session
