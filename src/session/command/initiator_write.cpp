// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/initiator_write.h"

#include <algorithm>
#include <cassert>

namespace lunway::session {

InitiatorWrite::Opening InitiatorWrite::begin(std::uint32_t length, const Rules& rules) {
  stop();
  length_ = length;
  const std::uint32_t first_burst = std::min(length, rules.first_burst_length);
  Opening opening;
  if (rules.immediate_data) opening.immediate = std::min(first_burst, rules.max_data_segment);
  sent_ = asked_end_ = opening.immediate;
  // With InitialR2T=No all of the first burst goes unasked: the target takes a shorter one for the wrong amount of
  // data.
  //= rfc7143#11.4.7.2
  if (!rules.initial_r2t && opening.immediate < first_burst) {
    opening.unsolicited_follows = true;
    sequences_.push_back({.ttt = wire::kNoTtt, .lun = {}, .offset = opening.immediate, .end = first_burst});
    asked_end_ = first_burst;
  }
  return opening;
}

InitiatorWrite::Fault InitiatorWrite::take(const R2t& r2t, const Rules& rules) {
  if (length_ == 0) return Fault::not_a_write;
  if (r2t.length > rules.max_burst_length) return Fault::too_long;
  if (r2t.offset > length_ || r2t.length > length_ - r2t.offset) return Fault::beyond_the_end;
  // Without the order a target may also ask for the same bytes again; it is not for us to keep account of it.
  //= rfc7143#4.2.5.2
  if (rules.data_sequence_in_order && !rules.may_repeat && r2t.offset != asked_end_) return Fault::out_of_order;
  const auto solicited =
      static_cast<std::size_t>(std::count_if(sequences_.begin() + static_cast<std::ptrdiff_t>(first_), sequences_.end(),
                                             [](const Sequence& sequence) { return sequence.ttt != wire::kNoTtt; }));
  if (solicited >= rules.max_outstanding_r2t) return Fault::too_many;
  if (first_ == sequences_.size()) stop();
  sequences_.push_back({.ttt = r2t.ttt, .lun = r2t.lun, .offset = r2t.offset, .end = r2t.offset + r2t.length});
  asked_end_ = std::max(asked_end_, r2t.offset + r2t.length);
  return Fault::none;
}

InitiatorWrite::DataOut InitiatorWrite::next(const Rules& rules) {
  assert(due());
  Sequence& sequence = sequences_[first_];
  const std::uint32_t length = std::min(sequence.end - sequence.offset, rules.max_data_segment);
  const DataOut pdu{.ttt = sequence.ttt,
                    .lun = sequence.lun,
                    .data_sn = wire::DataSN(sequence.data_sn),
                    .offset = sequence.offset,
                    .length = length,
                    .final = sequence.offset + length == sequence.end};
  sequence.offset += length;
  sent_ += length;
  ++sequence.data_sn;
  if (pdu.final) ++first_;
  return pdu;
}

bool InitiatorWrite::drop_solicited() {
  // The unsolicited sequence comes before all others.
  const std::size_t kept = first_ + (owes_unsolicited() ? 1 : 0);
  const bool any = sequences_.size() > kept;
  sequences_.resize(kept);
  return any;
}

std::string_view describe(InitiatorWrite::Fault fault) {
  switch (fault) {
    case InitiatorWrite::Fault::none:
      return "";
    case InitiatorWrite::Fault::not_a_write:
      return "R2T for a command that writes nothing (11.8)";
    case InitiatorWrite::Fault::beyond_the_end:
      return "R2T beyond the Expected Data Transfer Length (11.8.4)";
    case InitiatorWrite::Fault::too_long:
      return "R2T for more than MaxBurstLength (11.8.4)";
    case InitiatorWrite::Fault::out_of_order:
      return "R2T for another range than the next one (11.8)";
    case InitiatorWrite::Fault::too_many:
      return "more R2Ts than MaxOutstandingR2T (13.17)";
  }
  return "";
}

}  // namespace lunway::session
