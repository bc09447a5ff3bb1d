// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task Termination messages: the initiator of a FastAbort session learns that its tasks on a logical unit end, and
// confirms that it sends nothing more for them.
//= rfc7143#4.2.3.4
//= rfc7143#11.9.1

#include <algorithm>

#include "session/connection/target_connection_core.h"
#include "session/recovery/connection_recovery.h"
#include "wire/asynchronous_message.h"
#include "wire/nop_in.h"

namespace lunway::session {

/// One message that has not left yet is enough for all tasks of a logical unit. Where one has left, the initiator has
/// to confirm the newer one. What an initiator never confirms is forgotten, the oldest first.
void TargetConnectionCore::announce_termination(wire::Lun lun) {
  if (ending_ != Ending::no) return;
  auto known = std::ranges::find(terminations_, lun, &Termination::lun);
  if (known != terminations_.end() && !known->number) return;
  if (known == terminations_.end()) {
    const bool is_full = terminations_.size() >= late_data_.limit();
    if (is_full && terminations_.front().number) terminations_.pop_front();
    known = terminations_.insert(terminations_.end(), {.lun = lun, .number = std::nullopt});
  }
  known->number.reset();
  transmitter_.answer(wire::AsynchronousMessage::build({.event = wire::AsyncEvent::task_termination, .lun = lun}), {},
                      true, &known->number);
}

bool TargetConnectionCore::is_terminating(wire::Lun lun) const {
  return std::ranges::find(terminations_, lun, &Termination::lun) != terminations_.end();
}

/// A NOP-Out that is no ping, with the LUN of the message and an ExpStatSN beyond it.
void TargetConnectionCore::confirm_terminations(const wire::NopOut& nop) {
  const auto is_confirmed = [&](const Termination& one) {
    return one.lun == nop.lun() && one.number && one.number->precedes(nop.exp_stat_sn());
  };
  if (std::erase_if(terminations_, is_confirmed) == 0 || is_terminating(nop.lun())) return;
  late_data_.confirmed(nop.lun());
  for (TargetTask& task : session_->tasks().slots()) {
    if (!task.alive() || !task.announced || task.connection != this || task.lun() != nop.lun()) continue;
    task.announced = false;
    task.write.cut_off();
    session_->advance(task);
  }
}

void TargetConnectionCore::ask_for_acknowledgement() {
  if (ending_ != Ending::no || is_logging_out_) return;
  if (transmitter_.queued_answers() >= limits_.queued_answers) return;
  transmitter_.answer(wire::NopIn::build({.ttt = session_->new_transfer_tag()}), {}, false);
}

/// An initiator that runs ahead of what it was sent acknowledges nothing.
//= rfc7143#4.2.2.2
void TargetConnectionCore::take_acknowledgement(wire::HeaderView header) {
  const wire::StatSN number = wire::RequestHeader(header).exp_stat_sn();
  const bool is_new = acknowledged_.precedes(number) && !transmitter_.stat_sn().precedes(number);
  if (!is_new) return;
  // A Logout Request acknowledges what came on the connection that it is for.
  //= rfc7143#11.14.4
  const wire::LogoutRequest logout(header);
  if (logout.opcode() == wire::Opcode::logout_request && logout.reason() != wire::LogoutReason::close_session &&
      logout.cid() != cid()) {
    return;
  }
  acknowledged_ = number;
  if (recovery_ != nullptr) recovery_->acknowledge(number);
}

}  // namespace lunway::session
