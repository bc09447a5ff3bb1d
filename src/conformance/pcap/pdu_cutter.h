// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Cuts the bytes of one direction into PDUs, as they were captured.
//= rfc7143#11.1

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "conformance/peer/pdu.h"
#include "wire/digest.h"

namespace lunway::conformance {

class PduCutter {
 public:
  /// No PDU is longer: what announces more is no PDU.
  static constexpr std::size_t kMaxPduSize = std::size_t{17} << 20;

  /// Where new bytes are appended.
  std::vector<std::byte>& buffer() { return buffer_; }
  /// The next PDU when it is whole. `digests` are those in force for it.
  std::optional<Pdu> next(wire::Digests digests);
  /// What comes cannot be a PDU.
  bool is_lost() const { return lost_; }

 private:
  Bytes held() const { return Bytes(buffer_).subspan(at_); }
  void drop_what_was_read();

  std::vector<std::byte> buffer_;
  std::size_t at_ = 0;
  bool lost_ = false;
};

}  // namespace lunway::conformance
