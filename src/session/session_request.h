// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a successful login asks of the owner: a session with this identity and these parameters.
//= rfc7143#6.3.1

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "session/target_directory.h"
#include "text/name.h"
#include "text/parameters.h"
#include "wire/numbers.h"

namespace lunway::session {

struct SessionRequest {
  text::IscsiName initiator_name;
  std::string initiator_alias;
  /// CHAP_N that the initiator has proved; empty without authentication. The same on all connections of a session.
  //= rfc7143#9.2
  std::string chap_name;
  /// Unset in an unnamed discovery session.
  std::optional<text::IscsiName> target_name;
  std::uint16_t portal_group_tag = 1;
  Portal portal;
  wire::Isid isid;
  /// Zero: a new session, after the one with the same names, ISID and portal group, if there is one, has been closed
  /// (reinstatement). Else the session to join.
  wire::Tsih tsih;
  wire::Cid cid;
  /// The first CmdSN of a new session.
  wire::CmdSN cmd_sn;
  bool may_reset_target = true;
  /// With the session type.
  text::SessionParameters session;
  text::ConnectionParameters connection;
};

}  // namespace lunway::session
