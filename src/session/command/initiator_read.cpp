// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/initiator_read.h"

namespace lunway::session {

void InitiatorRead::begin(std::uint32_t length) {
  length_ = length;
  next_ = sequences_end_ = 0;
  in_sequence_ = false;
  here_.begin(0);
}

InitiatorRead::Fault InitiatorRead::take(std::uint32_t offset, std::uint32_t length, bool final, Order order) {
  if (length_ == 0) return Fault::not_a_read;
  if (!is_in_order(offset, order)) return Fault::out_of_order;
  if (offset > length_ || length > length_ - offset) return Fault::beyond_the_end;
  // Overlays are forbidden only where there is an order.
  //= rfc7143#11.7.6
  if (!here_.add(offset, length)) return Fault::scattered;
  next_ = offset + length;
  in_sequence_ = !final;
  if (final) sequences_end_ = here_.highest_end();
  return Fault::none;
}

bool InitiatorRead::is_in_order(std::uint32_t offset, Order order) const {
  const bool continues = order.data_pdu_in_order && (in_sequence_ || order.data_sequence_in_order);
  if (continues) return offset == next_;
  return !order.data_sequence_in_order || offset >= sequences_end_;
}

std::string_view describe(InitiatorRead::Fault fault) {
  switch (fault) {
    case InitiatorRead::Fault::none:
      return "";
    case InitiatorRead::Fault::not_a_read:
      return "Data-In for a command that reads nothing (11.7)";
    case InitiatorRead::Fault::out_of_order:
      return "Data-In at another offset than the order of PDUs or sequences allows (11.7.6)";
    case InitiatorRead::Fault::beyond_the_end:
      return "Data-In beyond the Expected Data Transfer Length (11.7.6)";
    case InitiatorRead::Fault::scattered:
      return "Data-In in too many pieces with gaps between them (13.18)";
  }
  return "";
}

}  // namespace lunway::session
