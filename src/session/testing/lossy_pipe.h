// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One direction of a connection that loses whole PDUs or damages their data, as a bad relay would. Headers stay as they
// are: with a damaged one nobody knows where the next PDU begins. Data digests are on, header digests off.

#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "base/bytes.h"
#include "wire/header.h"

namespace lunway::session::testing {

class LossyPipe {
 public:
  /// One PDU in so many is lost, one of those with data is damaged; 0: none.
  LossyPipe(unsigned seed, unsigned lose_one_in, unsigned damage_one_in)
      : random_(seed), lose_one_in_(lose_one_in), damage_one_in_(damage_one_in) {}

  /// Takes the next bytes of the stream and appends to `to` what comes out at the other end.
  void pass(Bytes bytes, std::vector<std::byte>& to) {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    for (std::size_t size = whole(); size != 0; size = whole()) {
      if (!is_spared() && happens(lose_one_in_)) {
        ++lost;
      } else {
        if (!is_login() && size > wire::kHeaderSize && happens(damage_one_in_)) {
          held_[wire::kHeaderSize + random_() % (size - wire::kHeaderSize)] ^= std::byte{0x10};
          ++damaged;
        }
        to.insert(to.end(), held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(size));
      }
      held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }

  int lost = 0;
  int damaged = 0;

 private:
  bool happens(unsigned one_in) { return one_in != 0 && random_() % one_in == 0; }
  wire::BasicHeader header() const { return wire::BasicHeader(Bytes(held_).first<wire::kHeaderSize>()); }
  bool is_login() const {
    const wire::Opcode opcode = header().opcode();
    return opcode == wire::Opcode::login_request || opcode == wire::Opcode::login_response;
  }
  /// Nobody misses the last Data-Out of a sequence, or its R2T, but by a clock, which the target does not have.
  //= rfc7143#7.1.4.1
  bool is_spared() const {
    const wire::Opcode opcode = header().opcode();
    return is_login() || opcode == wire::Opcode::data_out || opcode == wire::Opcode::ready_to_transfer;
  }
  /// The size of the PDU in front; 0 while some of it is still to come.
  std::size_t whole() const {
    if (held_.size() < wire::kHeaderSize) return 0;
    const std::size_t data = header().data_segment_length();
    const std::size_t digest = data == 0 || is_login() ? 0 : 4;
    const std::size_t size = wire::kHeaderSize + header().total_ahs_length() + (data + 3) / 4 * 4 + digest;
    return held_.size() < size ? 0 : size;
  }

  std::mt19937 random_;
  unsigned lose_one_in_;
  unsigned damage_one_in_;
  std::vector<std::byte> held_;
};

}  // namespace lunway::session::testing
