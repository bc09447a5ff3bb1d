// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a proxy sees, as lines on standard output.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/watcher.h"

namespace lunway::cli {

class ProxyLog {
 public:
  enum class Form : std::uint8_t { text, json };

  /// Times are counted from `begin`. With `only_faults`, PDUs that nothing happens to have no line.
  ProxyLog(Instant begin, Form form, bool only_faults) : begin_(begin), form_(form), only_faults_(only_faults) {}

  void opened(Instant when, std::uint64_t connection, const std::string& initiator, const std::string& target) const;
  void pdu(const proxy::SeenPdu& seen) const;
  void note(Instant when, std::uint64_t connection, std::string_view note) const;
  void closed(Instant when, std::uint64_t connection, std::string_view why) const;

 private:
  double seconds(Instant when) const;

  Instant begin_;
  Form form_;
  bool only_faults_;
};

/// "0.001234 1 I>T SCSI Command FR itt=0x00000001 ... -- drop", without the end of the line.
std::string pdu_line(double seconds, const proxy::SeenPdu& seen);

/// The same as one JSON object.
std::string pdu_json(double seconds, const proxy::SeenPdu& seen);

}  // namespace lunway::cli
