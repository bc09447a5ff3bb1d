// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Asks the kernel to protect a socket by IPsec: what is not inside ESP is neither taken nor sent. Keys are not known
// here; a key manager (IKEv2) keeps them in the kernel.
//= rfc7143#9.3
//= rfc7146#2

#pragma once

#include <cstdint>

#include "base/result.h"

namespace lunway::runtime {

/// The request id that security associations for our sockets must carry: the kernel sends by an association only if
/// its id equals that of the policy. The key manager is told this number; see docs/ipsec.md.
inline constexpr std::uint32_t kIpsecRequestId = 3260;

/// From now on `socket` (of AF_INET or AF_INET6, not listening yet) exchanges segments in ESP transport mode only, and
/// so do the sockets that it accepts: the kernel clones the policy of a listening socket with the socket. Needs
/// CAP_NET_ADMIN. The policy alone lets nothing through when the kernel has no ESP: see check_esp().
Result<> demand_esp(int socket, int family);

/// Whether the kernel can do ESP for this family: adds a security association between two documentation addresses
/// (RFC 5737, RFC 3849) and takes it away again. Needs CAP_NET_ADMIN. The error is a sentence that says what is
/// missing.
Result<> check_esp(int family);

}  // namespace lunway::runtime
