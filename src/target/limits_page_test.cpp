// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// docs/limits.md says what the headers say.

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "scsi/commands/pieces.h"
#include "scsi/copy/copy_limits.h"
#include "session/command/write_transfer.h"
#include "session/initiator_limits.h"
#include "session/limits.h"
#include "session/recovery/missing_numbers.h"
#include "target/shard_server.h"

namespace lunway::target {
namespace {

std::string page() {
  std::string path = __FILE__;
  path.erase(path.rfind("/src/"));
  std::ifstream file(path + "/docs/limits.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string seconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

std::string kib(std::size_t bytes) { return std::to_string(bytes / 1024) + " KiB"; }

/// The page has a row for `name` whose value begins with `value`.
void expect_row(const std::string& name, const std::string& value) {
  EXPECT_NE(page().find("| " + name + " | " + value), std::string::npos) << name << " is " << value;
}

TEST(LimitsPage, SaysWhatBoundsALogin) {
  const ServerContext server;
  const session::ConnectionLimits limits;
  expect_row("`ServerContext::max_logins`", std::to_string(server.max_logins) + " ");
  expect_row("`ConnectionLimits::login_time`", seconds(limits.login_time));
  expect_row("`ConnectionLimits::login_requests`", std::to_string(limits.login_requests) + " ");
  expect_row("`ConnectionLimits::text_bytes`", kib(limits.text_bytes) + " of text in one login");
}

TEST(LimitsPage, SaysWhatBoundsAConnection) {
  const session::ConnectionLimits limits;
  expect_row("`ConnectionLimits::text_bytes`", kib(limits.text_bytes) + " of text in one Text Request");
  expect_row("`ConnectionLimits::text_response_bytes`", kib(limits.text_response_bytes));
  expect_row("`ConnectionLimits::text_exchange_idle`", seconds(limits.text_exchange_idle));
  expect_row("`ConnectionLimits::queued_answers`", std::to_string(limits.queued_answers) + " ");
  expect_row("`ConnectionLimits::ping_after`, then `ping_timeout`",
             seconds(limits.ping_after) + " of silence, then " + seconds(limits.ping_timeout));
  expect_row("`ConnectionLimits::discovery_idle`", seconds(limits.discovery_idle));
  expect_row("`ConnectionLimits::closing_time`", seconds(limits.closing_time));
  expect_row("`ConnectionLimits::retained_responses`, `retained_response_bytes`",
             std::to_string(limits.retained_responses) + " numbered PDUs, " + kib(limits.retained_response_bytes));
  expect_row("`ConnectionLimits::acknowledgement_wait`", seconds(limits.acknowledgement_wait));
  expect_row("`ConnectionLimits::sequence_wait`", seconds(limits.sequence_wait));
  expect_row("`ConnectionLimits::transmit_pdus`, `transmit_bytes`",
             std::to_string(limits.transmit_pdus) + " PDUs, " + kib(limits.transmit_bytes));
}

TEST(LimitsPage, SaysWhatBoundsASession) {
  const ServerContext server;
  const session::SessionLimits limits;
  expect_row("`kMaxConnections`", std::to_string(session::kMaxConnections) + " ");
  expect_row("`SessionLimits::queue_depth`", std::to_string(limits.queue_depth) + " ");
  expect_row("`SessionLimits::immediate_commands`", std::to_string(limits.immediate_commands) + " ");
  expect_row("`SessionLimits::management_functions`", std::to_string(limits.management_functions) + " ");
  expect_row("`SessionLimits::departing_tasks`", std::to_string(limits.departing_tasks) + " ");
  expect_row("`SessionLimits::held_bytes`", kib(limits.held_bytes));
  expect_row("`SessionLimits::transfer_tag_wait`", seconds(limits.transfer_tag_wait));
  expect_row("`SessionLimits::retained_reads`, `retained_read_bytes`",
             std::to_string(limits.retained_reads) + " reads, " + kib(limits.retained_read_bytes));
  expect_row("`kMaxRecoveryR2ts`", std::to_string(session::kMaxRecoveryR2ts) + " ");
  expect_row("`kMaxSequenceTimeouts`", std::to_string(session::kMaxSequenceTimeouts) + " ");
  expect_row("`SessionLimits::lost_connections`", std::to_string(limits.lost_connections) + " ");
  expect_row("`ServerContext::max_failed_sessions`", std::to_string(server.max_failed_sessions) + " ");
}

TEST(LimitsPage, SaysWhatBoundsAnInitiator) {
  const session::InitiatorConnectionLimits limits;
  const auto number = [](auto value) { return std::to_string(value) + " "; };
  expect_row("`InitiatorConnectionLimits::queued_answers`", number(limits.queued_answers));
  expect_row("`InitiatorConnectionLimits::recovery_time`", seconds(limits.recovery_time));
  expect_row("`InitiatorConnectionLimits::recovery_attempts`", number(limits.recovery_attempts));
  expect_row("`InitiatorConnectionLimits::data_requests`", number(limits.data_requests));
  expect_row("`MissingNumbers::kMaxRuns`", number(session::MissingNumbers::kMaxRuns));
  expect_row("`InitiatorConnectionLimits::recovery_r2ts`", number(limits.recovery_r2ts));
}

TEST(LimitsPage, SaysWhatBoundsCopies) {
  using namespace scsi;
  const auto number = [](auto value) { return std::to_string(value) + " "; };
  expect_row("`kMostCopyListBytes`", kib(kMostCopyListBytes));
  expect_row("`kMostCopiesAtOnce`", number(kMostCopiesAtOnce));
  expect_row("`kMostCopiesRemembered`", number(kMostCopiesRemembered));
  expect_row("`kPieceBytes`", kib(kPieceBytes));
  expect_row("`kMostTokenRanges`", number(kMostTokenRanges));
  expect_row("`kMostTokenBytes`", std::to_string(kMostTokenBytes >> 20) + " MiB");
  expect_row("`kMostTokensOfNexus`", number(kMostTokensOfNexus));
  expect_row("`kMostTokens`", number(kMostTokens));
  expect_row("`kMostTokensRemembered`", number(kMostTokensRemembered));
  expect_row("`kDefaultTokenTimeoutSeconds`, `kMostTokenTimeoutSeconds`",
             std::to_string(kDefaultTokenTimeoutSeconds) + " s without use, or as long as the initiator says up to " +
                 std::to_string(kMostTokenTimeoutSeconds) + " s");
  expect_row("`kTokenLifetimeSeconds`", std::to_string(kTokenLifetimeSeconds) + " s");
}

}  // namespace
}  // namespace lunway::target
