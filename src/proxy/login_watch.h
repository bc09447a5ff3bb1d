// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Reads a login as it passes by: what somebody in the middle has to know of it, and no more.
//= rfc7143#6.3

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "text/key_value.h"
#include "wire/digest.h"
#include "wire/header.h"
#include "wire/numbers.h"
#include "wire/opcode.h"

namespace lunway::proxy {

/// Takes anything from either side; what is no sound login changes nothing.
class LoginWatch {
 public:
  /// A PDU of `sender`, in the order in which it came. True when the Full Feature Phase begins behind it.
  bool see(wire::Role sender, wire::HeaderView header, Bytes data);

  bool is_over() const { return over_; }

  /// What the two have agreed on; good once the login is over.
  //= rfc7143#13.1
  wire::Digests digests() const { return {.header = header_digest_.is_on(), .data = data_digest_.is_on()}; }

  /// The connection's ID, from the first Login Request on.
  std::optional<wire::Cid> cid() const { return cid_; }

  /// Bytes: the longest data segment that the initiator takes.
  //= rfc7143#13.12
  std::uint32_t initiator_max_data() const { return initiator_max_data_; }

 private:
  /// A key of type list: one side offers, the other picks one.
  //= rfc7143#6.2.1
  struct Digest {
    std::optional<wire::Role> offered_by{};
    bool picked = false;

    void said(wire::Role side, std::string_view value);
    bool is_on() const { return picked; }
  };

  void read(wire::Role sender, std::string_view text);

  std::array<text::TextAssembler, 2> texts_;  // by sender
  Digest header_digest_;
  Digest data_digest_;
  std::optional<wire::Cid> cid_;
  std::uint32_t initiator_max_data_ = 8192;
  bool over_ = false;
};

}  // namespace lunway::proxy
