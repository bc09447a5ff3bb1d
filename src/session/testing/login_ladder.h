// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A fixture for the Login Phase at a target: one call for each request and its response.
//
//   EXPECT_EQ(ask(from_to(kOperational, kFullFeature), names()).fields.status, LoginStatus::success);

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "session/testing/ladder.h"
#include "text/key_value.h"

namespace lunway::session::testing {

struct LoginAnswer {
  wire::LoginResponse::Fields fields;
  std::string text;

  /// The value of a key; "(none)" when the answer has no such key.
  std::string value(std::string_view key) const {
    text::PairReader reader(text);
    while (const auto pair = reader.next()) {
      if (pair->key == key) return std::string(pair->value);
    }
    return "(none)";
  }
  std::size_t count(std::string_view key) const {
    std::size_t found = 0;
    text::PairReader reader(text);
    while (const auto pair = reader.next()) found += pair->key == key ? 1U : 0U;
    return found;
  }
  bool is_final() const {
    return fields.status == wire::LoginStatus::success && fields.flags.transit &&
           fields.flags.nsg == wire::LoginStage::full_feature_phase;
  }
};

inline wire::LoginFlags stay_in(wire::LoginStage csg) {
  wire::LoginFlags flags;
  flags.csg = csg;
  return flags;
}

/// With the C bit: the text goes on in the next request.
inline wire::LoginFlags more_in(wire::LoginStage csg) {
  wire::LoginFlags flags = stay_in(csg);
  flags.continues = true;
  return flags;
}

class TargetLoginLadder : public ::testing::Test {
 protected:
  /// I -> T a Login Request, T -> I its response. A target that says nothing fails the test.
  LoginAnswer ask(const wire::LoginRequest::Fields& fields, std::string_view text = {}) {
    rig.send(wire::LoginRequest::build(fields), bytes_of(text));
    const auto pdu = rig.receive();
    const bool answered = pdu && pdu->opcode() == wire::Opcode::login_response;
    EXPECT_TRUE(answered) << "no Login Response";
    if (!answered) return {.fields = {.status = wire::LoginStatus::target_error}, .text = {}};
    const auto response = wire::LoginResponse::parse(wire::HeaderView(pdu->header));
    EXPECT_TRUE(response) << "a malformed Login Response";
    return {.fields = wire::LoginResponse(wire::HeaderView(pdu->header)).fields(), .text = std::string(pdu->text())};
  }
  LoginAnswer ask(wire::LoginFlags flags, std::string_view text = {}) { return ask(login_fields(flags), text); }

  TargetRig rig;
};

}  // namespace lunway::session::testing
