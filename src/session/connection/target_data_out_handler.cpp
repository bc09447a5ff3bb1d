// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data-Out PDUs: judged by their header, put where they belong, counted when they are whole.
//= rfc7143#11.7

#include <algorithm>
#include <utility>

#include "session/connection/target_connection_core.h"

namespace lunway::session {

using wire::RejectReason;

/// The data of a torn Data-Out is still to come: it goes straight to its place.
void TargetConnectionCore::on_data_out_head(const wire::PlaceNeeded& head) {
  const bool known = is_full_feature() && !session_->is_discovery() && begin_data_out(head.header);
  if (!known) {
    ignores_data_out_ = true;
    framer_.skip_data();
    return;
  }
  const MutableBytes place = place_of_incoming();
  if (place.empty()) {
    framer_.skip_data();
    return;
  }
  session_->tasks().find(incoming_->task)->receiving = true;
  framer_.place(place);
}

void TargetConnectionCore::on_data_out(const wire::WholePdu& pdu) {
  if (std::exchange(ignores_data_out_, false)) return;
  const bool streamed = incoming_.has_value();
  if (!streamed) {
    if (!begin_data_out(pdu.header)) return;
    copy_bytes(place_of_incoming(), pdu.data);
  }
  end_data_out(pdu.data_digest_ok);
}

/// Finds the task and judges the header. False when the PDU belongs to no task: then it has been answered.
bool TargetConnectionCore::begin_data_out(wire::HeaderView header) {
  const auto pdu = wire::DataOut::parse(header);
  if (!pdu) {
    on_format_error(pdu.error(), header, {});
    return false;
  }
  TargetTask* task = task_of(*pdu);
  if (task == nullptr) {
    if (!late_data_.expects(pdu->itt())) reject(RejectReason::invalid_pdu_field, header);
    return false;
  }
  IncomingDataOut& incoming = incoming_.emplace();
  incoming.task = task->id();
  incoming.pdu = {.ttt = pdu->ttt(),
                  .data_sn = pdu->data_sn(),
                  .buffer_offset = pdu->buffer_offset(),
                  .length = pdu->data_segment_length(),
                  .final = pdu->final()};
  copy_bytes(incoming.header, header);
  const auto verdict = task->write.judge(incoming.pdu);
  incoming.taken = verdict == WriteTransfer::Verdict::take;
  const bool is_late = verdict == WriteTransfer::Verdict::unknown && late_data_.expects(pdu->itt());
  if (!is_late) reject_if_wrong(verdict, header);
  return true;
}

void TargetConnectionCore::reject_if_wrong(WriteTransfer::Verdict verdict, wire::HeaderView header) {
  using Verdict = WriteTransfer::Verdict;
  // "A target should use this reason code for all invalid values of PDU fields that are meant to describe [...] a data
  // transfer", such as tags and offsets.
  //= rfc7143#11.17.1
  if (verdict == Verdict::unknown || verdict == Verdict::wrong) reject(RejectReason::invalid_pdu_field, header);
  //= rfc7143#11.8
  if (verdict == Verdict::too_short) reject(RejectReason::protocol_error, header);
}

/// Fields that go with a tag must agree with the task's.
//= rfc7143#4.2.5.3
TargetTask* TargetConnectionCore::task_of(const wire::DataOut& pdu) {
  TargetTask* task = session_->tasks().find(pdu.itt());
  if (task == nullptr || task->kind != TargetTask::Kind::command || task->connection != this) return nullptr;
  if (pdu.is_solicited() && pdu.lun() != task->lun()) return nullptr;
  return task;
}

MutableBytes TargetConnectionCore::place_of_incoming() {
  TargetTask* task = session_->tasks().find(incoming_->task);
  if (task == nullptr || !incoming_->taken) return {};
  const MutableBytes place = session_->place_for(*task, incoming_->pdu);
  incoming_->place = place.data();
  return place;
}

void TargetConnectionCore::end_data_out(bool digest_ok) {
  const IncomingDataOut incoming = *incoming_;
  incoming_.reset();
  if (!digest_ok) reject(RejectReason::data_digest_error, wire::HeaderView(incoming.header));
  TargetTask* task = session_->tasks().find(incoming.task);
  if (task == nullptr) return;
  task->receiving = false;
  if (recovery_ != nullptr) task->data_moved_at = session_->last_tick();
  if (digest_ok) {
    if (incoming.taken) session_->placed(*task, incoming.pdu, incoming.place);
    task->write.arrived(incoming.pdu);
  } else {
    task->write.spoiled(incoming.pdu);
  }
  session_->advance(*task);
}

}  // namespace lunway::session
