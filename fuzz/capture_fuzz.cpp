// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A capture file may hold anything: packets, segments and PDUs of any shape are read and judged without harm.

#include <cstddef>
#include <cstdint>

#include "conformance/pcap/capture_judge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const lunway::Bytes file(reinterpret_cast<const std::byte*>(data), size);
  if (const auto report = lunway::conformance::judge_capture(file)) {
    for (const lunway::conformance::CaptureFinding& finding : report->findings) {
      if (finding.violation.connection >= report->conversations.size() || finding.frame > report->frames) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
