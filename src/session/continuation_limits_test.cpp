// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Texts that go on and on: the C bit gives a peer no way to make either role hold more than its limits.
//= rfc7143#6.1
//= rfc7143#6.2

#include <gtest/gtest.h>

#include <string>

#include "session/testing/initiator_login_ladder.h"
#include "session/testing/ladder.h"
#include "session/testing/login_ladder.h"

namespace lunway::session {
namespace {

/// A full data segment of a text that has no end.
std::string part() { return std::string(8192, 'x'); }

// --------------------------------------------------------------------------------------------------------- initiator

struct Rfc7143_6_2_InitiatorContinuedText : InitiatorLoginLadder {
  /// T -> I: the same part of a text, until the initiator has enough of it.
  int continue_with(const std::string& text) {
    request();
    int parts = 0;
    for (; rig.closed() == nullptr && parts < 1000; ++parts) {
      auto fields = response(kSecurity);
      fields.flags.continues = true;
      rig.deliver(wire::LoginResponse::build(rig.numbered(fields)), std::string_view(text));
    }
    return parts;
  }
};

TEST_F(Rfc7143_6_2_InitiatorContinuedText, MayNotBeLongerThanTheLimit) {
  EXPECT_EQ(continue_with(part()), 9) << "64 KiB, and the part that is too much";
  expect_closed(InitiatorCloseReason::protocol_error, "more text than the limit");
}

TEST_F(Rfc7143_6_2_InitiatorContinuedText, MayNotBeNothingForEver) {
  EXPECT_LE(continue_with(""), 65);
  expect_closed(InitiatorCloseReason::protocol_error);
}

// ------------------------------------------------------------------------------------------------------------ target

struct Rfc7143_6_2_TargetContinuedLogin : testing::TargetLoginLadder {
  /// I -> T: the same part of a text, until the target has enough of it.
  int continue_with(const std::string& text) {
    for (int parts = 1; parts < 1000; ++parts) {
      const auto answer = ask(testing::more_in(testing::kSecurity), text);
      EXPECT_TRUE(answer.text.empty());
      if (answer.fields.status == wire::LoginStatus::success) continue;
      EXPECT_EQ(answer.fields.status, wire::LoginStatus::out_of_resources);
      return parts;
    }
    return 0;
  }
};

TEST_F(Rfc7143_6_2_TargetContinuedLogin, MayNotBeLongerThanTheLimit) {
  EXPECT_EQ(continue_with(part()), static_cast<int>(ConnectionLimits{}.text_bytes / 8192) + 1);
  EXPECT_TRUE(rig.closed);
}

TEST_F(Rfc7143_6_2_TargetContinuedLogin, MayNotBeNothingForEver) {
  const int parts = continue_with("");
  EXPECT_GT(parts, 0);
  EXPECT_LE(parts, 65);
  EXPECT_TRUE(rig.closed);
}

struct Rfc7143_6_2_TargetContinuedText : ::testing::Test {
  Rfc7143_6_2_TargetContinuedText() { log_in(rig); }

  /// I -> T: the same part of a text, until the target rejects it.
  int continue_with(const std::string& text) {
    wire::TextRequest::Fields request{
        .immediate = true, .final = false, .continues = true, .itt = wire::Itt(50), .ttt = wire::kNoTtt};
    for (int parts = 1; parts < 1000; ++parts) {
      rig.send(wire::TextRequest::build(request), bytes_of(text));
      const auto pdu = rig.receive();
      if (!pdu) return 0;
      if (pdu->opcode() == wire::Opcode::reject) return parts;
      EXPECT_TRUE(pdu->data.empty());
      request.ttt = wire::TextResponse(wire::HeaderView(pdu->header)).ttt();
    }
    return 0;
  }

  testing::TargetRig rig;
};

TEST_F(Rfc7143_6_2_TargetContinuedText, MayNotBeLongerThanTheLimit) {
  EXPECT_EQ(continue_with(part()), static_cast<int>(ConnectionLimits{}.text_bytes / 8192) + 1);
  EXPECT_FALSE(rig.closed) << "the sequence has failed, not the connection";
}

TEST_F(Rfc7143_6_2_TargetContinuedText, MayNotBeNothingForEver) {
  const int parts = continue_with("");
  EXPECT_GT(parts, 0);
  EXPECT_LE(parts, 65);
  EXPECT_FALSE(rig.closed);
}

}  // namespace
}  // namespace lunway::session
