// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Ladders of sessions with several connections: how a second rig asks for a place in the session of a first one.

#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/testing/ladder.h"
#include "text/chap.h"
#include "text/key_value.h"

namespace lunway::session::testing {

inline wire::LoginRequest::Fields joining_fields(wire::Cid cid, wire::LoginFlags flags) {
  auto fields = login_fields(flags);
  fields.tsih = wire::Tsih(7);
  fields.cid = cid;
  return fields;
}

/// I -> T on a new connection: a Login Request with the TSIH of the session of `leading`.
inline void ask_to_join(TargetRig& rig, TargetRig& leading, wire::Cid cid,
                        wire::LoginFlags flags = from_to(kOperational, kFullFeature)) {
  rig.join(leading);
  rig.send(wire::LoginRequest::build(joining_fields(cid, flags)), bytes_of(names()));
}

/// T -> I the status of a Login Response; nothing while the target is silent.
inline std::optional<wire::LoginStatus> login_status(TargetRig& rig) {
  const auto answer = rig.receive();
  if (!answer || answer->opcode() != wire::Opcode::login_response) return std::nullopt;
  return wire::LoginResponse(wire::HeaderView(answer->header)).status();
}

/// A CHAP login as `user`, with the TSIH of the session that the rig has joined, if it has. The status that ends it;
/// nothing while the last request is not answered.
inline std::optional<wire::LoginStatus> log_in_with_chap(TargetRig& rig, std::string_view user) {
  constexpr std::string_view kChallenge = "challenge of initiator, 31 byte";
  text::ChapInitiator chap(
      {.settings = {}, .own = {std::string(user), text::ChapSecret("a secret of some length")}, .target = {}}, 99,
      bytes_of(kChallenge));
  text::TextWriter start;
  EXPECT_FALSE(chap.start(start));
  auto fields = login_fields({});
  fields.tsih = rig.directory.existing;
  rig.send(wire::LoginRequest::build(fields), bytes_of(names({"AuthMethod=CHAP"})));
  EXPECT_EQ(login_status(rig), wire::LoginStatus::success);
  rig.send(wire::LoginRequest::build(fields), bytes_of(start.text()));
  const auto challenge = rig.receive();
  if (!challenge) return std::nullopt;
  std::vector<text::KeyValue> keys;
  text::PairReader reader(challenge->text());
  while (const auto pair = reader.next()) keys.push_back(*pair);
  text::TextWriter proof;
  EXPECT_TRUE(chap.step(keys, proof));
  fields.flags = from_to(kSecurity, kFullFeature);
  rig.send(wire::LoginRequest::build(fields), bytes_of(proof.text()));
  return login_status(rig);
}

}  // namespace lunway::session::testing
