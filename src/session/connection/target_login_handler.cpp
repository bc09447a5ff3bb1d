// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Login Phase of a target's connection: Login Requests in, Login Responses out.
//= rfc7143#6.3

#include <cassert>
#include <string>
#include <utility>

#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"
#include "text/key_value.h"
#include "text/value.h"
#include "wire/login_response.h"

namespace lunway::session {

void TargetConnectionCore::on_login_phase(Instant /*now*/, const wire::WholePdu& pdu) {
  const wire::BasicHeader header(pdu.header);
  if (header.opcode() != wire::Opcode::login_request) {
    // Before the first Login Request there is nobody to answer.
    //= rfc7143#4.2.4
    if (!login_.started()) {
      close_now(CloseReason::protocol_error, "the first PDU is no Login Request (4.2.4)");
    } else {
      send_login_failure({.status = wire::LoginStatus::invalid_during_login,
                          .detail = "a PDU other than a Login Request during login (4.2.4)"});
    }
    return;
  }
  if (!login_.started()) state_.step(Event::login_started);
  refused_request_ = wire::LoginRequest(pdu.header).fields();
  const auto request = wire::LoginRequest::parse(pdu.header);
  if (!request) {
    send_login_failure({.status = wire::LoginStatus::initiator_error, .detail = std::string(request.error().rule)});
    return;
  }
  auto outcome = login_.receive(*request, pdu.data);
  if (const auto* reply = std::get_if<TargetLogin::Reply>(&outcome)) {
    send_login_reply(*reply, login_.first_request().tsih);
  } else if (const auto* failure = std::get_if<LoginFailure>(&outcome)) {
    send_login_failure(*failure);
  } else {
    awaiting_session_ = open_due_ = true;
  }
}

void TargetConnectionCore::open(Instant now, TargetSession& session, TargetSessionCore& core) {
  assert(awaiting_session_);
  drained_ = false;
  if (ending_ != Ending::no) return;
  core.tick(now);
  owner_session_ = &session;
  joining_ = &core;
  if (login_.session_request().tsih == wire::kNewSession) {
    enter();
  } else if (const auto refusal = core.join(*this, login_.session_request())) {
    refuse(now, *refusal);
  }
}

/// Where it takes the place of another connection, that one's tasks may still touch data.
//= rfc7143#6.3.4
void TargetConnectionCore::enter_when_possible() {
  if (joining_ != nullptr && ending_ == Ending::no && joining_->may_enter(*this)) enter();
}

void TargetConnectionCore::enter() {
  awaiting_session_ = false;
  parameters_ = login_.session_request().connection;
  const auto reply = login_.final_reply();
  session_ = std::exchange(joining_, nullptr);
  session_->attach(*this);
  state_.step(Event::login_accepted);

  login_.adopt(session_->request().session);
  transmitter_.join(*session_, parameters_);
  if (session_->recovery() != nullptr) {
    recovery_ = std::make_unique<ConnectionRecovery>(*session_, limits_);
    transmitter_.recover_with(*recovery_);
  }
  late_data_.set_limit(session_->limits().queue_depth + session_->limits().immediate_commands);
  acknowledged_ = transmitter_.stat_sn();
  send_login_reply(reply, session_->tsih());
  framer_.set_max_data_segment_length(parameters_.our_max_recv_data_segment_length);
  text_.begin(login_.session_request(), parameters_);
  if (session_->is_discovery()) liveness_ = TargetLiveness(limits_.discovery_idle, Duration::max());
  liveness_.heard(session_->last_tick());
  logged_in_due_ = true;
  if (!framer_.enable_digests(transmitter_.digests())) {
    close_now(CloseReason::protocol_error, "a PDU before the login was over (6.3)");
  }
}

void TargetConnectionCore::refuse(Instant now, wire::LoginStatus status) {
  assert(awaiting_session_);
  drained_ = false;
  if (ending_ != Ending::no) return;
  awaiting_session_ = false;
  send_login_failure({.status = status, .detail = std::string(wire::to_string(status))});
  settle(now);
}

void TargetConnectionCore::send_login_reply(const TargetLogin::Reply& reply, wire::Tsih tsih) {
  const auto& first = login_.first_request();
  transmitter_.login_answer(
      wire::LoginResponse::build({.flags = reply.flags, .isid = first.isid, .tsih = tsih, .itt = first.itt}),
      bytes_of(reply.text), login_cmd_sn(first));
}

/// The only CmdSN that a new session waits for. An existing session has other numbers, which are not known before the
/// login is through: the initiator is told old ones, from which it takes nothing.
//= rfc7143#4.2.2.1
wire::CmdSN TargetConnectionCore::login_cmd_sn(const wire::LoginRequest::Fields& request) {
  constexpr std::uint32_t kLongAgo = 0x10000;
  return request.tsih == wire::kNewSession ? request.cmd_sn : request.cmd_sn.advanced_by(0 - kLongAgo);
}

void TargetConnectionCore::send_login_failure(const LoginFailure& failure) {
  text::TextWriter text;
  for (const text::TargetAddress& address : failure.target_addresses) {
    if (!text.add("TargetAddress", text::to_string(address))) break;
  }
  if (failure.rejects_auth_method && !text.add("AuthMethod", text::kReject)) text.clear();
  const auto& first = refused_request_;
  transmitter_.login_answer(
      wire::LoginResponse::build({.isid = first.isid, .tsih = first.tsih, .itt = first.itt, .status = failure.status}),
      bytes_of(text.text()), login_cmd_sn(first));
  state_.step(Event::login_refused);
  close_when_transmitted(CloseReason::login_refused, failure.detail);
}

}  // namespace lunway::session
