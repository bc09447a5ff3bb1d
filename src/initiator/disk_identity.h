// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// By what a disk is known again: what it says of itself in VPD pages 80h and 83h (SPC-4, 7.8), and its size.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "lunway/initiator.h"

namespace lunway::initiator {

struct DiskIdentity {
  /// Page 80h, without the spaces around it.
  std::string serial;
  /// Of page 83h the designators of the logical unit: code set, type and identifier, in order.
  std::vector<std::vector<std::byte>> designators;
  /// A unit may have none.
  std::optional<Capacity> capacity;
};

std::string parse_serial(Bytes page);
std::vector<std::vector<std::byte>> parse_designators(Bytes page);

/// Why `now` is not the disk that `before` was; empty when it is. One that says nothing of itself is never the same. It
/// may have grown, for disks do.
std::string difference(const DiskIdentity& before, const DiskIdentity& now);

}  // namespace lunway::initiator
