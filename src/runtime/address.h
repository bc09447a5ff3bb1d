// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Where a TCP socket is bound or connected: an IPv4 or IPv6 address and a port.

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lunway::runtime {

/// The port that iSCSI targets listen on.
//= rfc7143#15
inline constexpr std::uint16_t kIscsiPort = 3260;

/// A host as a person writes it, not yet looked up.
struct Endpoint {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;

  /// "host", "host:port", "[::1]", "[::1]:port", "::1". The error says what is wrong with the text.
  static Result<Endpoint> parse(std::string_view text, std::uint16_t default_port = kIscsiPort);

  std::string to_string() const;
};

class Address {
 public:
  Address() = default;
  explicit Address(const sockaddr_in& v4) { storage_.v4 = v4; }
  explicit Address(const sockaddr_in6& v6) { storage_.v6 = v6; }

  /// From what the system filled in; nullopt for other families.
  static std::optional<Address> from(const sockaddr* address, socklen_t length);

  /// An address in figures; no name is looked up.
  static Result<Address> parse(std::string_view text, std::uint16_t default_port = kIscsiPort);

  static Result<Address> local_of(int socket);
  static Result<Address> peer_of(int socket);

  int family() const { return storage_.any.sa_family; }
  std::uint16_t port() const;
  bool is_loopback() const;
  /// 0.0.0.0 or ::, which listen everywhere and cannot be connected to.
  bool is_wildcard() const;

  /// "192.0.2.1", "2001:db8::1"
  std::string host() const;
  /// "192.0.2.1:3260", "[2001:db8::1]:3260", as in TargetAddress and in what iscsiadm prints
  std::string to_string() const;

  const sockaddr* raw() const { return &storage_.any; }
  socklen_t raw_size() const { return family() == AF_INET6 ? sizeof storage_.v6 : sizeof storage_.v4; }

  friend bool operator==(const Address& left, const Address& right);

 private:
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6{};
  };
  Storage storage_;
};

/// Looks a name up: at least one address, in the system's order of preference. Blocks, possibly for seconds.
Result<std::vector<Address>> resolve(const Endpoint& endpoint);

}  // namespace lunway::runtime
