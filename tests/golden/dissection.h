// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What tshark reads in a capture: a decoder that was written by others, from the same RFC.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace lunway::capture {

bool has_tshark();

/// One packet: its fields in the order in which they were asked for. A field that the packet has not is empty.
using DissectedPacket = std::vector<std::string>;

/// The packets of the file that match `filter`, in Wireshark's language; all of them when it is empty.
Result<std::vector<DissectedPacket>> dissect(const std::string& path, const std::vector<std::string>& fields,
                                             const std::string& filter = {});

}  // namespace lunway::capture
