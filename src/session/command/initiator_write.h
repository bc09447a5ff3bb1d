// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The write data of one command as an initiator sends it: unsolicited data first, then what R2Ts ask for, in the order
// in which they came. PDUs of a sequence go in order, whatever DataPDUInOrder says.
//= rfc7143#11.7
//= rfc7143#11.8

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/numbers.h"

namespace lunway::session {

class InitiatorWrite {
 public:
  struct Rules {
    bool initial_r2t = true;
    bool immediate_data = true;
    std::uint32_t first_burst_length = 65536;
    std::uint32_t max_burst_length = 262144;
    std::uint32_t max_outstanding_r2t = 1;
    bool data_sequence_in_order = true;
    std::uint32_t max_data_segment = 8192;  // MaxRecvDataSegmentLength of the target
    /// A target that recovers lost data asks for it again, and an R2T may be lost itself: no order holds.
    //= rfc7143#7.1.4.1
    bool may_repeat = false;
  };

  /// What the SCSI Command says.
  struct Opening {
    std::uint32_t immediate = 0;       // bytes of immediate data
    bool unsolicited_follows = false;  // the F bit is 0
  };

  /// Starts the transfer of `length` bytes.
  Opening begin(std::uint32_t length, const Rules& rules);

  enum class Fault : std::uint8_t {
    none,
    not_a_write,
    beyond_the_end,
    too_long,      // longer than MaxBurstLength
    out_of_order,  // with DataSequenceInOrder=Yes R2Ts ask for continuous ranges
    too_many,      // more than MaxOutstandingR2T
  };

  struct R2t {
    wire::Ttt ttt;
    wire::Lun lun;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };

  Fault take(const R2t& r2t, const Rules& rules);

  /// There is data to send.
  bool due() const { return first_ != sequences_.size(); }

  /// The fields of a Data-Out.
  struct DataOut {
    wire::Ttt ttt = wire::kNoTtt;
    wire::Lun lun;
    wire::DataSN data_sn;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    bool final = false;
  };

  /// The next Data-Out; only when due().
  DataOut next(const Rules& rules);

  /// What R2Ts have asked for is not sent any more; true when there was such data.
  bool drop_solicited();
  /// Unsolicited data is not all sent yet.
  bool owes_unsolicited() const { return due() && sequences_[first_].ttt == wire::kNoTtt; }

  /// No Data-Out is made any more.
  void stop() { sequences_.clear(), first_ = 0; }

  std::uint32_t length() const { return length_; }
  /// Bytes handed out so far, immediate data included.
  std::uint32_t sent() const { return sent_; }

 private:
  struct Sequence {
    wire::Ttt ttt;
    wire::Lun lun;
    std::uint32_t offset = 0;
    std::uint32_t end = 0;
    std::uint32_t data_sn = 0;
  };

  std::uint32_t length_ = 0;
  std::uint32_t sent_ = 0;
  std::uint32_t asked_end_ = 0;  // everything before it was sent unasked or has been asked for
  /// Those before first_ are done. The memory stays for the next command in the same slot.
  std::vector<Sequence> sequences_;
  std::size_t first_ = 0;
};

std::string_view describe(InitiatorWrite::Fault fault);

}  // namespace lunway::session
