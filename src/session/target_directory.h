// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the engine asks the configuration: may this initiator log in here, how must it prove itself, what may it
// negotiate, which targets may it see.
//= rfc7143#6.3.1
//
// The answers are values, so a configuration may change while a login is under way: each login keeps what it was told.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "text/chap.h"
#include "text/name.h"
#include "text/parameters.h"
#include "text/policy.h"
#include "text/send_targets.h"
#include "text/target_address.h"
#include "wire/login_status.h"
#include "wire/numbers.h"

namespace lunway::session {

/// Where a connection came in. The owner gives it to each TargetConnection and gets it back in its questions.
struct Portal {
  /// Meaningful to the owner only: which of its listening sockets it was.
  std::uint32_t id = 0;
  /// The address the initiator reached.
  text::TargetAddress address;
  /// The initiator's address, for access rules and logs.
  std::string peer_address;
};

/// The first Login Request, once its text is whole.
struct LoginAttempt {
  const Portal& portal;
  text::SessionType type = text::SessionType::normal;
  const text::IscsiName& initiator_name;
  /// Unset in a discovery session that names no target.
  const std::optional<text::IscsiName>& target_name;
  wire::Isid isid;
  /// Zero asks for a new session (or for the reinstatement of one), any other for a place in an existing one.
  wire::Tsih tsih;
  wire::Cid cid;
};

struct LoginPolicy {
  /// Who the initiator must prove to be, and who the target is when it is asked. Unset: no authentication is asked for,
  /// and an AuthMethod list without None is refused.
  //= rfc7143#12.1
  std::optional<text::ChapTarget::Config> chap;
  /// What the engine cannot do it takes back from this policy, whatever it says; see login/engine_bounds.h.
  text::Policy negotiation;
  std::uint16_t portal_group_tag = 1;
  /// TargetAlias; empty: none is sent.
  std::string target_alias;
  /// TARGET WARM RESET and TARGET COLD RESET; without it the answer is "authorization failed", and nothing ends.
  //= rfc7143#11.5.1
  bool may_reset_target = true;
};

/// Why a login is answered with a status other than success.
struct LoginRefusal {
  wire::LoginStatus status = wire::LoginStatus::target_error;
  /// For the redirections, at least one; without a portal group tag.
  std::vector<text::TargetAddress> target_addresses = {};
};

/// Implemented by the owner. Called from inside the verbs of a connection, on the thread of that connection; must
/// answer at once and must not call back into the engine. Several connections on several threads may ask one directory.
class TargetDirectory {
 public:
  /// The rows of 6.3.1 that can be known at the start of a login, in the RFC's words: not found (0x0203), authorization
  /// failure (0x0202), target removed, redirections, session does not exist (0x020a), too many connections (0x0206),
  /// out of resources. New sessions and reinstatement are admitted here and made later, on OpenSession.
  virtual std::expected<LoginPolicy, LoginRefusal> admit(const LoginAttempt& attempt) = 0;

  /// The targets that `initiator` may log in to, or only `target` of them where that is set: for SendTargets. What an
  /// initiator may not use is not listed. Each record has its addresses with their portal group tags.
  //= rfc7143#C
  virtual std::vector<text::TargetRecord> list_targets(const Portal& portal, const text::IscsiName& initiator,
                                                       const std::optional<text::IscsiName>& target) = 0;

 protected:
  ~TargetDirectory() = default;
};

}  // namespace lunway::session
