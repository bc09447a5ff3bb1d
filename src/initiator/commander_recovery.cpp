// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What becomes of commands when their session is lost and comes back.
//= rfc7143#7.1.4.4

#include <algorithm>
#include <utility>

#include "initiator/commander.h"
#include "initiator/errors.h"
#include "initiator/replay.h"
#include "initiator/sense.h"

namespace lunway::initiator {
namespace {

/// A command that takes its session along each time has to end some day.
constexpr unsigned kReplaysMax = 32;

// SPC-4, with the meaning that RFC 7143 gives them.
//= rfc7143#11.4.7.2
constexpr std::uint16_t kProtocolServiceCrcError = 0x4705;
constexpr std::uint16_t kSnackRejected = 0x1113;

constexpr std::uint8_t kPowerOnOrReset = 0x29;
constexpr std::uint8_t kPowerOnOccurred = 0x01;

}  // namespace

void Commander::lost(TaskId id, Pending& pending, const session::TaskFailure& failure) {
  if (pending.aborted) return finish(id, std::unexpected(to_error(session::TaskFailure{})));
  // The target has forgotten the command with its connection, but the session lives.
  const bool lives = client_.state() == SessionState::logged_in;
  // The session's own end says more than "connection lost".
  if (!lives && !client_.is_recovering())
    return finish(id, std::unexpected(client_.failure().value_or(to_error(failure))));
  const Command& command = pending.command;
  Error error = to_error(failure);
  if (!failure.never_sent && !may_be_sent_twice(pending))
    error.message = std::string(lives ? "the connection" : "the session") + " was lost, and whether " +
                    command_name(command.cdb) + " was carried out is not known";
  else if (!lives && !guard_.knows(lun_of(command)))
    error.message =
        "the session was lost, and it is not known which disk LUN " + std::to_string(lun_of(command)) + " is";
  else if (++pending.replays > kReplaysMax)
    error.message = command_name(command.cdb) + " was lost with its session too often";
  else
    // In the order in which they were submitted.
    return static_cast<void>(backlog_.insert(std::ranges::lower_bound(backlog_, id), id));
  finish(id, std::unexpected(std::move(error)));
}

bool Commander::may_be_sent_twice(const Pending& pending) const {
  const Replay wanted = pending.command.replay.value_or(client_.options().replay);
  return wanted == Replay::always || (wanted == Replay::safe && is_repeatable(pending.command.cdb));
}

/// What was damaged on its way, and could not be had again within the command. "Session recovery should be performed
/// when all other recovery attempts have failed."
//= rfc7143#7.1.4.4
bool Commander::recovers_from(const Pending& pending, const session::TaskFailure& failure) {
  using session::TaskFault;
  const bool is_damage =
      failure.fault == TaskFault::data_digest || failure.fault == TaskFault::data_refused ||
      failure.fault == TaskFault::data_missing ||
      (failure.fault == TaskFault::rejected && failure.reject_reason == wire::RejectReason::data_digest_error);
  return is_damage && !pending.aborted && may_be_sent_twice(pending) && client_.recover_session(to_error(failure));
}

/// The same, when it was the target that has missed something.
//= rfc7143#7.8
bool Commander::recovers_from(const Pending& pending, const ScsiResult& result) {
  const auto& sense = result.sense;
  if (!sense || sense->key != kSenseKeyAbortedCommand || pending.aborted || !may_be_sent_twice(pending)) return false;
  const auto code = static_cast<std::uint16_t>(sense->asc << 8 | sense->ascq);
  if (code != kProtocolServiceCrcError && code != kSnackRejected) return false;
  return client_.recover_session(
      Error{ErrorKind::protocol, 0, "data of " + command_name(pending.command.cdb) + " was damaged on its way"});
}

void Commander::session_changed(Client::Change change) {
  if (change == Client::Change::closed) return issue_backlog();
  guard_.verify([this](Result<> same) {
    if (!same) return client_.give_up(std::move(same.error()));
    client_.resume();
    issue_backlog();
  });
}

void Commander::noticed(std::uint16_t lun, const Sense& sense) {
  if (on_unit_attention_) on_unit_attention_(sense);
  const bool lost_power = sense.asc == kPowerOnOrReset && sense.ascq <= kPowerOnOccurred;
  if (client_.is_recovering()) {
    if (lost_power && client_.options().on_event)
      client_.defer([this, lun] {
        client_.options().on_event("LUN " + std::to_string(lun) +
                                   " was restarted: what was written and not flushed may be lost");
      });
    return;
  }
  // Power comes and goes, but a disk is what it is.
  if (changes_what_we_know(sense) && sense.asc != kPowerOnOrReset) guard_.forget(lun);
}

}  // namespace lunway::initiator
