// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/ipsec.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace lunway::runtime {
namespace {

constexpr const char* kNotAllowed = "the process lacks CAP_NET_ADMIN, without which the kernel takes no IPsec policy";

void never_expires(xfrm_lifetime_cfg& lifetime) {
  lifetime.soft_byte_limit = lifetime.hard_byte_limit = XFRM_INF;
  lifetime.soft_packet_limit = lifetime.hard_packet_limit = XFRM_INF;
}

// ------------------------------------------------------------------------------------------------ policy of a socket

struct SocketPolicy {
  xfrm_userpolicy_info info;
  xfrm_user_tmpl esp;
};

/// Everything that the socket exchanges, by any algorithm that the key manager agrees on: which ones are good enough is
/// its decision.
SocketPolicy socket_policy(int family, std::uint8_t direction) {
  SocketPolicy policy{};
  policy.info.sel.family = static_cast<std::uint16_t>(family);
  never_expires(policy.info.lft);
  policy.info.dir = direction;
  policy.info.action = XFRM_POLICY_ALLOW;
  policy.info.share = XFRM_SHARE_ANY;
  policy.esp.id.proto = IPPROTO_ESP;
  policy.esp.family = static_cast<std::uint16_t>(family);
  policy.esp.reqid = kIpsecRequestId;
  policy.esp.mode = XFRM_MODE_TRANSPORT;
  policy.esp.optional = 0;  // required
  policy.esp.aalgos = policy.esp.ealgos = policy.esp.calgos = ~std::uint32_t{0};
  return policy;
}

std::unexpected<Error> policy_failure(int error) {
  switch (error) {
    case EPERM:
      return failure(error, kNotAllowed);
    case ENOPROTOOPT:  // no CONFIG_XFRM
    case EINVAL:       // nobody in the kernel understands the policy: no CONFIG_XFRM_USER
    case EOPNOTSUPP:
      return failure(error, "this kernel has no IPsec (CONFIG_XFRM, CONFIG_XFRM_USER)");
    default:
      return system_failure(error, "setting the IPsec policy of a socket");
  }
}

// ------------------------------------------------------------------------------------- what the kernel's ESP can do

/// Algorithm name, key and what a netlink attribute wants around them.
template <std::size_t kKeyBytes>
struct AlgorithmAttribute {
  nlattr header;
  char name[64];
  std::uint32_t key_bits;
  std::array<std::uint8_t, kKeyBytes> key;
};

template <std::size_t kKeyBytes>
AlgorithmAttribute<kKeyBytes> algorithm(std::uint16_t type, std::string_view name) {
  AlgorithmAttribute<kKeyBytes> attribute{};
  static_assert(sizeof attribute % NLA_ALIGNTO == 0);
  attribute.header = {.nla_len = sizeof attribute, .nla_type = type};
  std::ranges::copy(name, attribute.name);
  attribute.key_bits = kKeyBytes * 8;
  return attribute;  // the key stays zero: nothing is ever sent to or taken from a documentation address
}

struct Addition {
  nlmsghdr header;
  xfrm_usersa_info association;
  AlgorithmAttribute<20> authentication;
  AlgorithmAttribute<16> encryption;
};

struct Removal {
  nlmsghdr header;
  xfrm_usersa_id id;
};

xfrm_address_t documentation_address(int family, const char* v4, const char* v6) {
  xfrm_address_t address{};
  ::inet_pton(family, family == AF_INET ? v4 : v6, &address);
  return address;
}

/// With the transforms that every implementation must have.
//= rfc7146#2.1
//= rfc7146#2.2
Addition probe_addition(int family) {
  Addition add{};
  add.header = {
      .nlmsg_len = sizeof add, .nlmsg_type = XFRM_MSG_NEWSA, .nlmsg_flags = 0, .nlmsg_seq = 1, .nlmsg_pid = 0};
  add.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  add.association.family = static_cast<std::uint16_t>(family);
  add.association.sel.family = static_cast<std::uint16_t>(family);
  add.association.saddr = documentation_address(family, "192.0.2.1", "2001:db8::1");
  add.association.id.daddr = documentation_address(family, "192.0.2.2", "2001:db8::2");
  add.association.id.spi = htonl(0x4c756e77);
  add.association.id.proto = IPPROTO_ESP;
  add.association.mode = XFRM_MODE_TRANSPORT;
  add.association.replay_window = 32;
  never_expires(add.association.lft);
  add.association.lft.hard_add_expires_seconds = 1;  // should we end before we take it away
  add.authentication = algorithm<20>(XFRMA_ALG_AUTH, "hmac(sha1)");
  add.encryption = algorithm<16>(XFRMA_ALG_CRYPT, "cbc(aes)");
  return add;
}

Removal probe_removal(const Addition& added) {
  Removal remove{};
  remove.header = added.header;
  remove.header.nlmsg_len = sizeof remove;
  remove.header.nlmsg_type = XFRM_MSG_DELSA;
  remove.id.daddr = added.association.id.daddr;
  remove.id.spi = added.association.id.spi;
  remove.id.family = added.association.family;
  remove.id.proto = IPPROTO_ESP;
  return remove;
}

/// The errno of the kernel's acknowledgement, 0 for done.
template <class Message>
int ask_kernel(int netlink, const Message& message) {
  if (::send(netlink, &message, sizeof message, 0) < 0) return errno;
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t count = ::recv(netlink, answer.data(), answer.size(), 0);
  if (count < 0) return errno;
  nlmsghdr header;
  nlmsgerr acknowledgement;
  if (static_cast<std::size_t>(count) < sizeof header + sizeof acknowledgement.error) return EPROTO;
  std::memcpy(&header, answer.data(), sizeof header);
  std::memcpy(&acknowledgement.error, answer.data() + NLMSG_HDRLEN, sizeof acknowledgement.error);
  return header.nlmsg_type == NLMSG_ERROR ? -acknowledgement.error : EPROTO;
}

int try_esp(int netlink, int family) {
  const Addition addition = probe_addition(family);
  const int error = ask_kernel(netlink, addition);
  if (error == EEXIST) return 0;  // another process asks at the same moment, and the kernel told it yes
  if (error == 0) ask_kernel(netlink, probe_removal(addition));
  return error;
}

}  // namespace

