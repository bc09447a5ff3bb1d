// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Lost write data is asked for again. A Data-Out is lost when its data digest is wrong, or when one before it never
// came, which DataSN shows. What follows in its sequence is not taken. When the initiator has ended the sequence, a
// recovery R2T asks for all from the first byte that is missing to the end of the sequence.
//= rfc7143#7.8
//= rfc7143#7.9
//= rfc7143#11.8
//
// A sequence may also fail to come at all, or to end. Then a clock asks again.
//= rfc7143#7.1.4.1
//
// To wait for the end keeps to MaxOutstandingR2T, and there is never a doubt which sequence a PDU belongs to.

#include <algorithm>
#include <utility>

#include "session/command/write_transfer.h"

namespace lunway::session {

/// A PDU of the sequence under way is not here and will not be. At ErrorRecoveryLevel 0 this ends the command.
void WriteTransfer::lose() {
  if (rules_.recovers && recoveries_ < kMaxRecoveryR2ts) {
    broken_ = true;
  } else {
    fail(TransferFailure::protocol_service_crc_error);
  }
}

/// The broken sequence is over. The R2T is an ordinary one where the data came unsolicited: none has asked for it yet.
void WriteTransfer::ask_again(bool solicited) {
  broken_ = false;
  ++recoveries_;
  DataCoverage& here = solicited ? solicited_data_ : unsolicited_data_;
  // Islands come again with the rest.
  here.begin(here.contiguous_end());
  if (!solicited) return;
  recovery_end_ = solicited_next_;
  solicited_next_ = here.contiguous_end();
}

/// What the initiator has not done wrong does not count.
void WriteTransfer::interrupt() {
  const std::uint8_t recoveries = recoveries_;
  const bool had_r2t = outstanding_ > 0 && is_unseen(sequences_[0]);
  given_up_ = {};
  unsolicited_given_up_ = demands_end_ = false;
  timeouts_ = 0;
  while (outstanding_ > 0 || unsolicited_open_) {
    broken_ = true;
    close(outstanding_ > 0 ? sequences_[0].ttt : wire::kNoTtt);
  }
  recoveries_ = recoveries;
  interrupted_ = had_r2t && solicited_next_ < recovery_end_;
}

bool WriteTransfer::take_interruption() { return std::exchange(interrupted_, false); }

// ----------------------------------------------------------------------------------------- sequences that never end

bool WriteTransfer::time_out() {
  if (!waits() || timeouts_ == kMaxSequenceTimeouts || recoveries_ == kMaxRecoveryR2ts) return false;
  // The R2T has not left yet.
  if (outstanding_ == 0 && !awaits_unsolicited()) return true;
  ++timeouts_;
  const bool solicited = outstanding_ > 0;
  Sequence& oldest = solicited ? sequences_[0] : unsolicited_;
  if (solicited && is_unseen(oldest) && !oldest.repeated) {
    oldest.repeated = oldest.repeat_due = true;
    return true;
  }
  demand(oldest.end);
  if (solicited) {
    given_up_ = oldest;
    given_up_.repeat_due = false;
  } else {
    unsolicited_given_up_ = true;
  }
  broken_ = true;
  close(solicited ? given_up_.ttt : wire::kNoTtt);
  return true;
}

void WriteTransfer::demand(std::uint32_t end) {
  if (!stopped_) return;
  demands_end_ = true;
  wanted_end_ = end;
}

bool WriteTransfer::is_unseen(const Sequence& sequence) const { return sequence.data_sn == wire::DataSN() && !broken_; }

/// An initiator that has missed the R2T which was given up asks for it when it sees the one that came instead.
std::uint32_t WriteTransfer::repeat(std::uint32_t begin, std::uint32_t end) {
  std::uint32_t found = 0;
  const auto mark = [&](Sequence& one) {
    if (one.r2t_sn.value() < begin || one.r2t_sn.value() >= end) return;
    one.repeat_due = true;
    ++found;
  };
  if (given_up_.ttt != wire::kNoTtt) mark(given_up_);
  for (std::uint32_t i = 0; i < outstanding_; ++i) {
    if (i > 0 || is_unseen(sequences_[i])) mark(sequences_[i]);
  }
  return found;
}

bool WriteTransfer::has_repeat() const {
  return given_up_.repeat_due || std::any_of(sequences_.begin(), sequences_.begin() + outstanding_,
                                             [](const Sequence& s) { return s.repeat_due; });
}

std::optional<WriteTransfer::R2t> WriteTransfer::take_repeat() {
  if (std::exchange(given_up_.repeat_due, false)) return r2t_of(given_up_);
  for (std::uint32_t i = 0; i < outstanding_; ++i) {
    if (std::exchange(sequences_[i].repeat_due, false)) return r2t_of(sequences_[i]);
  }
  return std::nullopt;
}

WriteTransfer::R2t WriteTransfer::r2t_of(const Sequence& sequence) {
  return {.ttt = sequence.ttt,
          .r2t_sn = sequence.r2t_sn,
          .buffer_offset = sequence.begin,
          .length = sequence.end - sequence.begin};
}

}  // namespace lunway::session
