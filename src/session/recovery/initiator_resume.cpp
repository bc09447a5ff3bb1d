// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A command that changes its connection: what of its data stays.
//= rfc7143#7.2.2
//= rfc7143#11.5.6

#include <memory>

#include "session/command/initiator_task.h"

namespace lunway::session {

void ScsiWork::restart() {
  read.begin(static_cast<std::uint32_t>(data_in.size()));
  write.stop();
  input_sn = 0;
  recovery.reset();
  resumed = false;
}

/// With gaps, the acknowledgement ends before the first: what is behind it comes again. In order, the bytes before the
/// gap are those of the PDUs before it. Without that order nobody knows which bytes these are, and only what a DataACK
/// has acknowledged is certain.
std::uint32_t ScsiWork::resume(bool in_order) {
  write.stop();
  resumed = true;
  auto fresh = std::make_unique<InitiatorCommandRecovery>();
  if (recovery != nullptr) {
    fresh->acknowledged_sn = recovery->acknowledged_sn;
    fresh->acknowledged_bytes = recovery->acknowledged_bytes;
    fresh->is_scattered = recovery->is_scattered;
    const MissingNumbers& missing = recovery->missing;
    if (!missing.empty() && in_order) {
      input_sn = missing.runs().front().first;
      read.restart(read.received());
    } else if (!missing.empty()) {
      input_sn = recovery->acknowledged_sn;
      if (!recovery->is_scattered) read.restart(recovery->acknowledged_bytes);
    }
  }
  recovery = std::move(fresh);
  return input_sn;
}

}  // namespace lunway::session
