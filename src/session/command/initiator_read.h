// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The read data of one command as an initiator receives it: what the next Data-In must look like. The judgement comes
// before the first byte is placed, so no header can make data land outside the caller's buffer.
//= rfc7143#11.7

#pragma once

#include <cstdint>
#include <string_view>

namespace lunway::session {

class InitiatorRead {
 public:
  /// `length` is what the command expects at most, and the size of the caller's buffer.
  void begin(std::uint32_t length) { *this = InitiatorRead{}, length_ = length; }

  enum class Fault : std::uint8_t {
    none,
    not_a_read,      // the command expects no data
    out_of_order,    // not where the last PDU ended: DataPDUInOrder and DataSequenceInOrder are Yes
    beyond_the_end,  // past the Expected Data Transfer Length
  };

  /// Judges a Data-In by its header and, when there is no fault, counts it as here. Whether a sequence is longer than
  /// MaxBurstLength is not asked: targets in wide use never set the F bit in between, and no byte goes astray by it.
  //= rfc7143#7.10
  Fault take(std::uint32_t offset, std::uint32_t length) {
    if (length_ == 0) return Fault::not_a_read;
    if (offset != received_) return Fault::out_of_order;
    if (length > length_ - received_) return Fault::beyond_the_end;
    received_ += length;
    return Fault::none;
  }

  std::uint32_t length() const { return length_; }
  std::uint32_t received() const { return received_; }

 private:
  std::uint32_t length_ = 0;
  std::uint32_t received_ = 0;
};

constexpr std::string_view describe(InitiatorRead::Fault fault) {
  switch (fault) {
    case InitiatorRead::Fault::none:
      return "";
    case InitiatorRead::Fault::not_a_read:
      return "Data-In for a command that reads nothing (11.7)";
    case InitiatorRead::Fault::out_of_order:
      return "Data-In at another offset than the next one (11.7.6)";
    case InitiatorRead::Fault::beyond_the_end:
      return "Data-In beyond the Expected Data Transfer Length (11.7.6)";
  }
  return "";
}

}  // namespace lunway::session
