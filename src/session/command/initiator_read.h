// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The read data of one command as an initiator receives it: what the next Data-In may look like. The judgement comes
// before the first byte is placed, so no header can make data land outside the caller's buffer.
//= rfc7143#11.7

#pragma once

#include <cstdint>
#include <string_view>

#include "session/command/data_coverage.h"

namespace lunway::session {

class InitiatorRead {
 public:
  /// What the session has agreed on.
  struct Order {
    bool data_pdu_in_order = true;
    bool data_sequence_in_order = true;
  };

  /// `length` is what the command expects at most, and the size of the caller's buffer.
  void begin(std::uint32_t length);

  enum class Fault : std::uint8_t {
    none,
    not_a_read,      // the command expects no data
    out_of_order,    // at a place where DataPDUInOrder or DataSequenceInOrder allow none now
    beyond_the_end,  // past the Expected Data Transfer Length
    scattered,       // in more pieces than we keep account of
  };

  /// Judges a Data-In by its header and, when there is no fault, counts it as here. Whether a sequence is longer than
  /// MaxBurstLength is not asked: targets in wide use never set the F bit in between, and no byte goes astray by it.
  //= rfc7143#7.10
  Fault take(std::uint32_t offset, std::uint32_t length, bool final, Order order);

  // The same in steps, for data that may turn out damaged: judge(), then follow() for what comes in its turn, and
  // count() for what is intact.
  Fault judge(std::uint32_t offset, std::uint32_t length, Order order) const;
  void follow(std::uint32_t offset, std::uint32_t length, bool final);
  void count(std::uint32_t offset, std::uint32_t length) { (void)here_.add(offset, length); }

  /// Only the bytes before `offset` are here, and the rest comes once more.
  void restart(std::uint32_t offset);
  /// Nothing is here behind a gap.
  bool is_contiguous() const { return here_.highest_end() == here_.contiguous_end(); }

  std::uint32_t length() const { return length_; }
  /// All bytes before it are here.
  std::uint32_t received() const { return here_.contiguous_end(); }

 private:
  Fault judge_place(std::uint32_t offset, std::uint32_t length, Order order) const;
  bool is_in_order(std::uint32_t offset, Order order) const;

  std::uint32_t length_ = 0;
  /// Where the last PDU ended, and whether it left its sequence open.
  std::uint32_t next_ = 0;
  bool in_sequence_ = false;
  /// Earlier sequences lie before it.
  std::uint32_t sequences_end_ = 0;
  DataCoverage here_;
};

std::string_view describe(InitiatorRead::Fault fault);

}  // namespace lunway::session
