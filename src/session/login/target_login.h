// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Login Phase as a target goes through it: what it answers to each Login Request.
//= rfc7143#6.3
//
//   AwaitFirstLogin ──┬──► SecurityStage ──┬──► OperationalStage ──► accepted
//                     │                    └───────────────────────► accepted
//                     └──► OperationalStage ───────────────────────► accepted
//
// A stage is a type; it is consumed by the text of a request and names the stage that follows. This file knows the
// headers and how text is cut into PDUs; the stages know the keys.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "session/entropy_source.h"
#include "session/limits.h"
#include "session/login/target_login_stages.h"
#include "session/session_request.h"
#include "session/target_directory.h"
#include "text/key_value.h"
#include "wire/login_request.h"
#include "wire/login_response.h"

namespace lunway::session {

class TargetLogin {
 public:
  /// All but the limits outlive the login.
  TargetLogin(TargetDirectory& directory, EntropySource& entropy, const Portal& portal, const ConnectionLimits& limits);

  /// A partial response: the login goes on. The text is valid until the next call.
  struct Reply {
    wire::LoginFlags flags;
    std::string_view text;
  };
  /// The Login Final-Response is ready; it goes out when there is a session, with final_reply().
  struct Accepted {};

  using Outcome = std::variant<Reply, Accepted, LoginFailure>;

  /// One well-formed Login Request with its text. After LoginFailure and Accepted the login is over.
  Outcome receive(const wire::LoginRequest& request, Bytes text);

  /// After Accepted.
  const SessionRequest& session_request() const { return *context_.request; }
  /// The connection joins a session, whose parameters hold for it too.
  void adopt(const text::SessionParameters& session) { context_.request->session = session; }
  Reply final_reply() const;

  /// For answers: what the first request said.
  const wire::LoginRequest::Fields& first_request() const { return first_; }
  bool started() const { return requests_ > 0; }

 private:
  std::optional<LoginFailure> check_header(const wire::LoginRequest& request) const;
  Outcome take_text(const wire::LoginRequest& request);
  Outcome next_piece(const wire::LoginRequest& request);
  wire::LoginStage stage() const;
  bool is_ahead() const { return !std::holds_alternative<AwaitFirstLogin>(stage_) && stage() != csg_; }

  ConnectionLimits limits_;
  LoginContext context_;
  LoginStages stage_ = AwaitFirstLogin{};
  wire::LoginRequest::Fields first_;
  std::uint32_t requests_ = 0;
  std::size_t text_bytes_ = 0;
  text::TextAssembler assembler_;
  std::string_view final_text_;
  /// The stage that both sides know of; stage_ may be ahead of it while the answer is still being sent.
  wire::LoginStage csg_ = wire::LoginStage::security_negotiation;
};

}  // namespace lunway::session
