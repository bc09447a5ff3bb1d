// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/script/test.h"

#include <algorithm>
#include <array>

#include "conformance/script/outcome.h"

namespace lunway::conformance {
namespace {

constexpr std::array<std::string_view, kNeedCount> kNeedNames{
    "a discovery session",
    "a CHAP account",
    "a mutual CHAP account",
    "login without authentication",
    "HeaderDigest=CRC32C",
    "DataDigest=CRC32C",
    "several connections per session",
    "ErrorRecoveryLevel 1",
    "ErrorRecoveryLevel 2",
    "InitialR2T=No",
    "ImmediateData=Yes",
    "MaxOutstandingR2T above 1",
    "TaskReporting=ResponseFence",
    "TaskReporting=FastAbort",
    "iSCSIProtocolLevel=2",
    "a disk at the LUN",
    "leave to overwrite data (--dataloss)",
    "a second LUN",
    "a command that restarts it (--restart)",
    "a driver that reads (--drive-read)",
    "a driver that writes (--drive-write)",
    "a driver that discovers (--drive-discover)",
    "a driver with a CHAP account",
    "a driver that wants mutual CHAP",
    "a driver that reconnects",
    "a driver that pings",
};

constexpr std::array<std::string_view, kVerdictCount> kVerdictNames{
    "pass", "fail", "warn", "inapplicable", "inconclusive", "known failure", "unexpected pass",
};

/// MUST before SHOULD before MAY.
int rank(Level level) {
  switch (level) {
    case Level::must:
    case Level::must_not:
      return 0;
    case Level::should:
    case Level::should_not:
      return 1;
    case Level::may:
      break;
  }
  return 2;
}

}  // namespace

std::string_view to_string(Need need) { return kNeedNames[static_cast<std::size_t>(need)]; }

std::string_view to_string(Verdict verdict) { return kVerdictNames[static_cast<std::size_t>(verdict)]; }

Level level_of(const Test& test) {
  Level strictest = Level::may;
  for (const Requirement& row : test.proves) {
    if (rank(row.level) < rank(strictest)) strictest = row.level;
  }
  return strictest;
}

}  // namespace lunway::conformance
