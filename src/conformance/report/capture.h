// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What was said in a test, as a capture file for Wireshark. What the script noted stands as a comment beside the
// packet that follows, what was found beside the packet that shows it.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "capture/pcapng.h"
#include "conformance/peer/exchange.h"

namespace lunway::conformance {

/// Each connection is a conversation with a port of its own: 49152 and up. Times count from the first event.
capture::PcapngFile capture_of(std::span<const Event> events);

/// The name of the file for a test: "6.3.1-portal-group-tag.pcapng".
std::string capture_name(std::string_view test_id);

}  // namespace lunway::conformance
