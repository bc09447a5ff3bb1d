// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a login has agreed on, as types. Default values are those of RFC 7143, section 13.
//= rfc7143#13

#pragma once

#include <cstdint>

#include "text/key_table.h"

namespace lunway::text {

/// The numbers of the two enumerations are places in KeyInfo::words.
enum class Digest : std::uint8_t { none, crc32c };
enum class TaskReporting : std::uint8_t { rfc3720, response_fence, fast_abort };

/// Agreed on the leading connection, the same for every connection of the session, unchanged until its end.
/// FirstBurstLength never exceeds MaxBurstLength here. Lengths are bytes.
struct SessionParameters {
  SessionType session_type = SessionType::normal;
  std::uint16_t max_connections = 1;
  bool initial_r2t = true;
  bool immediate_data = true;
  std::uint32_t max_burst_length = 262144;
  std::uint32_t first_burst_length = 65536;
  std::uint16_t default_time2wait_s = 2;
  std::uint16_t default_time2retain_s = 20;
  std::uint16_t max_outstanding_r2t = 1;
  bool data_pdu_in_order = true;
  bool data_sequence_in_order = true;
  std::uint8_t error_recovery_level = 0;
  TaskReporting task_reporting = TaskReporting::rfc3720;
  /// iSCSIProtocolLevel: from 2 on the features of RFC 7144 may be used.
  std::uint8_t protocol_level = 1;

  friend bool operator==(const SessionParameters&, const SessionParameters&) = default;
};

/// Agreed anew on each connection. The two lengths (bytes) may change in the Full Feature Phase, the digests not.
struct ConnectionParameters {
  Digest header_digest = Digest::none;
  Digest data_digest = Digest::none;
  /// The longest data segment that we said we can receive.
  std::uint32_t our_max_recv_data_segment_length = 8192;
  /// The longest data segment that we may send.
  std::uint32_t peer_max_recv_data_segment_length = 8192;

  friend bool operator==(const ConnectionParameters&, const ConnectionParameters&) = default;
};

}  // namespace lunway::text
