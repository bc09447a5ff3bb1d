// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target's connection sends at ErrorRecoveryLevel 1 or 2: data and status such that both can be sent once more,
// and what is sent once more. A status has always a PDU of its own, so that a lost Data-In is never a lost status.
//= rfc7143#11.7.2
//= rfc7143#11.16

#include <cassert>

#include "session/command/target_session_core.h"
#include "session/connection/target_transmitter.h"
#include "session/recovery/connection_recovery.h"
#include "session/recovery/session_recovery.h"
#include "wire/data_in.h"
#include "wire/scsi_response.h"

namespace lunway::session {

std::size_t TargetTransmitter::queued_resends() const { return recovery_->resends(); }

std::vector<RetainedResponses::Response> TargetTransmitter::unsent_statuses() const {
  std::vector<RetainedResponses::Response> statuses;
  answers_.for_each_unsent([&](const AnswerQueue::Answer& answer) {
    const wire::BasicHeader header{wire::HeaderView(answer.header)};
    if (answer.again || header.opcode() != wire::Opcode::scsi_response) return;
    statuses.push_back({.number = {}, .header = answer.header, .data = answer.data, .data_arrived = true});
  });
  return statuses;
}

/// The login is over when its last response arrives, so nobody asks for that again.
void TargetTransmitter::make_recoverable_answer(const AnswerQueue::Answer& answer) {
  const Departure departure{.of = Departure::Of::answer};
  if (answer.again) {
    wire::Header header = answer.header;
    wire::set_stat_sn(header, *answer.again);
    encode(header, answer.data, departure, digests_);
    return;
  }
  if (answer.counts && answer.with_digests) recovery_->keep(stat_sn_, answer.header, answer.data);
  add(answer.header, answer.data, answer.counts, departure, answer.with_digests ? digests_ : wire::Digests());
}

void TargetTransmitter::make_recoverable_data_in(TargetSessionCore& session, TargetTask& task) {
  data_.remove(task);
  session.recovery()->record_of(task).note(task.next_data_sn, task.read, max_data_);
  const auto part = task.read.next(max_data_, session.request().session.max_burst_length);
  ++task.data_in_pdus;
  add_data_in(session, task, part, task.next_data_sn++);
  session.advance(task);
}

/// The A bit once in MaxBurstLength bytes, and never with the last data: the status says that it is here.
//= rfc7143#11.7.2
void TargetTransmitter::add_data_in(TargetSessionCore& session, TargetTask& task, const ReadTransfer::DataIn& part,
                                    std::uint32_t data_sn) {
  wire::DataIn::Fields fields{.final = part.final,
                              .acknowledge = part.final && !part.last,
                              .itt = task.itt(),
                              .data_sn = wire::DataSN(data_sn),
                              .buffer_offset = part.buffer_offset};
  if (fields.acknowledge) {
    fields.lun = task.lun();
    fields.ttt = session.recovery()->ack_tag_of(task);
  }
  add(wire::DataIn::build(fields), part.data, false, {.of = Departure::Of::task, .task = &task}, digests_);
}

void TargetTransmitter::make_recoverable_status(TargetSessionCore& session, TargetTask& task) {
  statuses_.remove(task);
  const wire::Header header = recoverable_status(session, task);
  const Bytes segment = Bytes(task.result.segment).first(task.result.segment_length);
  const wire::StatSN number = stat_sn_;
  session.depart(task, number);
  recovery_->keep_status(number, header, segment, task);
  add(header, segment, true, {.of = Departure::Of::task, .task = &task}, digests_);
}

wire::Header TargetTransmitter::recoverable_status(TargetSessionCore& session, const TargetTask& task) {
  const TargetTaskResult& result = task.result;
  return wire::ScsiResponse::build({.status = result.status,
                                    .status_qualifier = result.qualifier,
                                    .residual = result.residual,
                                    .bidirectional_read_residual = result.bidirectional_read_residual,
                                    .itt = task.itt(),
                                    .snack_tag = session.recovery()->record_of(task).snack_tag,
                                    .exp_data_sn = wire::DataSN(task.read_length != 0 ? task.next_data_sn : 0)});
}

/// One PDU of what is to be sent once more.
void TargetTransmitter::make_data_in_again(TargetSessionCore& session) {
  while (ConnectionRecovery::Resend* const resend = recovery_->next_resend()) {
    TargetTask& task = *session.tasks().find(resend->task);
    if (!resend->run) return make_all_again(session, task);

    ConnectionRecovery::Resend::Run& run = *resend->run;
    // An initiator that takes other lengths now does not want the old PDUs.
    //= rfc7143#11.16.3
    const bool is_wanted = run.segment == max_data_ && run.next != run.end && !run.transfer.done();
    if (is_wanted) {
      const auto part = run.transfer.next(run.segment, session.request().session.max_burst_length);
      add_data_in(session, task, part, run.next++);
    }
    if (!is_wanted || run.next == run.end) recovery_->resend_done();
    if (is_wanted) return;
  }
}

/// What an R-Data SNACK has asked for behind the status: all data, and the status with its old number and the new tag.
//= rfc7143#11.16.3
void TargetTransmitter::make_all_again(TargetSessionCore& session, TargetTask& task) {
  if (!task.read.done()) {
    session.recovery()->record_of(task).note(task.next_data_sn, task.read, max_data_);
    const auto part = task.read.next(max_data_, session.request().session.max_burst_length);
    add_data_in(session, task, part, task.next_data_sn++);
    if (!task.read.done()) return;
  }
  if (auto* const response = recovery_->responses().find(task.id())) {
    response->header = recoverable_status(session, task);
    answer_again(response->number, response->header, response->data);
  }
  recovery_->resend_done();
}

void TargetTransmitter::answer_again(wire::StatSN number, const wire::Header& header, Bytes data) {
  answer(header, data, false);
  answers_.last().again = number;
}

}  // namespace lunway::session
