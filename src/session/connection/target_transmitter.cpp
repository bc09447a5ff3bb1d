// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/connection/target_transmitter.h"

#include <algorithm>
#include <cassert>

#include "session/command/target_session_core.h"
#include "session/recovery/connection_recovery.h"
#include "wire/data_in.h"
#include "wire/nop_in.h"
#include "wire/ready_to_transfer.h"
#include "wire/scsi_response.h"

namespace lunway::session {

TargetTransmitter::TargetTransmitter(const ConnectionLimits& limits) : limits_(limits) {}

void TargetTransmitter::shrink() {
  if (in_flight()) return;
  std::vector<wire::EncodedPdu>().swap(pdus_);
  std::vector<Departure>().swap(departures_);
  std::vector<Bytes>().swap(pieces_);
  next_piece_ = next_departure_ = 0;
  if (answers_.size() == 0) answers_ = {};
}

void TargetTransmitter::join(TargetSessionCore& session, const text::ConnectionParameters& parameters) {
  session_ = &session;
  max_data_ = parameters.peer_max_recv_data_segment_length;
  digests_ = {.header = parameters.header_digest == text::Digest::crc32c,
              .data = parameters.data_digest == text::Digest::crc32c};
}

void TargetTransmitter::answer(const wire::Header& header, Bytes data, bool counts,
                               std::optional<wire::StatSN>* number) {
  AnswerQueue::Answer& place = answers_.push();
  place.header = header;
  place.data.assign(data.begin(), data.end());
  place.counts = counts;
  place.with_digests = true;
  place.number = number;
  place.again.reset();
}

void TargetTransmitter::login_answer(const wire::Header& header, Bytes data, wire::CmdSN cmd_sn) {
  login_cmd_sn_ = cmd_sn;
  AnswerQueue::Answer& place = answers_.push();
  place = {.header = header, .data = {data.begin(), data.end()}, .counts = true, .with_digests = false};
}

void TargetTransmitter::r2t_due(TargetTask& task) {
  if (task.transmit_link.list == nullptr) r2ts_.push_back(task);
}

void TargetTransmitter::data_due(TargetTask& task) {
  if (task.transmit_link.list == nullptr) data_.push_back(task);
}

void TargetTransmitter::status_due(TargetTask& task) {
  if (task.transmit_link.list == nullptr) statuses_.push_back(task);
}

void TargetTransmitter::withdraw(TargetTask& task) {
  r2ts_.remove(task);
  data_.remove(task);
  statuses_.remove(task);
}

bool TargetTransmitter::something_due() const {
  return answers_.has_unsent() || !r2ts_.empty() || !data_.empty() || !statuses_.empty() ||
         (recovery_ != nullptr && queued_resends() != 0);
}

std::span<const Bytes> TargetTransmitter::next_batch() {
  assert(!handed_out_);
  if (!in_flight()) fill_batch();
  handed_out_ = in_flight();
  return std::span(pieces_).subspan(next_piece_);
}

void TargetTransmitter::fill_batch() {
  pdus_.clear();
  departures_.clear();
  pieces_.clear();
  next_piece_ = next_departure_ = batch_bytes_ = 0;

  while (something_due() && !batch_is_full()) {
    const std::size_t before = pdus_.size();
    if (answers_.has_unsent()) make_answer();
    if (session_ != nullptr) make_one_of_each(*session_);
    if (pdus_.size() == before && !answers_.has_unsent()) break;
  }
  announce_window();

  for (const wire::EncodedPdu& pdu : pdus_) {
    const wire::PieceList list = pdu.pieces();
    pieces_.insert(pieces_.end(), list.begin(), list.end());
  }
}

void TargetTransmitter::make_one_of_each(TargetSessionCore& session) {
  // Without a free place for departing tasks statuses wait for the transport.
  if (!statuses_.empty() && session.may_depart() && !batch_is_full()) make_status(session, *statuses_.front());
  if (!r2ts_.empty() && !batch_is_full()) make_r2t(session, *r2ts_.front());
  if (!data_.empty() && !batch_is_full()) make_data_in(session, *data_.front());
  if (recovery_ != nullptr && !batch_is_full()) make_data_in_again(session);
}

bool TargetTransmitter::batch_is_full() const {
  return pdus_.size() == limits_.transmit_pdus || batch_bytes_ >= limits_.transmit_bytes;
}

void TargetTransmitter::make_answer() {
  AnswerQueue::Answer& answer = answers_.send_next();
  if (answer.number != nullptr) *answer.number = stat_sn_;
  if (recovery_ != nullptr) return make_recoverable_answer(answer);
  add(answer.header, answer.data, answer.counts, {.of = Departure::Of::answer},
      answer.with_digests ? digests_ : wire::Digests());
}

void TargetTransmitter::make_r2t(TargetSessionCore& session, TargetTask& task) {
  r2ts_.remove(task);
  if (!task.write.r2t_due() && !task.write.has_repeat()) return;
  const auto again = task.write.take_repeat();
  const auto r2t = again ? *again : task.write.next_r2t(session.new_transfer_tag(), wire::R2TSN(task.next_data_sn++));
  if (recovery_ != nullptr) recovery_->await_data_of(task);
  add(wire::ReadyToTransfer::build({.lun = task.lun(),
                                    .itt = task.itt(),
                                    .ttt = r2t.ttt,
                                    .r2t_sn = r2t.r2t_sn,
                                    .buffer_offset = r2t.buffer_offset,
                                    .desired_data_transfer_length = r2t.length}),
      {}, false);
  if (task.write.r2t_due() || task.write.has_repeat()) r2ts_.push_back(task);
}

void TargetTransmitter::make_data_in(TargetSessionCore& session, TargetTask& task) {
  if (recovery_ != nullptr) return make_recoverable_data_in(session, task);
  data_.remove(task);
  const auto part = task.read.next(max_data_, session.request().session.max_burst_length);
  // Status may come with the last data when there is nothing more to say than that all went well.
  //= rfc7143#11.7.3
  const TargetTaskResult& result = task.result;
  const bool collapses = part.last && wire::is_good_status(result.status) && result.segment_length == 0 &&
                         result.qualifier == 0 && !task.bidirectional() && task.write.quiet() && session.may_depart() &&
                         session.fence().lets_pass(task);
  wire::DataIn::Fields fields{.final = part.final,
                              .itt = task.itt(),
                              .data_sn = wire::DataSN(task.next_data_sn++),
                              .buffer_offset = part.buffer_offset};
  ++task.data_in_pdus;
  if (collapses) {
    fields.has_status = true;
    fields.status = result.status;
    fields.residual = result.residual;
    session.depart(task, stat_sn_);
  }
  add(wire::DataIn::build(fields), part.data, collapses, {.of = Departure::Of::task, .task = &task}, digests_);
  if (!collapses) session.advance(task);
}

void TargetTransmitter::make_status(TargetSessionCore& session, TargetTask& task) {
  if (recovery_ != nullptr) return make_recoverable_status(session, task);
  statuses_.remove(task);
  const TargetTaskResult& result = task.result;
  const std::uint32_t exp_data_sn = task.bidirectional() ? task.next_data_sn : task.data_in_pdus;
  session.depart(task, stat_sn_);
  add(wire::ScsiResponse::build({.status = result.status,
                                 .status_qualifier = result.qualifier,
                                 .residual = result.residual,
                                 .bidirectional_read_residual = result.bidirectional_read_residual,
                                 .itt = task.itt(),
                                 .exp_data_sn = wire::DataSN(exp_data_sn)}),
      Bytes(result.segment).first(result.segment_length), true, {.of = Departure::Of::task, .task = &task}, digests_);
}

/// The initiator must learn of a window that has grown although nothing is to be sent.
//= rfc7143#11.4.11
void TargetTransmitter::announce_window() {
  if (session_ == nullptr || session_->is_discovery() || !announces_window_ || !pdus_.empty()) return;
  if (!session_->announced_max().precedes(session_->window().max())) return;
  add(wire::NopIn::build({}), {}, false);
}

void TargetTransmitter::add(wire::Header header, Bytes data, bool counts, Departure departure, wire::Digests digests) {
  const bool is_data_without_status =
      wire::BasicHeader(wire::HeaderView(header)).opcode() == wire::Opcode::data_in && !counts;
  if (!is_data_without_status) wire::set_stat_sn(header, stat_sn_);
  if (counts) stat_sn_ = stat_sn_.next();
  encode(header, data, departure, digests);
}

void TargetTransmitter::encode(wire::Header& header, Bytes data, Departure departure, wire::Digests digests) {
  set_numbers(header);
  const wire::EncodedPdu& pdu = pdus_.emplace_back(header, data, digests);
  departure.bytes = pdu.size();
  departures_.push_back(departure);
  batch_bytes_ += pdu.size();
  if (departure.task != nullptr) ++departure.task->pdus_in_flight;
}

void TargetTransmitter::set_numbers(wire::Header& header) {
  if (session_ == nullptr) {
    wire::set_command_window(header, login_cmd_sn_, login_cmd_sn_);
    return;
  }
  const CommandWindow& window = session_->window();
  session_->announce(window.max());
  wire::set_command_window(header, window.expected(), window.max());
}

void TargetTransmitter::transmitted(std::size_t count) {
  handed_out_ = false;
  for (std::size_t left = count; left > 0;) {
    assert(next_departure_ < departures_.size());
    Departure& departure = departures_[next_departure_];
    const std::size_t part = std::min(left, departure.bytes);
    departure.bytes -= part;
    left -= part;
    if (departure.bytes > 0) break;
    ++next_departure_;
    departed(departure);
  }
  while (count > 0 && next_piece_ < pieces_.size()) {
    Bytes& piece = pieces_[next_piece_];
    const std::size_t part = std::min(count, piece.size());
    piece = piece.subspan(part);
    count -= part;
    if (!piece.empty()) break;
    ++next_piece_;
  }
}

void TargetTransmitter::departed(const Departure& departure) {
  switch (departure.of) {
    case Departure::Of::answer:
      answers_.pop();
      break;
    case Departure::Of::task:
      --departure.task->pdus_in_flight;
      session_->release_when_idle(*departure.task);
      break;
    case Departure::Of::nobody:
      break;
  }
}

bool TargetTransmitter::is_consistent() const {
  return next_piece_ <= pieces_.size() && next_departure_ <= departures_.size() &&
         pdus_.size() <= limits_.transmit_pdus + 1;
}

}  // namespace lunway::session
