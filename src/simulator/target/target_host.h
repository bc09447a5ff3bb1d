// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The simulated target: who owns the engine's connections and sessions and the device server, as a shard of the real
// one does, and who can lose its power.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "session/limits.h"
#include "session/target_directory.h"
#include "simulator/device/virtual_disk.h"
#include "simulator/event_queue.h"
#include "simulator/random.h"
#include "simulator/seeded_entropy.h"
#include "simulator/target/hosted_connection.h"
#include "simulator/target/hosted_session.h"
#include "simulator/verdict.h"

namespace lunway::simulator {

struct TargetOptions {
  session::LoginPolicy policy;
  session::ConnectionLimits connection_limits;
  session::SessionLimits session_limits;
  std::uint32_t units = 1;
  std::uint64_t blocks = 128;
  std::uint32_t block_size = 512;
  bool volatile_cache = true;
  bool write_cache_enabled = true;
  Duration slowest_disk = std::chrono::milliseconds(5);
  /// Bytes of write data that are taken and written at a time.
  std::uint64_t write_chunk = 1U << 20;
};

class TargetHost final : public session::TargetDirectory {
 public:
  TargetHost(EventQueue& events, Random random, Verdict& verdict, const TargetOptions& options);
  ~TargetHost();
  TargetHost(const TargetHost&) = delete;
  TargetHost& operator=(const TargetHost&) = delete;

  /// A connection has come in. False when nobody listens.
  bool accept(const std::shared_ptr<Link>& link);

  /// The process ends in the middle of everything, and another begins after `downtime`.
  void restart(bool power_lost, Duration downtime);
  /// Asks every initiator to log out.
  void request_logouts(Duration within);
  /// Asks for the logout of one connection.
  void request_logout(Duration within);

  /// After every verb: lets everything happen that can happen now.
  void settle();
  /// The first part of that.
  void take_outputs();
  /// Calls it soon, unless the target restarts before.
  void post(std::function<void()> action);

  // ---------------------------------------------------------------------------------------------- for its parts

  EventQueue& events() { return events_; }
  Instant now() const { return events_.now(); }
  SeededEntropy& entropy() { return entropy_; }
  Verdict& verdict() { return verdict_; }
  const session::ConnectionLimits& connection_limits() const { return options_.connection_limits; }
  session::SessionLimits session_limits() const { return options_.session_limits; }
  std::uint64_t write_chunk() const { return options_.write_chunk; }
  const std::vector<std::unique_ptr<HostedUnit>>& units() const { return units_; }
  const std::vector<std::shared_ptr<HostedSession>>& sessions() const { return sessions_; }

  std::expected<session::LoginPolicy, session::LoginRefusal> admit(const session::LoginAttempt& attempt) override;
  std::vector<text::TargetRecord> list_targets(const session::Portal& portal, const text::IscsiName& initiator,
                                               const std::optional<text::IscsiName>& target) override;

 private:
  void start();
  void stop();
  void answer_pending(HostedConnection& connection);
  bool bury();
  void check_consistency();
  void arm();
  void expire();

  EventQueue& events_;
  Random random_;
  Verdict& verdict_;
  const TargetOptions options_;
  SeededEntropy entropy_;
  std::vector<std::unique_ptr<VirtualDisk>> disks_;
  std::vector<std::unique_ptr<HostedUnit>> units_;
  std::vector<std::shared_ptr<HostedSession>> sessions_;
  std::vector<std::shared_ptr<HostedConnection>> connections_;
  // Restarts so far: what was posted before one is not called after it.
  std::uint64_t life_ = 0;
  std::uint16_t last_tsih_ = 0;
  Instant armed_ = kNever;
  bool settling_ = false;
  bool unsettled_ = false;
};

}  // namespace lunway::simulator
