// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What can be said of one PDU alone: fixed and reserved fields, padding, digests. Written from the figures of section
// 11, not from the engine's own table of them.
//= rfc7143#11.3
//= rfc7143#11.4

#pragma once

#include <optional>
#include <string>

#include "simulator/network/wire_pdu.h"

namespace lunway::simulator {

std::optional<std::string> format_complaint(Role from, const WirePdu& pdu);

}  // namespace lunway::simulator
