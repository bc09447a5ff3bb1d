// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A fixture for the Login Phase of an initiator: I is the engine, T is the test.
//
//   request();                                                    // I -> T  names, AuthMethod=None
//   deliver(transit(kSecurity, kOperational), "AuthMethod=None");  // T -> I

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "session/testing/initiator_rig.h"
#include "wire/login_request.h"
#include "wire/login_response.h"

namespace lunway::session {

/// "A=1;B=2" as the text of a PDU.
inline std::string text_of_pairs(std::string pairs) {
  if (pairs.empty()) return pairs;
  for (char& c : pairs)
    if (c == ';') c = '\0';
  return pairs + '\0';
}

struct InitiatorLoginLadder : ::testing::Test {
  static constexpr wire::LoginStage kSecurity = wire::LoginStage::security_negotiation;
  static constexpr wire::LoginStage kOperational = wire::LoginStage::login_operational_negotiation;
  static constexpr wire::LoginStage kFullFeature = wire::LoginStage::full_feature_phase;

  explicit InitiatorLoginLadder(InitiatorProfile profile = InitiatorRig::profile()) : rig(std::move(profile)) {}

  wire::LoginRequest::Fields request() {
    last = rig.next_sent();
    EXPECT_EQ(last.opcode(), wire::Opcode::login_request);
    return wire::LoginRequest(last.header).fields();
  }

  wire::LoginResponse::Fields response(wire::LoginStage csg) {
    wire::LoginResponse::Fields fields;
    fields.flags.csg = csg;
    fields.isid = rig.session.profile().isid;
    fields.itt = wire::Itt(0);
    return fields;
  }
  wire::LoginResponse::Fields transit(wire::LoginStage csg, wire::LoginStage nsg) {
    wire::LoginResponse::Fields fields = response(csg);
    fields.flags.transit = true;
    fields.flags.nsg = nsg;
    if (nsg == kFullFeature) fields.tsih = wire::Tsih(1);
    return fields;
  }
  void deliver(const wire::LoginResponse::Fields& fields, const std::string& pairs = "") {
    rig.deliver(wire::LoginResponse::build(rig.numbered(fields)), std::string_view(text_of_pairs(pairs)));
  }
  void expect_closed(InitiatorCloseReason reason, const std::string& detail = "") {
    ASSERT_NE(rig.closed(), nullptr);
    EXPECT_EQ(rig.closed()->reason, reason) << rig.closed()->detail;
    EXPECT_THAT(rig.closed()->detail, ::testing::HasSubstr(detail));
    EXPECT_EQ(rig.connection.state(), InitiatorConnectionState::free);
  }
  /// T -> I: the end of the login; the target agrees to all offers but those in `keys`.
  void accept(const std::string& keys = "") {
    rig.deliver(wire::LoginResponse::build(rig.numbered(transit(kOperational, kFullFeature))),
                std::string_view(InitiatorRig::agree(offers, keys)));
  }
  /// I -> T: the first request of the operational stage.
  wire::LoginRequest::Fields offer() {
    const auto fields = request();
    offers = last.text();
    return fields;
  }
  /// The security stage without authentication.
  void pass_security() {
    request();
    deliver(transit(kSecurity, kOperational), "AuthMethod=None");
    offer();
  }

  InitiatorRig rig;
  SentPdu last;
  std::string offers;
};

}  // namespace lunway::session
