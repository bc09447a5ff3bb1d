// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "session/command/initiator_read.h"

namespace lunway::session {

void InitiatorRead::begin(std::uint32_t length) {
  length_ = length;
  restart(0);
}

void InitiatorRead::restart(std::uint32_t offset) {
  next_ = sequences_end_ = offset;
  in_sequence_ = false;
  here_.begin(offset);
}

InitiatorRead::Fault InitiatorRead::take(std::uint32_t offset, std::uint32_t length, bool final, Order order) {
  if (const Fault fault = judge_place(offset, length, order); fault != Fault::none) return fault;
  // Overlays are forbidden only where there is an order.
  //= rfc7143#11.7.6
  if (!here_.add(offset, length)) return Fault::scattered;
  follow(offset, length, final);
  return Fault::none;
}

InitiatorRead::Fault InitiatorRead::judge(std::uint32_t offset, std::uint32_t length, Order order) const {
  if (const Fault fault = judge_place(offset, length, order); fault != Fault::none) return fault;
  return here_.has_room_for(offset, length) ? Fault::none : Fault::scattered;
}

InitiatorRead::Fault InitiatorRead::judge_place(std::uint32_t offset, std::uint32_t length, Order order) const {
  if (length_ == 0) return Fault::not_a_read;
  if (!is_in_order(offset, order)) return Fault::out_of_order;
  if (offset > length_ || length > length_ - offset) return Fault::beyond_the_end;
  return Fault::none;
}

void InitiatorRead::follow(std::uint32_t offset, std::uint32_t length, bool final) {
  next_ = offset + length;
  in_sequence_ = !final;
  if (final) sequences_end_ = here_.highest_end();
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
