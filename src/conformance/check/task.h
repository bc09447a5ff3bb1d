// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A request and how far its answer has come.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "conformance/peer/pdu.h"

namespace lunway::conformance {

/// One R2T that the initiator has to answer.
//= rfc7143#11.8
struct OpenR2t {
  std::uint32_t ttt = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint64_t lun = 0;
  std::uint32_t next_data_sn = 0;
  std::uint32_t next_offset = 0;
  std::uint32_t sent = 0;
};

/// Data that goes to the initiator.
struct ReadProgress {
  std::uint32_t pdus = 0;
  std::uint64_t bytes = 0;
  std::uint64_t sequence_bytes = 0;
  std::uint64_t next_offset = 0;
  /// The last Data-In ended a sequence, or there was none.
  bool sequence_ended = true;
};

/// Data that comes from the initiator.
struct WriteProgress {
  std::uint64_t unsolicited = 0;
  std::uint32_t next_data_sn = 0;
  bool unsolicited_ended = true;
  std::uint32_t r2ts = 0;
  std::optional<std::uint64_t> next_r2t_offset;
  std::vector<OpenR2t> open;
};

struct Task {
  /// A NOP-Out keeps its ping data, of which not more than this.
  static constexpr std::size_t kMostData = std::size_t{64} << 10;

  Pdu request;
  unsigned connection = 0;
  /// Data-In and R2T PDUs that have come: they share one numbering.
  //= rfc7143#4.2.2.4
  std::uint32_t next_input_sn = 0;
  ReadProgress read;
  WriteProgress write;
  /// Rejected, aborted, or its connection has gone: it may be answered or not, and its tag used again.
  bool in_doubt = false;

  bool is_immediate() const { return request[field::kImmediate] != 0; }
  bool reads() const { return request[field::kRead] != 0; }
  bool writes() const { return request[field::kWrite] != 0; }
};

}  // namespace lunway::conformance
