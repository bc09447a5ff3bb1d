// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Login Phase as an initiator goes through it: what each Login Request says, what each Login Response means.
//= rfc7143#6.3
//
//   ExpectAuthMethod --CHAP--> ExpectChap --proved--> ExpectEndOfSecurity
//        |                                                  |
//        +------- None, or nothing to say ------------------+--> ExpectOperational --> done
//
// A stage that owns data is a type; it is consumed by the response that it expects. Header fields that are not the
// login's own (tags, numbers) are the connection's.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "session/entropy_source.h"
#include "session/initiator_limits.h"
#include "session/initiator_output.h"
#include "session/initiator_profile.h"
#include "text/chap.h"
#include "text/key_value.h"
#include "text/negotiator.h"
#include "text/parameters.h"
#include "wire/login_response.h"

namespace lunway::session {

/// What a login ended with when it did not fail.
struct LoginAgreement {
  text::SessionParameters session;
  text::ConnectionParameters connection;
  wire::Tsih tsih;
  InitiatorLoggedIn event;
};

class InitiatorLogin {
 public:
  struct Start {
    /// Zero for the leading connection of a new session.
    wire::Tsih tsih;
    /// What the leading connection has agreed on, for the others.
    text::SessionParameters session = {};
    bool authenticated = false;
  };

  /// `profile` and `entropy` outlive the login.
  InitiatorLogin(const InitiatorProfile& profile, EntropySource& entropy, const Start& start,
                 const InitiatorConnectionLimits& limits);

  struct Request {
    wire::LoginFlags flags;
    std::string_view text;  // valid until the next call
  };

  /// The request to send: once at the start, and once after each receive() that returned `next_request`.
  Request next_request();

  enum class Progress : std::uint8_t { next_request, done };

  /// One Login Response that is well-formed, with its text. A failure ends the connection.
  std::expected<Progress, InitiatorClose> receive(const wire::LoginResponse& response, Bytes text);

  /// After done.
  const LoginAgreement& agreement() const { return agreement_; }

 private:
  struct ExpectAuthMethod {};
  struct ExpectChap {
    text::ChapInitiator chap;
  };
  struct ExpectEndOfSecurity {};
  struct ExpectOperational {};
  using Stage = std::variant<ExpectAuthMethod, ExpectChap, ExpectEndOfSecurity, ExpectOperational>;

  template <class T>
  using Or = std::expected<T, InitiatorClose>;
  using Pairs = std::span<const text::KeyValue>;

  Or<Progress> take_refusal(const wire::LoginResponse& response, Bytes text) const;
  Or<void> check_header(const wire::LoginResponse& response) const;
  Or<Progress> take_text(const wire::LoginResponse& response);
  Or<std::vector<text::KeyValue>> read_pairs();
  Or<void> enter_operational();
  Or<void> finish(const wire::LoginResponse& response);

  // Each takes the stage's response and names the stage that follows within the same CSG.
  Or<Stage> answer(ExpectAuthMethod stage, Pairs pairs, const wire::LoginFlags& flags);
  Or<Stage> answer(ExpectChap stage, Pairs pairs, const wire::LoginFlags& flags);
  Or<Stage> answer(ExpectEndOfSecurity stage, Pairs pairs, const wire::LoginFlags& flags);
  Or<Stage> answer(ExpectOperational stage, Pairs pairs, const wire::LoginFlags& flags);
  Or<Stage> begin_chap();

  bool in_security() const { return !std::holds_alternative<ExpectOperational>(stage_); }
  wire::LoginStage csg() const;
  wire::LoginStage nsg() const;
  void say(std::string_view key, std::string_view value);

  const InitiatorProfile& profile_;
  EntropySource& entropy_;
  Start start_;
  InitiatorConnectionLimits limits_;

  bool offers_chap_ = false;
  bool offers_none_ = false;
  Stage stage_;
  text::Negotiator negotiator_;
  text::TextWriter writer_;
  text::TextAssembler assembler_;
  std::uint32_t responses_ = 0;
  /// Ready to leave the stage: the T bit of the request whose text is in writer_.
  bool transit_ = false;
  /// What the last request said.
  wire::LoginFlags sent_;
  LoginAgreement agreement_;
};

}  // namespace lunway::session
