// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Who an initiator is, whom it calls, and what it wants from the login.
//= rfc7143#6.3.1

#pragma once

#include <optional>
#include <string>

#include "text/chap.h"
#include "text/policy.h"
#include "wire/isid.h"

namespace lunway::session {

struct InitiatorProfile {
  /// Both in normal form. Without a target name the session is for discovery.
  std::string initiator_name;
  std::string target_name;
  text::SessionType session_type = text::SessionType::normal;
  std::string initiator_alias;
  /// T=random unless the owner has a better one. The same ISID again reinstates the session.
  wire::Isid isid;

  /// What we prove to the target. Without it only AuthMethod=None is offered.
  //= rfc7143#12.1.3
  std::optional<text::ChapAccount> chap;
  /// What the target proves to us (mutual CHAP); only with `chap`. A login without that proof fails.
  std::optional<text::ChapAccount> target_chap;
  text::ChapSettings chap_settings;

  text::Policy policy;
};

}  // namespace lunway::session
