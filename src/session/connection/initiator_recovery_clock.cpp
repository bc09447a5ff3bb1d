// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Recovery within a connection: responses that are missing, commands that the target never received, and what time says
// about both. From ErrorRecoveryLevel 1 on only.
//= rfc7143#7.1.4.2
//= rfc7143#D.3.2

#include <algorithm>
#include <utility>
#include <variant>

#include "session/connection/initiator_connection_core.h"
#include "wire/snack_request.h"

namespace lunway::session {

// -------------------------------------------------------------------------------------------------------- responses

/// Responses are taken in their order, for a task management response means something for those before it. So the one
/// that is missing is asked for with all that follow it.
//= rfc7143#7.9
void InitiatorConnectionCore::request_responses() {
  auto& request = recovery_->status_request;
  if (request && request->first == exp_stat_sn_) return;
  request = {.first = exp_stat_sn_, .again_at = last_heard_ + limits_.recovery_time};
  send_status_snack();
}

void InitiatorConnectionCore::send_status_snack() {
  check_by(recovery_->status_request->again_at);
  answers_.push_back(
      {.snack = wire::SnackRequest::Fields{.type = wire::SnackType::status, .beg_run = exp_stat_sn_.value()}});
}

/// "the initiator MUST treat the exception like a loss of any other solicited response PDU."
//= rfc7143#7.8
void InitiatorConnectionCore::response_damaged(const wire::ResponseHeader& pdu) {
  const bool is_numbered = pdu.opcode() != wire::Opcode::nop_in || pdu.itt() != wire::kNoItt;
  if (is_numbered && !pdu.stat_sn().precedes(exp_stat_sn_)) request_responses();
}

void InitiatorConnectionCore::repeat_status_request(Instant now) {
  auto& request = recovery_->status_request;
  if (request && request->first != exp_stat_sn_) request.reset();
  if (!request) return;
  if (now < request->again_at) return check_by(request->again_at);
  if (++request->attempts > limits_.recovery_attempts)
    return close(Reason::recovery_failed, "a response was lost, and the target does not send it again (7.8)");
  request->again_at = now + limits_.recovery_time;
  send_status_snack();
}

// --------------------------------------------------------------------------------------------------------- commands

/// "In the absence of a command acknowledgment [...] an initiator attempts to plug" the gap. The echo of a ping proves
/// it: on one connection the target has seen the command before the ping, or never.
//= rfc7143#7.2.1
void InitiatorConnectionCore::take_echo(Instant now, const InitiatorTask& ping) {
  auto& probes = recovery_->probes;
  const auto echoed = std::ranges::find(probes, ping.id());
  if (echoed != probes.end()) {
    // Those before it got lost, or their echoes would have come first.
    for (auto at = probes.begin(); at != echoed; ++at)
      if (InitiatorTask* const lost = session_.tasks().find(*at)) session_.finish(*lost, PingCompletion{});
    probes.erase(probes.begin(), echoed + 1);
  }
  const wire::CmdSN expected = session_.window().expected();
  if (!expected.precedes(ping.cmd_sn)) return;
  for (InitiatorTask& task : session_.tasks().slots()) {
    const bool is_expected = task.state == InitiatorTask::State::sent && !task.immediate && task.cmd_sn == expected;
    if (!is_expected || task.allegiance != cid_ || task.order > ping.order) continue;
    const auto& resend = recovery_->resend;
    if (std::ranges::find(resend, task.id()) == resend.end()) retry(now, task);
    return;
  }
}

void InitiatorConnectionCore::retry(Instant now, InitiatorTask& task) {
  // The ABORT TASK plugs the gap.
  if (task.aborter) return;
  if (++task.retries > limits_.recovery_attempts || task.scsi() == nullptr)
    return close(Reason::recovery_failed, "the target does not receive a command (7.2.1)");
  recovery_->resend.push_back(task.id());
  // Others may be missing behind it.
  probe(now);
}

/// "the command PDU MUST carry the original Initiator Task Tag and the original operational attributes [...] as well as
/// the original CmdSN", and is "followed by the entire data transfer for the task".
//= rfc7143#7.2.1
//= rfc7143#7.8
bool InitiatorConnectionCore::send_again() {
  while (!recovery_->resend.empty()) {
    InitiatorTask* const task = session_.tasks().find(recovery_->resend.front());
    recovery_->resend.pop_front();
    if (task == nullptr || task->state != InitiatorTask::State::sent) continue;
    send(*task, *task->scsi());
    return true;
  }
  return false;
}

void InitiatorConnectionCore::probe(Instant now) {
  if (recovery_->probes.size() >= limits_.recovery_attempts) return;
  InitiatorTask* const ping = session_.allocate(now, limits_.recovery_time * limits_.recovery_attempts);
  if (ping == nullptr) return;
  ping->immediate = true;
  ping->allegiance = cid_;
  ping->work = PingWork{};
  recovery_->probes.push_back(ping->id());
  session_.push_urgent(*ping);
}

// ------------------------------------------------------------------------------------------------------------- time

void InitiatorConnectionCore::check_by(Instant when) { recovery_->check_at = std::min(recovery_->check_at, when); }

void InitiatorConnectionCore::recover(Instant now) {
  if (closing_ || now < recovery_->check_at) return;
  recovery_->check_at = kNever;
  if (logout_ || session_.closing_by()) return;
  repeat_status_request(now);
  repeat_data_requests(now);
  std::erase_if(recovery_->probes, [&](TaskId id) { return session_.tasks().find(id) == nullptr; });
  if (!session_.is_busy(cid_)) return;
  const Instant silent_at = last_heard_ + limits_.recovery_time;
  if (now >= silent_at) probe(now);
  check_by(now >= silent_at ? now + limits_.recovery_time : silent_at);
}

void InitiatorConnectionCore::repeat_data_requests(Instant now) {
  const auto is_over = [&](TaskId id) {
    InitiatorTask* const task = session_.tasks().find(id);
    if (task == nullptr || task->scsi()->recovery == nullptr || task->allegiance != cid_) return true;
    InitiatorCommandRecovery& recovery = *task->scsi()->recovery;
    const bool asks = !recovery.missing.empty() || recovery.tag != wire::kNoSnackTag;
    if (!asks || recovery.refused) return true;
    if (now >= recovery.again_at) repeat_data_request(now, *task);
    check_by(recovery.again_at);
    return false;
  };
  std::erase_if(recovery_->incomplete, is_over);
}

void InitiatorConnectionCore::repeat_data_request(Instant now, InitiatorTask& task) {
  InitiatorCommandRecovery& recovery = *task.scsi()->recovery;
  recovery.again_at = now + limits_.recovery_time;
  if (++recovery.repetitions >= limits_.recovery_attempts) return give_up_data(now, task);
  if (recovery.resegments) return request_resegmentation(now, task);
  const std::vector<MissingNumbers::Run> runs = recovery.missing.runs();
  for (const MissingNumbers::Run& run : runs) request_data(now, task, run);
}

}  // namespace lunway::session
