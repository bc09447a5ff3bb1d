// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One PDU as it stands on the wire, with its digests; and the cutting of a stream into such PDUs. Nothing of it comes
// from the engine: a checker that shared the engine's eyes would share its errors.
//= rfc7143#11.2

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "wire/header.h"
#include "wire/opcode.h"

namespace lunway::simulator {

/// Which of the two ends.
using Role = wire::Role;

constexpr Role other(Role role) { return role == Role::initiator ? Role::target : Role::initiator; }

struct DigestUse {
  bool header = false;
  bool data = false;
};

struct WirePdu {
  std::vector<std::byte> bytes;
  DigestUse digests;
  /// The network has changed a bit of it.
  bool header_damaged = false;
  bool data_damaged = false;

  wire::HeaderView header() const { return wire::HeaderView(bytes.data(), wire::kHeaderSize); }
  wire::Opcode opcode() const { return wire::BasicHeader(header()).opcode(); }
  std::uint8_t u8(std::size_t at) const { return load_u8(&bytes[at]); }
  std::uint32_t u32(std::size_t at) const { return load_be32(&bytes[at]); }
  std::uint32_t data_length() const { return load_be24(&bytes[5]); }

  /// Header and AHS, without their digest.
  std::size_t head_size() const { return wire::kHeaderSize + std::size_t{u8(4)} * wire::kWordSize; }
  std::size_t data_at() const { return head_size() + (digests.header ? wire::kWordSize : 0); }
  Bytes data() const { return Bytes(bytes).subspan(data_at(), data_length()); }
  Bytes padding() const {
    return Bytes(bytes).subspan(data_at() + data_length(), wire::padded(data_length()) - data_length());
  }
  /// Whether the digests that are there are right.
  bool digests_match() const;
};

/// Cuts what one side sends.
class PduCutter {
 public:
  /// From the next PDU on.
  void use(DigestUse digests) { digests_ = digests; }
  void append(Bytes bytes) { held_.insert(held_.end(), bytes.begin(), bytes.end()); }
  /// The next whole PDU.
  std::optional<WirePdu> next();
  /// Part of a PDU whose rest will not come.
  std::vector<std::byte> take_rest() { return std::exchange(held_, {}); }
  bool is_empty() const { return held_.empty(); }

 private:
  DigestUse digests_;
  std::vector<std::byte> held_;
};

}  // namespace lunway::simulator
