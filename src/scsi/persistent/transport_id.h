// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// TransportIDs of iSCSI initiator ports (SPC-4, 7.6.4.6): how parameter lists of persistent reservations name them.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace lunway::scsi {

/// The bytes for an initiator port by its SCSI name, "name,i,0xISID": a multiple of four, at least 24.
std::vector<std::byte> transport_id(std::string_view initiator_port);

struct ParsedTransportId {
  std::string initiator_port;
  /// Bytes that the TransportID takes in the list.
  std::size_t length = 0;
};

/// The TransportID at the front of `list`. Nothing when it is cut off, belongs to another protocol, or names a device
/// and no port of it.
std::optional<ParsedTransportId> parse_transport_id(Bytes list);

}  // namespace lunway::scsi
