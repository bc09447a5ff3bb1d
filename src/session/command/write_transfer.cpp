// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/write_transfer.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {

void WriteTransfer::begin(const Announced& announced, const Rules& rules) {
  rules_ = rules;
  length_ = announced.length;
  wanted_end_ = immediate_taken_ = outstanding_ = solicited_next_ = recovery_end_ = 0;
  unsolicited_open_ = unsolicited_owed_ = stopped_ = soliciting_ = broken_ = interrupted_ = false;
  demands_end_ = unsolicited_given_up_ = false;
  recoveries_ = timeouts_ = 0;
  given_up_ = {};
  failure_ = TransferFailure::none;
  const std::uint32_t unsolicited_limit = std::min(announced.length, rules.first_burst_length);

  if (announced.immediate_length > 0) {
    if (!rules.immediate_data) {
      fail(TransferFailure::unexpected_unsolicited_data);
    } else if (announced.immediate_length > unsolicited_limit) {
      fail(TransferFailure::incorrect_amount_of_data);
    } else {
      immediate_taken_ = announced.immediate_length;
    }
  }
  unsolicited_data_.begin(immediate_taken_);
  solicited_data_.begin(0);

  if (!announced.unsolicited_follows) return;
  const std::uint32_t begin = std::min(announced.immediate_length, unsolicited_limit);
  unsolicited_ = {.ttt = wire::kNoTtt, .begin = begin, .end = unsolicited_limit, .data_sn = {}, .r2t_sn = {}};
  unsolicited_open_ = true;
  // "No more data PDUs are expected to follow" when all of the data is immediate. Then F was to be 1; to wait for a PDU
  // that has no reason to come would hang the command.
  //= rfc7143#11.3.4
  unsolicited_owed_ = begin < unsolicited_limit;
  if (unsolicited_owed_ && rules.initial_r2t) fail(TransferFailure::unexpected_unsolicited_data);
}

WriteTransfer::Verdict WriteTransfer::judge(const DataOut& pdu) {
  Sequence* sequence = find(pdu.ttt);
  if (sequence == nullptr) {
    // It was sent in good faith, and comes again.
    if (pdu.ttt == wire::kNoTtt ? unsolicited_given_up_ : given_up_.ttt != wire::kNoTtt) return Verdict::drop;
    // The command promised no unsolicited data, or has had it.
    if (pdu.ttt == wire::kNoTtt && recoveries_ == 0) fail(TransferFailure::unexpected_unsolicited_data);
    return Verdict::unknown;
  }
  if (failure_ != TransferFailure::none || broken_) return Verdict::drop;
  if (pdu.data_sn != sequence->data_sn) {
    lose();
    return Verdict::drop;
  }
  const bool good = fits(pdu, *sequence);
  const bool too_short = good && pdu.final && data_of(pdu.ttt).count() + pdu.length != sequence->end;
  if (good && !too_short) return Verdict::take;
  fail(TransferFailure::incorrect_amount_of_data);
  return too_short ? Verdict::too_short : Verdict::wrong;
}

bool WriteTransfer::fits(const DataOut& pdu, const Sequence& sequence) {
  const bool is_inside = pdu.buffer_offset >= sequence.begin && pdu.buffer_offset <= sequence.end &&
                         pdu.length <= sequence.end - pdu.buffer_offset;
  if (!is_inside) return false;
  const DataCoverage& here = data_of(pdu.ttt);
  if (rules_.data_pdu_in_order) return pdu.buffer_offset == here.contiguous_end();
  // The same bytes twice are more than what was asked for.
  //= rfc7143#11.4.7.2
  return !here.overlaps(pdu.buffer_offset, pdu.length) && here.has_room_for(pdu.buffer_offset, pdu.length);
}

void WriteTransfer::arrived(const DataOut& pdu) {
  Sequence* sequence = find(pdu.ttt);
  if (sequence == nullptr) return;
  if (failure_ == TransferFailure::none && !broken_) {
    timeouts_ = 0;
    sequence->data_sn = sequence->data_sn.next();
    data_of(pdu.ttt).add(pdu.buffer_offset, pdu.length);
  }
  if (pdu.final) close(pdu.ttt);
}

