// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/write_transfer.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {

void WriteTransfer::begin(const Announced& announced, const Rules& rules) {
  *this = WriteTransfer();
  rules_ = rules;
  length_ = announced.length;
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
  unsolicited_end_ = immediate_taken_;

  if (!announced.unsolicited_follows) return;
  unsolicited_open_ = true;
  unsolicited_ = {.ttt = wire::kNoTtt, .next = announced.immediate_length, .end = unsolicited_limit, .data_sn = {}};
  if (rules.initial_r2t) fail(TransferFailure::unexpected_unsolicited_data);
}

WriteTransfer::Verdict WriteTransfer::judge(const DataOut& pdu) {
  Sequence* sequence = find(pdu.ttt);
  if (sequence == nullptr) {
    // The command promised no unsolicited data, or has had it.
    if (pdu.ttt == wire::kNoTtt) fail(TransferFailure::unexpected_unsolicited_data);
    return Verdict::unknown;
  }
  if (failure_ != TransferFailure::none) return Verdict::drop;

  // At ErrorRecoveryLevel 0 a lost data PDU ends the command.
  //= rfc7143#7.9
  if (pdu.data_sn != sequence->data_sn) {
    fail(TransferFailure::protocol_service_crc_error);
    return Verdict::drop;
  }
  const bool fits = pdu.buffer_offset == sequence->next && pdu.length <= sequence->end - sequence->next;
  const bool short_end = pdu.final && fits && sequence->next + pdu.length != sequence->end;
  if (fits && !short_end) return Verdict::take;
  fail(TransferFailure::incorrect_amount_of_data);
  return Verdict::wrong;
}

void WriteTransfer::arrived(const DataOut& pdu) {
  Sequence* sequence = find(pdu.ttt);
  if (sequence == nullptr) return;
  if (failure_ == TransferFailure::none) {
    sequence->data_sn = sequence->data_sn.next();
    sequence->next += pdu.length;
    (pdu.ttt == wire::kNoTtt ? unsolicited_end_ : solicited_end_) = sequence->next;
  }
  if (pdu.final) close(pdu.ttt);
}

void WriteTransfer::spoiled(const DataOut& pdu) {
  fail(TransferFailure::protocol_service_crc_error);
  if (pdu.final) close(pdu.ttt);
}

bool WriteTransfer::r2t_due() const {
  return !stopped_ && failure_ == TransferFailure::none && outstanding_ < rules_.max_outstanding_r2t &&
         outstanding_ < kMaxOutstandingR2t && (soliciting_ ? solicited_next_ : solicited_begin()) < wanted_end_;
}

WriteTransfer::R2t WriteTransfer::next_r2t(wire::Ttt ttt, wire::R2TSN r2t_sn) {
  assert(r2t_due() && ttt != wire::kNoTtt);
  if (!soliciting_) {
    soliciting_ = true;
    solicited_next_ = solicited_end_ = solicited_begin();
  }
  const std::uint32_t length = std::min(wanted_end_ - solicited_next_, rules_.max_burst_length);
  const R2t r2t{.ttt = ttt, .r2t_sn = r2t_sn, .buffer_offset = solicited_next_, .length = length};
  sequences_[outstanding_++] = {.ttt = ttt, .next = solicited_next_, .end = solicited_next_ + length, .data_sn = {}};
  solicited_next_ += length;
  return r2t;
}

bool WriteTransfer::has(std::uint32_t end) const {
  if (unsolicited_end_ >= end) return true;
  return soliciting_ && unsolicited_end_ == solicited_begin() && !unsolicited_open_ && solicited_end_ >= end;
}

// The initiator must send FirstBurstLength of unsolicited data, or all there is, once it sends any in PDUs of its own;
// so the R2T for the rest need not wait for their end.
std::uint32_t WriteTransfer::solicited_begin() const { return unsolicited_open_ ? unsolicited_.end : unsolicited_end_; }

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
    return;
  }
  const auto living = sequences_.begin() + outstanding_;
  const auto closed = std::find_if(sequences_.begin(), living, [&](const Sequence& s) { return s.ttt == ttt; });
  if (closed == living) return;
  std::move(closed + 1, living, closed);
  --outstanding_;
}

void WriteTransfer::fail(TransferFailure why) {
  if (failure_ == TransferFailure::none) failure_ = why;
}

bool WriteTransfer::is_consistent() const {
  return unsolicited_end_ <= length_ && solicited_end_ <= solicited_next_ && solicited_next_ <= length_ &&
         wanted_end_ <= length_ && outstanding_ <= kMaxOutstandingR2t && immediate_taken_ <= unsolicited_end_;
}

}  // namespace lunway::session
