// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/network.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace lunway::runtime {
namespace {

constexpr unsigned kIpv4Bits = 32;
constexpr unsigned kIpv6Bits = 128;
/// Where the IPv4 address begins in ::ffff:192.0.2.7.
constexpr std::size_t kMappedOffset = 12;

std::optional<Address> parse_plain(const std::string& text) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return Address(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) return Address(v6);
  return std::nullopt;
}

std::optional<unsigned> parse_length(std::string_view text, unsigned most) {
  unsigned length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool good = !text.empty() && error == std::errc{} && end == text.data() + text.size() && length <= most;
  return good ? std::optional(length) : std::nullopt;
}

/// Whether the two are equal in their first `length` bits.
template <class Bits>
bool agree(const Bits& left, const Bits& right, unsigned length) {
  const std::size_t whole = length / 8;
  if (std::memcmp(left.data(), right.data(), whole) != 0) return false;
  const unsigned rest = length % 8;
  return rest == 0 || ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const auto wrong = [&](const std::string& what) { return failure(EINVAL, "'" + std::string(text) + "' " + what); };
  const std::size_t slash = text.find('/');
  const auto address = parse_plain(std::string(text.substr(0, slash)));
  if (!address) return wrong("is no IP address and no range such as 192.0.2.0/24 or 2001:db8::/32");

  Network network;
  network.prefix_ = bits_of(*address);
  network.length_ = kIpv6Bits;
  if (slash == std::string_view::npos) return network;

  const unsigned most = address->family() == AF_INET ? kIpv4Bits : kIpv6Bits;
  const auto length = parse_length(text.substr(slash + 1), most);
  if (!length) return wrong("wants a number from 0 to " + std::to_string(most) + " behind the slash");
  network.length_ = kIpv6Bits - most + *length;

  Bits beyond = network.prefix_;
  for (unsigned bit = 0; bit < network.length_; ++bit) {
    beyond[bit / 8] = static_cast<std::uint8_t>(beyond[bit / 8] & ~(0x80U >> (bit % 8)));
  }
  if (beyond != Bits{}) return wrong("has bits beyond its prefix; write the first address of the range, or no prefix");
  return network;
}

bool Network::contains(const Address& address) const {
  if (address.family() != AF_INET && address.family() != AF_INET6) return false;
  return agree(prefix_, bits_of(address), length_);
}

Network::Bits Network::bits_of(const Address& address) {
  Bits bits{};
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.raw());
    std::memcpy(bits.data(), &v6->sin6_addr, bits.size());
    return bits;
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.raw());
  bits[kMappedOffset - 2] = bits[kMappedOffset - 1] = 0xff;
  std::memcpy(bits.data() + kMappedOffset, &v4->sin_addr, sizeof v4->sin_addr);
  return bits;
}

}  // namespace lunway::runtime
