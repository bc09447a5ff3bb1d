// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A target on a loopback port that says what the test tells it to. It shares the thread with the initiator under test:
// while it waits for a connection or a PDU, it lets the initiator turn.

#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/clock.h"
#include "session/testing/initiator_rig.h"
#include "wire/framer.h"
#include "wire/login_response.h"
#include "wire/outgoing.h"
#include "wire/scsi_response.h"

namespace lunway::initiator {

/// Longer than anything here takes, unless it never comes.
inline constexpr Duration kPatience = std::chrono::seconds(10);

class ScriptedTarget {
 public:
  using SentPdu = session::SentPdu;

  /// `turn` lets the initiator do what it can within a few milliseconds.
  explicit ScriptedTarget(std::function<void()> turn);
  ~ScriptedTarget();
  ScriptedTarget(const ScriptedTarget&) = delete;
  ScriptedTarget& operator=(const ScriptedTarget&) = delete;

  std::uint16_t port() const { return port_; }
  /// "127.0.0.1:40123"
  std::string portal() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "iscsi://" + portal() + "/iqn.2026-11.io.lunway:disk/0"; }

  /// Waits for the initiator to connect. Replaces an earlier connection.
  void accept();
  /// Whether the initiator connects within that time.
  bool is_called_within(Duration time);
  /// The next PDU of the initiator; an empty one, and a failed test, when none comes.
  SentPdu next();
  template <class Pdu>
  typename Pdu::Fields next_as() {
    last = next();
    EXPECT_EQ(last.opcode(), Pdu::kOpcode);
    return Pdu(last.header).fields();
  }
  /// Whether nothing comes within that time.
  bool hears_nothing_for(Duration time);
  /// Waits for the initiator to close, with no further PDU.
  bool sees_the_end();

  void deliver(const wire::Header& header, Bytes data = {});
  void deliver(const wire::Header& header, std::string_view text) { deliver(header, bytes_of(text)); }
  /// Ends the connection without a word.
  void hang_up();

  /// The numbers of a response to what came so far: StatSN advanced, window of 64.
  template <class Fields>
  Fields numbered(Fields fields) {
    fields.stat_sn = stat_sn_;
    stat_sn_ = stat_sn_.next();
    return windowed(fields);
  }
  template <class Fields>
  Fields windowed(Fields fields) const {
    fields.exp_cmd_sn = exp_cmd_sn_;
    fields.max_cmd_sn = exp_cmd_sn_.advanced_by(window_size - 1);
    return fields;
  }

  /// Accepts, and goes through a login without authentication; the target agrees to all offers but those in `keys`, as
  /// InitiatorRig::agree() says.
  void log_in(std::string_view keys = "");
  /// T -> I: SCSI Response
  void respond(wire::Itt itt, wire::ScsiStatus status = wire::ScsiStatus::good, Bytes sense = {});

  std::uint32_t window_size = 64;
  SentPdu last;

 private:
  /// Bytes of the initiator. False when it has closed.
  bool read();
  bool wait_until(const std::function<bool()>& reached, Duration time);

  std::function<void()> turn_;
  int listener_ = -1;
  int socket_ = -1;
  bool ended_ = false;
  std::uint16_t port_ = 0;
  wire::Framer framer_;
  std::deque<SentPdu> received_;
  wire::StatSN stat_sn_{0x1000};
  wire::CmdSN exp_cmd_sn_;
};

inline ScriptedTarget::ScriptedTarget(std::function<void()> turn)
    : turn_(std::move(turn)), framer_({.max_data_segment_length = session::kRigSegmentMax}, {}) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  EXPECT_EQ(::listen(listener_, 8), 0);
  EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
  port_ = ntohs(address.sin_port);
}

inline ScriptedTarget::~ScriptedTarget() {
  hang_up();
  ::close(listener_);
}

inline void ScriptedTarget::hang_up() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

inline bool ScriptedTarget::wait_until(const std::function<bool()>& reached, Duration time) {
  const Instant end = runtime::read_clock() + time;
  while (!reached()) {
    if (runtime::read_clock() >= end) return false;
    turn_();
  }
  return true;
}

