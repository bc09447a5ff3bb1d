// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A range of IP addresses as access lists write it: one address, or a prefix in CIDR form.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "runtime/address.h"

namespace lunway::runtime {

class Network {
 public:
  /// "192.0.2.7", "192.0.2.0/24", "2001:db8::7", "2001:db8::/32"; no names, ports, brackets or zones. Bits beyond the
  /// prefix are refused: whoever wrote 192.0.2.7/8 meant something else. The error says what is wrong with the text.
  static Result<Network> parse(std::string_view text);

  /// Ports and zones do not count. An IPv4 address in IPv6 form (::ffff:192.0.2.7) counts as the IPv4 address.
  bool contains(const Address& address) const;

 private:
  /// IPv4 in IPv6 form, so that there is one comparison.
  using Bits = std::array<std::uint8_t, 16>;
  static Bits bits_of(const Address& address);

  Bits prefix_{};
  unsigned length_ = 0;  // in bits, of the IPv6 form
};

}  // namespace lunway::runtime
