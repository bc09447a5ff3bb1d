// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The limits of the initiator's engine, in one place. What a target can make grow stops here, and the connection with
// it.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/instant.h"

namespace lunway::session {

struct InitiatorConnectionLimits {
  /// From the start of the login to the Login Final-Response.
  Duration login_time = std::chrono::seconds(15);
  /// Login Responses in one login.
  std::uint32_t login_responses = 64;
  /// Text of one answer, all the responses that it is cut into together.
  std::size_t login_text_bytes = std::size_t{64} * 1024;

  /// Silence after which the target is pinged; zero: never.
  Duration ping_after = Duration::zero();
  /// How long the echo may take. Then the connection is given up.
  Duration ping_timeout = std::chrono::seconds(10);
  /// How long the Logout Response may take.
  Duration logout_time = std::chrono::seconds(10);

  /// From ErrorRecoveryLevel 1 on: how long a SNACK may go without effect before it is repeated, and a connection that
  /// owes responses be silent before it is pinged.
  Duration recovery_time = std::chrono::seconds(3);
  /// How often the same is tried. Then the connection is given up, or the task where it is about its data.
  std::uint32_t recovery_attempts = 4;
  /// SNACKs for the data of one command.
  std::uint32_t data_requests = 256;
  /// R2Ts of one command that are outstanding beyond MaxOutstandingR2T: the target recovers lost data.
  std::uint32_t recovery_r2ts = 16;

  /// Pings of the target and SNACKs of ours that wait to be sent. When they are that many, the connection takes no
  /// input until some are gone.
  std::uint32_t queued_answers = 32;
  /// PDUs and payload bytes that one next_transmit() gathers at most.
  std::uint32_t transmit_pdus = 64;
  std::size_t transmit_bytes = std::size_t{1024} * 1024;
};

struct InitiatorSessionLimits {
  /// Tasks of all kinds, waiting or sent. At most 65535.
  std::uint32_t tasks = 512;
  /// Those of them that are kept for the engine's own requests: aborts, logouts.
  std::uint32_t reserved_tasks = 32;
  /// How long a task management function may take. Then the connection is given up.
  Duration task_management_time = std::chrono::seconds(15);
  /// Text of one SendTargets answer, all its responses together.
  std::size_t discovery_bytes = std::size_t{4} * 1024 * 1024;
  /// Text Responses of one exchange.
  std::uint32_t text_responses = 4096;
  /// Sense data that is kept of one response.
  std::size_t sense_bytes = 252;
};

}  // namespace lunway::session
