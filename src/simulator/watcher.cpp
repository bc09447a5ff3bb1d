// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/watcher.h"

#include <string>

#include "base/big_endian.h"
#include "simulator/checkers/wire_format.h"
#include "simulator/checkers/wire_numbering.h"
#include "simulator/checkers/wire_tasks.h"

namespace lunway::simulator {
namespace {

using wire::Opcode;

constexpr std::uint16_t kFirstPort = 10000;

bool is_login(const WirePdu& pdu) {
  return pdu.opcode() == Opcode::login_request || pdu.opcode() == Opcode::login_response;
}

/// T and NSG=FullFeaturePhase, and success.
bool ends_login(const WirePdu& pdu) {
  return pdu.opcode() == Opcode::login_response && (pdu.u8(1) & 0x83) == 0x83 && load_be16(&pdu.bytes[36]) == 0;
}

std::uint16_t tsih_of(const WirePdu& pdu) { return load_be16(&pdu.bytes[14]); }

}  // namespace

Watcher& WatcherSet::add(Link& link) {
  watchers_.push_back(std::make_unique<Watcher>(*this, link, static_cast<std::uint16_t>(watchers_.size())));
  return *watchers_.back();
}

Watcher::Watcher(WatcherSet& all, Link& link, std::uint16_t number) : all_(all), link_(link), number_(number) {
  const auto port = static_cast<std::uint16_t>(kFirstPort + number_);
  if (all_.trace_ != nullptr) trace_.emplace(*all_.trace_, all_.events_.now(), port);
}

void Watcher::travels(Role from, Bytes bytes) {
  if (!trace_) return;
  trace_->set_time(all_.events_.now());
  from == Role::initiator ? trace_->from_initiator(bytes) : trace_->from_target(bytes);
}

void Watcher::sent(Role from, const WirePdu& pdu) {
  ++pdus_;
  all_.verdict_.mark("sent", wire::to_string(pdu.opcode()));
  if (pdu.opcode() == Opcode::reject) all_.verdict_.mark("reject reason", std::to_string(pdu.u8(2)));
  if (initiator_left_) return;
  const Complaint complaint = judge(from, pdu);
  if (!complaint) return;
  all_.verdict_.fail("wire, connection " + std::to_string(number_) + " (port " + std::to_string(kFirstPort + number_) +
                     "), PDU " + std::to_string(pdus_) + ", " + (from == Role::initiator ? "initiator" : "target") +
                     ": " + *complaint);
}

Complaint Watcher::judge(Role from, const WirePdu& pdu) {
  if (auto complaint = format_complaint(from, pdu)) return complaint;
  const std::size_t receiver = static_cast<std::size_t>(other(from));
  if (pdu.data_length() > connection_.max_data_segment[receiver])
    return "a data segment beyond MaxRecvDataSegmentLength (13.12)";
  if (is_login(pdu)) return login_sent(from, pdu);
  if (!connection_.full_feature) return "a PDU of the Full Feature Phase during login (4.2.4)";
  if (from == Role::initiator) {
    if (auto complaint = request_numbers(connection_, pdu)) return complaint;
    return request_sent(connection_, pdu);
  }
  if (auto complaint = response_numbers(connection_, pdu, all_.queue_depth_)) return complaint;
  return response_sent(connection_, pdu);
}

Complaint Watcher::login_sent(Role from, const WirePdu& pdu) {
  if (connection_.full_feature) return "a login PDU in the Full Feature Phase (6.3)";
  login_.take(from, pdu);
  if (from == Role::initiator) {
    const std::uint32_t cmd_sn = pdu.u32(24);
    connection_.cid = load_be16(&pdu.bytes[20]);
    if (tsih_of(pdu) == 0 && first_cmd_sn_.value_or(cmd_sn) != cmd_sn) return "CmdSN changes during login (11.12.8)";
    first_cmd_sn_ = cmd_sn;
    return std::nullopt;
  }
  if (load_be16(&pdu.bytes[36]) >> 8 != 0) return std::nullopt;  // its numbers mean nothing
  const std::uint32_t stat_sn = pdu.u32(24);
  if (connection_.next_stat_sn.value_or(stat_sn) != stat_sn) return "StatSN of a Login Response (11.13.4)";
  connection_.next_stat_sn = stat_sn + 1;
  if (ends_login(pdu)) {
    if (tsih_of(pdu) == 0) return "a login ends without a TSIH (11.13.3)";
    login_ends(pdu);
  }
  return std::nullopt;
}

/// The session begins, or gets another connection.
void Watcher::login_ends(const WirePdu& pdu) {
  auto& session = all_.sessions_[tsih_of(pdu)];
  if (session == nullptr) {
    session = std::make_shared<WatchedSession>();
    session->agreed = login_.agreed();
    session->next_cmd_sn = session->exp_cmd_sn = *first_cmd_sn_;
    session->known_max_cmd_sn = *first_cmd_sn_ - 1;
    all_.verdict_.mark("session", "opened");
  } else {
    all_.verdict_.mark("session", "joined");
  }
  ++session->connections;
  connection_.session = session;
  connection_.full_feature = true;
  for (const Role receiver : {Role::initiator, Role::target}) {
    connection_.max_data_segment[static_cast<std::size_t>(receiver)] = login_.max_data_segment(receiver);
  }
  link_.use_digests(Role::target, login_.digests());
  link_.use_digests(Role::initiator, login_.digests());
}

void Watcher::delivered(Role to, const WirePdu& pdu) {
  if (pdu.header_damaged) return;
  if (pdu.opcode() == Opcode::login_response && load_be16(&pdu.bytes[36]) >> 8 == 0) {
    connection_.known_stat_sn = pdu.u32(24) + 1;
    if (connection_.session != nullptr) response_arrived(connection_, pdu);
  }
  if (is_login(pdu) || connection_.session == nullptr) return;
  if (to == Role::target) {
    request_arrived(connection_, pdu);
    task_arrived(connection_, pdu);
  } else {
    response_arrived(connection_, pdu);
    task_answered(connection_, pdu);
  }
}

void Watcher::closed(Role by) {
  if (by != Role::initiator) return;
  initiator_left_ = true;
  forget_tasks(connection_);
}

}  // namespace lunway::simulator
