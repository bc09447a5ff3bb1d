// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "conformance/check/model.h"

#include <algorithm>

#include "text/value.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;
using wire::Role;

constexpr std::uint32_t kFullFeaturePhase = 3;
constexpr std::size_t kMostText = std::size_t{1} << 20;

bool is_text(const Pdu& pdu) { return pdu.is(Opcode::text_request) || pdu.is(Opcode::text_response); }

/// Nothing for what no side could keep to.
std::optional<std::uint32_t> declared_length(const Negotiation& said, Role who) {
  const text::KeyInfo& key = text::info_of(KeyId::max_recv_data_segment_length);
  const std::string* value = said.value(key.id, who);
  if (value == nullptr) return key.default_value;
  return value_in_table(key, *value);
}

}  // namespace

std::optional<wire::Digests> ConnectionModel::digests() const {
  if (phase == Phase::login || phase == Phase::refused) return wire::Digests{};
  const std::optional<std::uint32_t> header = negotiation.result(KeyId::header_digest);
  const std::optional<std::uint32_t> data = negotiation.result(KeyId::data_digest);
  if (!header || !data) return std::nullopt;
  return wire::Digests{.header = *header == 1, .data = *data == 1};
}

void Model::follow(const Event& event) {
  if (event.kind == Event::Kind::closed) return close(event.connection);
  if (event.kind != Event::Kind::pdu) return;
  ConnectionModel& connection = connections_[event.connection];
  follow_transfer(connection, event);
  if (event.sender == Role::initiator) {
    if (event.pdu.is(Opcode::login_request)) follow_login_request(connection, event);
    follow_request(connection, event);
  } else {
    // The numbers first: what a login ends with is no longer part of it.
    follow_answer(connection, event);
    if (event.pdu.is(Opcode::login_response)) follow_login_response(connection, event);
  }
  if (!is_text(event.pdu)) return;
  for (const KeyValue& pair : take_text(connection, event, event.pdu[field::kContinue] != 0)) {
    const text::KeyInfo& key = text::info_of(KeyId::max_recv_data_segment_length);
    if (pair.key != key.name) continue;
    // From when on the new limit holds depends on who has read it: the larger one is never wrong.
    const auto declared = value_in_table(key, pair.value);
    auto& limit = connection.max_recv[event.sender];
    limit = declared && limit ? std::optional(std::max(*limit, *declared)) : std::nullopt;
  }
}

void Model::follow_login_request(ConnectionModel& connection, const Event& event) {
  if (connection.phase != Phase::login) return;
  LoginModel& login = connection.login;
  const bool first = !login.first_request;
  if (first) {
    login.first_request = event.pdu;
    join(connection, event.pdu);
  }
  login.last_request = event.pdu;
  ++login.outstanding;
  for (const KeyValue& pair : take_text(connection, event, event.pdu[field::kContinue] != 0)) {
    connection.negotiation.said(Role::initiator, pair);
    if (connection.joins) continue;
    if (pair.key == "SessionType") connection.session->discovery = pair.value == "Discovery";
    if (pair.key == "InitiatorName") connection.session->initiator_name = pair.value;
  }
}

/// The first Login Request says which session it is for.
//= rfc7143#6.3.1
void Model::join(ConnectionModel& connection, const Pdu& request) {
  const std::uint64_t isid = request.get(field::kIsid);
  const auto tsih = static_cast<std::uint16_t>(request[field::kTsih]);
  connection.cid = static_cast<std::uint16_t>(request[field::kCid]);
  if (tsih == 0) {
    connection.session->isid = isid;
    connection.session->next_cmd_sn = request[field::kCmdSn];
    return;
  }
  connection.joins = true;
  for (auto& [number, other] : connections_) {
    if (&other == &connection || other.session->tsih != tsih || other.session->isid != isid) continue;
    connection.session = other.session;
    return;
  }
  connection.session->isid = isid;
  connection.session->tsih = tsih;
  connection.session->is_known = false;
}

void Model::follow_login_response(ConnectionModel& connection, const Event& event) {
  if (connection.phase != Phase::login) return;
  const Pdu& response = event.pdu;
  LoginModel& login = connection.login;
  if (!login.first_response) login.first_response = response;
  login.last_response = response;
  if (login.outstanding > 0) --login.outstanding;
  for (const KeyValue& pair : take_text(connection, event, response[field::kContinue] != 0)) {
    connection.negotiation.said(Role::target, pair);
  }
  if (response[field::kStatusClass] != 0) {
    connection.phase = Phase::refused;
  } else if (response[field::kTransit] != 0 && response[field::kNsg] == kFullFeaturePhase) {
    begin_full_feature(connection, response);
  }
}

void Model::begin_full_feature(ConnectionModel& connection, const Pdu& response) {
  connection.phase = Phase::full_feature;
  SessionModel& session = *connection.session;
  ++session.connections;
  if (!connection.joins) {
    session.tsih = static_cast<std::uint16_t>(response[field::kTsih]);
    session.agreed = connection.negotiation;
  }
  for (const Role role : {Role::initiator, Role::target}) {
    connection.max_recv[role] = declared_length(connection.negotiation, role);
  }
}

/// The pairs that are whole now; those that go on in the next PDU wait for it.
Text Model::take_text(ConnectionModel& connection, const Event& event, bool more) {
  std::vector<std::byte>& partial = connection.partial_text[event.sender];
  if (partial.size() + event.pdu.data.size() > kMostText) {
    connection.session->is_known = false;
    partial.clear();
    return {};
  }
  partial.insert(partial.end(), event.pdu.data.begin(), event.pdu.data.end());
  if (more) return {};
  Text text = decode_text(partial);
  partial.clear();
  return text;
}

void Model::close(unsigned number) {
  ConnectionModel& connection = connections_[number];
  for (auto& [itt, task] : connection.session->tasks) {
    if (task.connection == number) task.in_doubt = true;
  }
}

}  // namespace lunway::conformance
