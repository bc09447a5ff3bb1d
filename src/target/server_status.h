// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a running server says of itself to whoever looks after it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lunway::target {

struct SessionStatus {
  std::uint16_t tsih = 0;
  std::string initiator;
  /// Empty in a discovery session that named none.
  std::string target;
  /// Where its first connection came from, as "ADDR:PORT".
  std::string peer;
  std::uint32_t commands = 0;
};

struct TargetStatus {
  std::string name;
  /// None where it has moved elsewhere.
  std::size_t luns = 0;
  std::size_t sessions = 0;
};

struct LunStatus {
  std::string target;
  std::uint16_t number = 0;
  std::string volume;
  std::uint64_t size_bytes = 0;
  std::string serial_number;
  /// A flush has failed: it takes no more writes.
  bool has_lost_writes = false;
};

}  // namespace lunway::target