inline bool ScriptedTarget::is_called_within(Duration time) {
  int socket = -1;
  const bool called = wait_until(
      [&] {
        socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        return socket >= 0;
      },
      time);
  if (!called) return false;
  hang_up();
  socket_ = socket;
  ended_ = false;
  received_.clear();
  framer_ = wire::Framer({.max_data_segment_length = session::kRigSegmentMax}, {});
  return true;
}

inline void ScriptedTarget::accept() { ASSERT_TRUE(is_called_within(kPatience)) << "nobody connects"; }

inline bool ScriptedTarget::read() {
  std::array<std::byte, 65536> buffer;
  const ssize_t count = socket_ < 0 ? 0 : ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  Bytes rest = Bytes(buffer).first(static_cast<std::size_t>(count));
  while (!rest.empty()) {
    const wire::Step step = framer_.next(rest);
    const auto* pdu = std::get_if<wire::WholePdu>(&step);
    if (pdu == nullptr) continue;
    SentPdu& one = received_.emplace_back();
    copy_bytes(one.header, pdu->header);
    one.data.assign(pdu->data.begin(), pdu->data.end());
  }
  return count != 0;
}

inline session::SentPdu ScriptedTarget::next() {
  const bool came = wait_until(
      [&] {
        if (received_.empty() && !ended_) ended_ = !read();
        return !received_.empty() || ended_;
      },
      kPatience);
  EXPECT_TRUE(came && !received_.empty()) << (ended_ ? "the initiator has closed" : "no PDU comes");
  if (received_.empty()) return {};
  SentPdu pdu = std::move(received_.front());
  received_.pop_front();
  const wire::BasicHeader header(pdu.header);
  const wire::RequestHeader request(pdu.header);
  if (header.opcode() != wire::Opcode::data_out)
    exp_cmd_sn_ = header.immediate() ? request.cmd_sn() : request.cmd_sn().next();
  return pdu;
}

inline bool ScriptedTarget::hears_nothing_for(Duration time) {
  return !wait_until(
      [&] {
        if (!ended_) ended_ = !read();
        return ended_ || !received_.empty();
      },
      time);
}

inline bool ScriptedTarget::sees_the_end() {
  wait_until(
      [&] {
        if (!ended_) ended_ = !read();
        return ended_ || !received_.empty();
      },
      kPatience);
  return ended_ && received_.empty();
}

inline void ScriptedTarget::deliver(const wire::Header& header, Bytes data) {
  const wire::EncodedPdu pdu(header, data, {});
  std::vector<std::byte> bytes;
  for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  Bytes rest(bytes);
  const bool sent = wait_until(
      [&] {
        const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count > 0) rest = rest.subspan(static_cast<std::size_t>(count));
        return rest.empty();
      },
      kPatience);
  EXPECT_TRUE(sent) << "the initiator takes nothing";
}

inline void ScriptedTarget::log_in(std::string_view keys) {
  using wire::LoginStage;
  accept();
  const auto first = next_as<wire::LoginRequest>();
  wire::LoginResponse::Fields response;
  response.isid = first.isid;
  response.tsih = first.tsih;
  response.itt = first.itt;
  response.flags = {
      .transit = true, .csg = LoginStage::security_negotiation, .nsg = LoginStage::login_operational_negotiation};
  deliver(wire::LoginResponse::build(numbered(response)),
          std::string_view("AuthMethod=None\0TargetPortalGroupTag=1\0", 39));
  next_as<wire::LoginRequest>();
  response.flags = {
      .transit = true, .csg = LoginStage::login_operational_negotiation, .nsg = LoginStage::full_feature_phase};
  response.tsih = wire::Tsih(0x77);
  deliver(wire::LoginResponse::build(numbered(response)),
          std::string_view(session::InitiatorRig::agree(last.text(), keys)));
}

inline void ScriptedTarget::respond(wire::Itt itt, wire::ScsiStatus status, Bytes sense) {
  std::vector<std::byte> segment;
  if (!sense.empty()) {
    segment.resize(2);
    store_be16(segment.data(), static_cast<std::uint16_t>(sense.size()));
    segment.insert(segment.end(), sense.begin(), sense.end());
  }
  deliver(wire::ScsiResponse::build(numbered(wire::ScsiResponse::Fields{.status = status, .itt = itt})),
          Bytes(segment));
}

}  // namespace lunway::initiator
