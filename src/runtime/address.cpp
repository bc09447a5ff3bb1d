// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <charconv>
#include <cstring>
#include <memory>

namespace lunway::runtime {

namespace {

struct FreeAddressInfo {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, FreeAddressInfo>;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return failure(EINVAL, "the port in " + quoted(whole) + " is not a number from 0 to 65535");
  }
  return port;
}

Result<AddressList> look_up(const Endpoint& endpoint, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list);
  if (error == 0) return AddressList(list);
  const std::string doing = "looking up " + quoted(endpoint.host);
  if (error == EAI_SYSTEM) return system_failure(errno, doing);
  return failure(EADDRNOTAVAIL, doing + ": " + ::gai_strerror(error));
}

template <class Query>
Result<Address> ask_socket(int socket, Query query, const char* doing) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  if (query(socket, raw, &length) != 0) return system_failure(errno, doing);
  if (auto address = Address::from(raw, length)) return *address;
  return failure(EAFNOSUPPORT, std::string(doing) + ": it is not a TCP socket");
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port) {
  Endpoint endpoint{.host = {}, .port = default_port};
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return failure(EINVAL, quoted(text) + " has no closing bracket");
    endpoint.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':')
      return failure(EINVAL, "only a port may follow the bracket in " + quoted(text));
  } else if (const std::size_t colon = text.find(':'); colon != text.npos && colon == text.rfind(':')) {
    endpoint.host = text.substr(0, colon);
    rest = text.substr(colon);
  } else {
    endpoint.host = text;  // a name, or an IPv6 address without brackets, which leaves no room for a port
  }
  if (endpoint.host.empty()) return failure(EINVAL, quoted(text) + " names no host");
  if (rest.empty()) return endpoint;

  auto port = parse_port(rest.substr(1), text);
  if (!port) return std::unexpected(std::move(port.error()));
  endpoint.port = *port;
  return endpoint;
}

std::string Endpoint::to_string() const {
  const bool needs_brackets = host.find(':') != host.npos;
  return (needs_brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Address> Address::from(const sockaddr* address, socklen_t length) {
  Address result;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    std::memcpy(&result.storage_.v4, address, sizeof(sockaddr_in));
    return result;
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    std::memcpy(&result.storage_.v6, address, sizeof(sockaddr_in6));
    return result;
  }
  return std::nullopt;
}

Result<Address> Address::parse(std::string_view text, std::uint16_t default_port) {
  const auto endpoint = Endpoint::parse(text, default_port);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto list = look_up(*endpoint, AI_NUMERICHOST);
  if (list && *list) {
    if (auto address = from((*list)->ai_addr, (*list)->ai_addrlen)) return *address;
  }
  return failure(EINVAL, quoted(text) + " is not an IP address; IPv6 with a port is written [::1]:3260");
}

Result<Address> Address::local_of(int socket) {
  return ask_socket(socket, ::getsockname, "asking a socket for its address");
}

Result<Address> Address::peer_of(int socket) {
  return ask_socket(socket, ::getpeername, "asking a socket for its peer");
}

std::uint16_t Address::port() const {
  return ntohs(family() == AF_INET6 ? storage_.v6.sin6_port : storage_.v4.sin_port);
}

bool Address::is_loopback() const {
  if (family() == AF_INET) return (ntohl(storage_.v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  if (family() != AF_INET6) return false;
  const in6_addr& v6 = storage_.v6.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == IN_LOOPBACKNET);
}

bool Address::is_wildcard() const {
  if (family() == AF_INET) return storage_.v4.sin_addr.s_addr == htonl(INADDR_ANY);
  return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&storage_.v6.sin6_addr);
}

std::string Address::host() const {
  char text[NI_MAXHOST] = "";
  if (::getnameinfo(raw(), raw_size(), text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "?";
  return text;
}

std::string Address::to_string() const { return Endpoint{.host = host(), .port = port()}.to_string(); }

bool operator==(const Address& left, const Address& right) {
  if (left.family() != right.family() || left.port() != right.port()) return false;
  if (left.family() == AF_INET) return left.storage_.v4.sin_addr.s_addr == right.storage_.v4.sin_addr.s_addr;
  const sockaddr_in6& a = left.storage_.v6;
  const sockaddr_in6& b = right.storage_.v6;
  return std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0 && a.sin6_scope_id == b.sin6_scope_id;
}

Result<std::vector<Address>> resolve(const Endpoint& endpoint) {
  const auto list = look_up(endpoint, 0);
  if (!list) return std::unexpected(list.error());
  std::vector<Address> addresses;
  for (const addrinfo* entry = list->get(); entry != nullptr; entry = entry->ai_next) {
    if (auto address = Address::from(entry->ai_addr, entry->ai_addrlen)) addresses.push_back(*address);
  }
  if (addresses.empty()) return failure(EADDRNOTAVAIL, quoted(endpoint.host) + " has no IP address");
  return addresses;
}

}  // namespace lunway::runtime
