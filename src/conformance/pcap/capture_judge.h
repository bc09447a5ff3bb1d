// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Judges what others have said: finds the iSCSI conversations of a capture file and holds both sides of each to the
// rules of the invariant checker.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "conformance/check/rule.h"

namespace lunway::conformance {

struct CaptureOptions {
  /// Of targets. A conversation elsewhere is found by the Login Request that it begins with.
  std::uint16_t port = 3260;
};

/// One TCP connection that carries iSCSI.
struct CapturedConversation {
  std::string initiator;  // "192.0.2.1:49152"
  std::string target;
  std::uint64_t first_frame = 0;
  std::uint64_t pdus = 0;
  /// Why it was not judged, or not to its end; empty otherwise.
  std::string remark{};
};

/// A rule that was broken, and where Wireshark shows it: the frame in which the PDU ends.
struct CaptureFinding {
  Violation violation;
  std::uint64_t frame = 0;
};

struct CaptureReport {
  std::uint64_t frames = 0;
  /// The file ends in the midst of a packet, or is damaged there.
  bool is_damaged = false;
  /// Violation::connection counts these.
  std::vector<CapturedConversation> conversations;
  std::vector<CaptureFinding> findings;
};

/// Pure. An error when `file` is no capture.
Result<CaptureReport> judge_capture(Bytes file, const CaptureOptions& options = {});

}  // namespace lunway::conformance
