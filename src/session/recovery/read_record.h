// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which Data-In PDUs of a command have been sent and are not acknowledged, so that each can be made again exactly as it
// was. A PDU follows from where the transfer stood and from the MaxRecvDataSegmentLength of then, so it is enough to
// remember both for the first unacknowledged PDU, and for each at which the length had changed.
//= rfc7143#11.16
//= rfc7143#11.16.3

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "session/command/read_transfer.h"
#include "wire/numbers.h"

namespace lunway::session {

class ReadRecord {
 public:
  /// The record is about another task from now on.
  void begin(std::uint32_t generation);
  std::uint32_t generation() const { return generation_; }

  /// The PDU `data_sn` is about to be cut off `transfer`, at most `segment` bytes long.
  void note(std::uint32_t data_sn, const ReadTransfer& transfer, std::uint32_t segment);

  /// No Data-In PDU has been sent.
  bool empty() const { return stretches_.empty(); }
  /// The first number that is not acknowledged; only when not empty().
  std::uint32_t first_unacknowledged() const { return stretches_.front().data_sn; }
  /// Where the transfer stood before that PDU.
  const ReadTransfer& unacknowledged() const { return stretches_.front().transfer; }
  /// The number of the first Data-In PDU: R2Ts of the command have those below.
  //= rfc7143#4.2.2.4
  std::uint32_t first_data_sn() const { return first_data_sn_; }

  /// All PDUs before `data_sn` have arrived. `data_sn` is not before first_unacknowledged() and not behind the next
  /// number to be sent.
  void acknowledge(std::uint32_t data_sn, std::uint32_t max_burst);

  /// The transfer as it stood before the PDU `data_sn`, from where on all PDUs were cut to `segment`; nullopt when they
  /// were cut otherwise, so that they cannot be made again as they were.
  std::optional<ReadTransfer> rewound(std::uint32_t data_sn, std::uint32_t segment, std::uint32_t max_burst) const;

  /// All that is not acknowledged is sent anew, with other lengths perhaps: it is noted once more.
  void restart() {
    stretches_.clear();
    lost_track_ = false;
  }
  /// Data behind unacknowledged() is acknowledged, but nobody knows how much.
  bool has_lost_track() const { return lost_track_; }

  /// Which tag the initiator acknowledges data of this command with; kNoTtt until it was asked to.
  wire::Ttt ack_tag = wire::kNoTtt;
  /// What the last R-Data SNACK wants to see in the SCSI Response.
  //= rfc7143#11.4.4
  wire::SnackTag snack_tag = wire::kNoSnackTag;

 private:
  /// More changes of the length in one command are not remembered.
  static constexpr std::size_t kMaxStretches = 4;

  /// PDUs in a row that were cut to the same length.
  struct Stretch {
    std::uint32_t data_sn = 0;
    std::uint32_t segment = 0;
    ReadTransfer transfer;
  };

  static ReadTransfer replayed(const Stretch& from, std::uint32_t data_sn, std::uint32_t max_burst);

  std::uint32_t generation_ = 0;
  std::uint32_t first_data_sn_ = 0;
  bool noted_ = false;
  bool lost_track_ = false;
  std::vector<Stretch> stretches_;
};

}  // namespace lunway::session
