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
// To wait for the end keeps to MaxOutstandingR2T, and there is never a doubt which sequence a PDU belongs to.

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
  const bool had_r2t = outstanding_ > 0;
  while (outstanding_ > 0 || unsolicited_open_) {
    broken_ = true;
    close(outstanding_ > 0 ? sequences_[0].ttt : wire::kNoTtt);
  }
  recoveries_ = recoveries;
  interrupted_ = had_r2t && solicited_next_ < recovery_end_;
}

bool WriteTransfer::take_interruption() { return std::exchange(interrupted_, false); }

std::vector<WriteTransfer::R2t> WriteTransfer::outstanding_r2ts() const {
  std::vector<R2t> r2ts;
  for (std::uint32_t i = 0; i < outstanding_; ++i) {
    const Sequence& one = sequences_[i];
    r2ts.push_back({.ttt = one.ttt, .r2t_sn = one.r2t_sn, .buffer_offset = one.begin, .length = one.end - one.begin});
  }
  return r2ts;
}

}  // namespace lunway::session