void WriteTransfer::spoiled(const DataOut& pdu) {
  if (rules_.recovers && find(pdu.ttt) == nullptr) return;
  lose();
  if (pdu.final) close(pdu.ttt);
}

void WriteTransfer::cut_off() {
  stop();
  given_up_.repeat_due = false;
  unsolicited_open_ = false;
  outstanding_ = 0;
}

bool WriteTransfer::r2t_due() const {
  // Where the solicited data begins is known when none of the unsolicited data can be lost any more.
  if (rules_.recovers && awaits_unsolicited()) return false;
  return (!stopped_ || demands_end_) && failure_ == TransferFailure::none &&
         outstanding_ < rules_.max_outstanding_r2t && outstanding_ < kMaxOutstandingR2t &&
         next_to_solicit() < wanted_end_;
}

WriteTransfer::R2t WriteTransfer::next_r2t(wire::Ttt ttt, wire::R2TSN r2t_sn) {
  assert(r2t_due() && ttt != wire::kNoTtt);
  if (!soliciting_) {
    soliciting_ = true;
    solicited_next_ = solicited_begin();
    solicited_data_.begin(solicited_next_);
  }
  const std::uint32_t end = solicited_next_ < recovery_end_ ? recovery_end_ : wanted_end_;
  const std::uint32_t length = std::min(end - solicited_next_, rules_.max_burst_length);
  const R2t r2t{.ttt = ttt, .r2t_sn = r2t_sn, .buffer_offset = solicited_next_, .length = length};
  sequences_[outstanding_++] = {
      .ttt = ttt, .begin = solicited_next_, .end = solicited_next_ + length, .data_sn = {}, .r2t_sn = r2t_sn};
  solicited_next_ += length;
  return r2t;
}

bool WriteTransfer::has(std::uint32_t end) const {
  if (unsolicited_end() >= end) return true;
  return soliciting_ && unsolicited_end() == solicited_begin() && !awaits_unsolicited() &&
         solicited_data_.contiguous_end() >= end;
}

// The initiator must send FirstBurstLength of unsolicited data, or all there is, once it sends any in PDUs of its own;
// so the R2T for the rest need not wait for their end.
std::uint32_t WriteTransfer::solicited_begin() const {
  return unsolicited_open_ ? unsolicited_.end : unsolicited_end();
}

WriteTransfer::Sequence* WriteTransfer::find(wire::Ttt ttt) {
  if (ttt == wire::kNoTtt) return unsolicited_open_ ? &unsolicited_ : nullptr;
  // Outstanding R2Ts are fulfilled in the order in which they were sent.
  //= rfc7143#11.8
  if (failure_ == TransferFailure::none) return outstanding_ > 0 && sequences_[0].ttt == ttt ? &sequences_[0] : nullptr;
  for (std::uint32_t i = 0; i < outstanding_; ++i) {
    if (sequences_[i].ttt == ttt) return &sequences_[i];
  }
  return nullptr;
}

void WriteTransfer::close(wire::Ttt ttt) {
  if (ttt == wire::kNoTtt) {
    unsolicited_open_ = false;
    if (broken_) ask_again(false);
    return;
  }
  const auto living = sequences_.begin() + outstanding_;
  const auto closed = std::find_if(sequences_.begin(), living, [&](const Sequence& s) { return s.ttt == ttt; });
  if (closed == living) return;
  std::move(closed + 1, living, closed);
  --outstanding_;
  if (broken_) ask_again(true);
}

void WriteTransfer::fail(TransferFailure why) {
  if (failure_ == TransferFailure::none) failure_ = why;
}

bool WriteTransfer::is_consistent() const {
  return highest_unsolicited_end() <= length_ && solicited_data_.highest_end() <= solicited_next_ &&
         solicited_next_ <= length_ && wanted_end_ <= length_ && outstanding_ <= kMaxOutstandingR2t &&
         immediate_taken_ <= unsolicited_end();
}

}  // namespace lunway::session