Result<> demand_esp(int socket, int family) {
  const int level = family == AF_INET6 ? static_cast<int>(IPPROTO_IPV6) : static_cast<int>(IPPROTO_IP);
  const int option = family == AF_INET6 ? IPV6_XFRM_POLICY : IP_XFRM_POLICY;
  for (const std::uint8_t direction : {XFRM_POLICY_IN, XFRM_POLICY_OUT}) {
    const SocketPolicy policy = socket_policy(family, direction);
    if (::setsockopt(socket, level, option, &policy, sizeof policy) != 0) return policy_failure(errno);
  }
  return {};
}

Result<> check_esp(int family) {
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
  if (netlink < 0) return failure(errno, "this kernel has no IPsec that can be configured (CONFIG_XFRM_USER)");
  const int error = try_esp(netlink, family);
  ::close(netlink);
  switch (error) {
    case 0:
      return {};
    case EPERM:
      return failure(error, kNotAllowed);
    case EPROTONOSUPPORT:
      return failure(error, family == AF_INET6 ? "this kernel has no ESP for IPv6 (CONFIG_INET6_ESP)"
                                               : "this kernel has no ESP for IPv4 (CONFIG_INET_ESP)");
    case ENOSYS:
    case ENOENT:
      return failure(error, "this kernel's IPsec lacks AES-CBC or HMAC-SHA1, which RFC 7146 section 2 demands");
    default:
      return system_failure(error, "asking the kernel for an ESP security association");
  }
}

}  // namespace lunway::runtime
