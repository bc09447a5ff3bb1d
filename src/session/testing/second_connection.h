// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Another connection of the session in an InitiatorRig. The rig's own connection is the leading one; this one joins the
// session with CID 1, or with another.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/initiator_connection.h"
#include "session/testing/initiator_rig.h"
#include "wire/framer.h"
#include "wire/login_response.h"
#include "wire/outgoing.h"

namespace lunway::session {

inline constexpr wire::Cid kSecondCid{1};

class SecondConnection {
 public:
  /// After the login of the leading connection, for which the profile asks for two connections.
  explicit SecondConnection(InitiatorRig& rig, wire::Cid cid = kSecondCid)
      : connection(rig.time, rig.session, rig.entropy, cid, {}), rig_(rig) {}

  static InitiatorProfile profile() {
    InitiatorProfile profile = InitiatorRig::profile();
    profile.policy.number(text::KeyId::max_connections) = {.preferred = 2, .worst = 1};
    return profile;
  }

  /// What it has sent since the last time.
  std::vector<SentPdu> sent() {
    std::vector<SentPdu> pdus;
    drain();
    for (;;) {
      std::vector<std::byte> bytes;
      for (const Bytes piece : connection.next_transmit(rig_.time))
        bytes.insert(bytes.end(), piece.begin(), piece.end());
      drain();
      if (bytes.empty()) return pdus;
      connection.transmitted(rig_.time, bytes.size());
      drain();
      split(bytes, pdus);
    }
  }

  template <class Fields>
  void deliver(wire::Header (*build)(const Fields&), Fields fields, std::string_view text = {}) {
    fields.stat_sn = stat_sn;
    stat_sn = stat_sn.next();
    const wire::EncodedPdu pdu(build(rig_.windowed(fields)), bytes_of(text), {});
    for (const Bytes piece : pdu.pieces()) {
      Bytes rest = piece;
      while (!rest.empty() && connection.wants_input()) {
        rest = rest.subspan(connection.receive(rig_.time, rest));
        drain();
      }
    }
    rig_.pump();
  }

  /// Joins the session; the requests that it took.
  std::vector<SentPdu> log_in() {
    using wire::LoginStage;
    std::vector<SentPdu> requests = sent();
    wire::LoginResponse::Fields response;
    response.isid = rig_.session.profile().isid;
    response.tsih = rig_.session.tsih();
    response.itt = wire::Itt(connection.cid().value());
    response.flags = {
        .transit = true, .csg = LoginStage::security_negotiation, .nsg = LoginStage::login_operational_negotiation};
    deliver(wire::LoginResponse::build, response, std::string_view("AuthMethod=None\0", 16));
    const std::vector<SentPdu> offers = sent();
    requests.insert(requests.end(), offers.begin(), offers.end());
    response.flags = {
        .transit = true, .csg = LoginStage::login_operational_negotiation, .nsg = LoginStage::full_feature_phase};
    deliver(wire::LoginResponse::build, response, InitiatorRig::agree(offers.at(0).text(), ""));
    return requests;
  }

  const InitiatorClose* closed() const {
    for (const InitiatorConnectionOutput& event : events)
      if (const auto* close = std::get_if<InitiatorClose>(&event)) return close;
    return nullptr;
  }

  InitiatorConnection connection;
  std::vector<InitiatorConnectionOutput> events;
  wire::StatSN stat_sn{0x2000};

 private:
  void drain() {
    while (auto task = rig_.session.next_output()) rig_.done.push_back(std::move(*task));
    while (auto output = connection.next_output()) events.push_back(std::move(*output));
  }

  void split(Bytes bytes, std::vector<SentPdu>& pdus) {
    for (;;) {
      const wire::Step step = framer_.next(bytes);
      const auto* pdu = std::get_if<wire::WholePdu>(&step);
      if (pdu == nullptr) return;
      SentPdu& one = pdus.emplace_back();
      copy_bytes(one.header, pdu->header);
      one.data.assign(pdu->data.begin(), pdu->data.end());
    }
  }

  InitiatorRig& rig_;
  wire::Framer framer_{{.max_data_segment_length = kRigSegmentMax}, {}};
};

}  // namespace lunway::session
