// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Watches the wire of every connection of a run: finds out who belongs to which session, lets the checkers look at each
// PDU, counts what was seen, and writes the trace.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "capture/conversation.h"
#include "simulator/checkers/wire_login.h"
#include "simulator/checkers/wire_session.h"
#include "simulator/event_queue.h"
#include "simulator/network/link.h"
#include "simulator/verdict.h"

namespace lunway::simulator {

class WatcherSet;

/// Of one connection.
class Watcher final : public LinkObserver {
 public:
  Watcher(WatcherSet& all, Link& link, std::uint16_t number);

  void sent(Role from, const WirePdu& pdu) override;
  void travels(Role from, Bytes bytes) override;
  void delivered(Role to, const WirePdu& pdu) override;
  void closed(Role by) override;

 private:
  Complaint judge(Role from, const WirePdu& pdu);
  Complaint login_sent(Role from, const WirePdu& pdu);
  void login_ends(const WirePdu& pdu);

  WatcherSet& all_;
  Link& link_;
  const std::uint16_t number_;
  LoginReader login_;
  WatchedConnection connection_;
  std::optional<std::uint32_t> first_cmd_sn_;
  std::optional<capture::Conversation> trace_;
  std::uint64_t pdus_ = 0;
  // Nobody hears any more what the target says.
  bool initiator_left_ = false;
};

class WatcherSet {
 public:
  /// `trace` may be null.
  WatcherSet(EventQueue& events, Verdict& verdict, capture::PcapngFile* trace, std::uint32_t queue_depth)
      : events_(events), verdict_(verdict), trace_(trace), queue_depth_(queue_depth) {}

  /// Stays as long as this object.
  Watcher& add(Link& link);

 private:
  friend class Watcher;

  EventQueue& events_;
  Verdict& verdict_;
  capture::PcapngFile* const trace_;
  const std::uint32_t queue_depth_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::map<std::uint32_t, std::shared_ptr<WatchedSession>> sessions_;  // by TSIH
};

}  // namespace lunway::simulator
