// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a proxy has to tell: for a log, a capture, a count. All calls come from the thread of its loop.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "proxy/rule_book.h"

namespace lunway::proxy {

/// One PDU as it came in, and what the rules say of it.
struct SeenPdu {
  Instant when;
  std::uint64_t connection;
  wire::Role from;
  const RawPdu& pdu;
  bool data_digest_ok;
  const Verdict& verdict;
};

class Watcher {
 public:
  /// The two ends are addresses as text. Connections count from 1.
  virtual void on_opened(Instant when, std::uint64_t connection, const std::string& initiator,
                         const std::string& target) = 0;
  virtual void on_pdu(const SeenPdu& seen) = 0;
  /// Bytes that go to the other side now, faults included.
  virtual void on_passed(Instant when, std::uint64_t connection, wire::Role from, Bytes bytes) = 0;
  /// Anything else worth a line.
  virtual void on_note(Instant when, std::uint64_t connection, std::string_view note) = 0;
  virtual void on_closed(Instant when, std::uint64_t connection, std::string_view why) = 0;
  /// Of the proxy as a whole: every connection is closed, and it may be destroyed.
  virtual void on_stopped() = 0;

 protected:
  ~Watcher() = default;
};

}  // namespace lunway::proxy
