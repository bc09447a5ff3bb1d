// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/target/target_host.h"

#include <algorithm>
#include <utility>

namespace lunway::simulator {
namespace {

session::Portal portal() {
  session::Portal portal;
  portal.address = {.host = "192.0.2.1", .port = 3260, .portal_group_tag = {}};
  portal.peer_address = "192.0.2.2";
  return portal;
}

}  // namespace

TargetHost::TargetHost(EventQueue& events, Random random, Verdict& verdict, const TargetOptions& options)
    : events_(events), random_(random), verdict_(verdict), options_(options), entropy_(random_.fork()) {
  for (std::uint32_t i = 0; i < options_.units; ++i) {
    disks_.push_back(std::make_unique<VirtualDisk>(events_, random_.fork(), options_.blocks, options_.block_size,
                                                   options_.volatile_cache, options_.slowest_disk));
  }
  start();
}

TargetHost::~TargetHost() { stop(); }

void TargetHost::start() {
  for (std::uint32_t i = 0; i < options_.units; ++i) {
    const scsi::LogicalUnitOptions unit{.block_size = options_.block_size,
                                        .physical_block_exponent = 0,
                                        .capacity_blocks = options_.blocks,
                                        .serial_number = "SIM" + std::to_string(i),
                                        .volatile_cache = options_.volatile_cache,
                                        .write_cache_enabled = options_.write_cache_enabled};
    units_.push_back(std::make_unique<HostedUnit>(*disks_[i], unit, wire::Lun::from_flat(i)));
  }
}

void TargetHost::stop() {
  ++life_;
  connections_.clear();
  sessions_.clear();
  units_.clear();
  armed_ = kNever;
}

void TargetHost::restart(bool power_lost, Duration downtime) {
  // What is under way at the disks goes first: it looks at memory of the commands.
  for (const auto& disk : disks_) disk->stop(power_lost);
  stop();
  events_.after(downtime, [this, life = life_] {
    if (life == life_) start();
  });
}

bool TargetHost::accept(const std::shared_ptr<Link>& link) {
  if (units_.empty()) return false;
  connections_.push_back(std::make_shared<HostedConnection>(*this, link, portal(), random_.fork()));
  settle();
  return true;
}

void TargetHost::request_logouts(Duration within) {
  for (const auto& connection : connections_) {
    if (!connection->has_closed()) connection->engine().request_logout(now(), within);
  }
  settle();
}

void TargetHost::request_logout(Duration within) {
  if (connections_.empty()) return;
  const auto connection = connections_[random_.below(connections_.size())];
  if (!connection->has_closed()) connection->engine().request_logout(now(), within);
  settle();
}

void TargetHost::post(std::function<void()> action) {
  const Duration wait = std::chrono::nanoseconds(random_.below(20'000));
  events_.after(wait, [this, life = life_, action = std::move(action)] {
    if (life != life_) return;
    action();
    settle();
  });
}

// ------------------------------------------------------------------------------------------------------- the engine

void TargetHost::take_outputs() {
  for (bool again = true; again;) {
    again = false;
    // Lists may grow meanwhile.
    for (const auto& session : std::vector(sessions_)) again |= session->take_outputs();
    for (const auto& connection : std::vector(connections_)) again |= connection->take_outputs();
  }
}

void TargetHost::settle() {
  if (std::exchange(settling_, true)) {
    unsettled_ = true;
    return;
  }
  do {
    unsettled_ = false;
    take_outputs();
    for (const auto& connection : std::vector(connections_)) unsettled_ |= connection->read_on();
    for (const auto& connection : std::vector(connections_)) {
      if (connection->pending() != nullptr) answer_pending(*connection);
    }
    take_outputs();
    unsettled_ |= bury();
    for (const auto& connection : connections_) connection->send_ready();
    take_outputs();
    check_consistency();
  } while (unsettled_);
  settling_ = false;
  arm();
}

/// The old session with the same identity goes first.
//= rfc7143#6.3.5
void TargetHost::answer_pending(HostedConnection& connection) {
  const session::SessionRequest& request = *connection.pending();
  const auto same =
      std::ranges::find_if(sessions_, [&](const auto& session) { return session->is_same_nexus(request); });
  if (request.tsih != wire::kNewSession) {
    const bool found = same != sessions_.end() && !(*same)->has_ended() && (*same)->engine().tsih() == request.tsih;
    unsettled_ = true;
    return found ? connection.open(*same) : connection.refuse();
  }
  if (same != sessions_.end()) {
    (*same)->give_way();
    return;
  }
  sessions_.push_back(std::make_shared<HostedSession>(*this, request, wire::Tsih(++last_tsih_)));
  unsettled_ = true;
  connection.open(sessions_.back());
}

/// Removes what has ended; true when that was something.
bool TargetHost::bury() {
  const std::size_t before = sessions_.size() + connections_.size();
  std::erase_if(connections_, [](const auto& connection) { return connection->has_closed(); });
  take_outputs();
  std::erase_if(sessions_, [this](const auto& session) {
    return session->has_ended() &&
           std::ranges::none_of(connections_, [&](const auto& connection) { return connection->session() == session; });
  });
  return sessions_.size() + connections_.size() != before;
}

void TargetHost::check_consistency() {
  for (const auto& session : sessions_) {
    if (!session->engine().is_consistent()) verdict_.fail("target: TargetSession::is_consistent() is false");
  }
  for (const auto& connection : connections_) {
    if (!connection->has_closed() && !connection->engine().is_consistent())
      verdict_.fail("target: TargetConnection::is_consistent() is false");
  }
}

// ------------------------------------------------------------------------------------------------------------- time

void TargetHost::arm() {
  Instant next = kNever;
  for (const auto& session : sessions_) next = std::min(next, session->engine().deadline());
  for (const auto& connection : connections_) {
    if (!connection->has_closed()) next = std::min(next, connection->engine().deadline());
  }
  if (next >= armed_) return;
  armed_ = next;
  events_.at(next, [this, next, life = life_] {
    if (life != life_ || armed_ != next) return;
    armed_ = kNever;
    expire();
  });
}

void TargetHost::expire() {
  for (const auto& session : sessions_) session->engine().expire(now());
  for (const auto& connection : connections_) {
    take_outputs();
    if (!connection->has_closed()) connection->engine().expire(now());
  }
  settle();
}

// -------------------------------------------------------------------------------------------------------- directory

std::expected<session::LoginPolicy, session::LoginRefusal> TargetHost::admit(const session::LoginAttempt& /*attempt*/) {
  return options_.policy;
}

std::vector<text::TargetRecord> TargetHost::list_targets(const session::Portal& /*portal*/,
                                                         const text::IscsiName& /*initiator*/,
                                                         const std::optional<text::IscsiName>& /*target*/) {
  return {{.name = "iqn.2026-11.io.lunway:simulated",
           .addresses = {{.host = "192.0.2.1", .port = 3260, .portal_group_tag = 1}}}};
}

}  // namespace lunway::simulator
