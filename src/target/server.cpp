// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "runtime/shard.h"
#include "target/catalog.h"
#include "target/directory.h"
#include "target/disk_set.h"
#include "target/entropy.h"
#include "target/isns_agent.h"
#include "target/live_change.h"
#include "target/portals.h"
#include "target/served_session.h"
#include "target/session_registry.h"
#include "target/shard_server.h"

namespace lunway::target {
namespace {

/// What one shard's commands can hold at once. Address space until it is used.
constexpr std::size_t kBufferBytesPerShard = std::size_t{256} << 20;
/// How much longer than the drain time a stop waits for what cannot be cut off, such as a disk that does not answer.
constexpr std::chrono::seconds kStopMargin(2);

class SystemEntropy final : public session::EntropySource {
 public:
  void fill(MutableBytes bytes) override { fill_random(bytes); }
};

runtime::RingKind ring_kind(IoKind io) {
  switch (io) {
    case IoKind::automatic:
      return runtime::RingKind::automatic;
    case IoKind::uring:
      return runtime::RingKind::uring;
    case IoKind::epoll:
      return runtime::RingKind::epoll;
  }
  std::unreachable();
}

unsigned shard_count(const ServerConfig& config) {
  return config.shards != 0 ? config.shards : std::max(1U, std::thread::hardware_concurrency());
}

/// Runs `call` on the shard's thread and waits for it.
template <class Call>
auto ask(runtime::Shard& shard, Call call) {
  std::packaged_task<std::invoke_result_t<Call, runtime::Loop&>(runtime::Loop&)> task(std::move(call));
  auto answer = task.get_future();
  shard.post([task = std::move(task)](runtime::Loop& loop) mutable { task(loop); });
  return answer.get();
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const ServerConfig& config) : config_(config), registry_(static_cast<std::uint16_t>(random_number())) {}
  ~Impl() { end(); }

  Result<> start();
  Result<std::vector<std::string>> reload(const ServerConfig& next);
  std::vector<SessionStatus> sessions();
  std::vector<TargetStatus> targets();
  std::vector<LunStatus> luns();
  bool drop(std::uint16_t tsih);
  Result<> resize(const std::string& volume, std::uint64_t size_bytes);
  Result<> stop();

  std::vector<std::string> urls() const;
  std::vector<std::string> portals() const;

 private:
  Result<> open_disks();
  void close_retired_disks();
  void close(Disk& disk);
  void tell_isns();
  void go_on_sanitizing(const std::shared_ptr<Disk>& disk);
  Result<> start_shards();
  Result<> open_portals();
  void join_isns();
  void leave_isns();
  void close_portals();
  bool wait_until_empty(std::chrono::nanoseconds at_most);
  bool is_empty();
  void end();

  // Held by whoever looks at the parts from outside the shards, or changes them.
  std::mutex operator_;
  ServerConfig config_;
  DiskSet disks_;
  std::vector<std::shared_ptr<Disk>> retired_disks_;  // served no more; the last commands may still use them
  SystemEntropy entropy_;
  SessionRegistry registry_;
  std::unique_ptr<Directory> directory_;
  ServerContext context_;
  std::unique_ptr<runtime::Shard> keeper_;
  std::vector<std::unique_ptr<runtime::Shard>> shards_;
  // Made and destroyed on the shards' own threads.
  std::vector<std::unique_ptr<ShardServer>> servers_;
  std::unique_ptr<Portals> portals_;
  std::vector<ServedPortal> addresses_;
  std::unique_ptr<IsnsAgent> isns_;
  std::future<void> isns_left_;  // valid once leave_isns() was called
  // A shard has just become empty: for who waits for the end.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t emptied_ = 0;  // guarded by mutex_
};

Result<> Server::Impl::start() {
  if (auto good = check_config(config_); !good) return good;
  if (auto opened = open_disks(); !opened) return opened;
  if (auto started = start_shards(); !started) return started;
  if (auto opened = open_portals(); !opened) return opened;
  join_isns();
  return {};
}

Result<> Server::Impl::open_disks() {
  auto opened = DiskSet::open(config_);
  if (!opened) return std::unexpected(opened.error());
  disks_ = std::move(*opened);
  return {};
}

Result<> Server::Impl::start_shards() {
  context_.registry = &registry_;
  context_.entropy = &entropy_;
  context_.log = config_.log;
  context_.shard_emptied = [this] {
    const std::lock_guard lock(mutex_);
    ++emptied_;
    changed_.notify_all();
  };
  auto keeper = runtime::Shard::start({.name = "keeper", .loop = {.ring = runtime::RingKind::epoll, .buffers = {}}});
  if (!keeper) return std::unexpected(keeper.error());
  keeper_ = std::move(*keeper);
  context_.keeper = keeper_.get();
  for (unsigned i = 0; i < shard_count(config_); ++i) {
    runtime::Shard::Options options;
    options.name = "shard-" + std::to_string(i);
    options.loop.ring = ring_kind(config_.io);
    options.loop.buffers.budget_bytes = kBufferBytesPerShard;
    options.loop.busy_poll = config_.busy_poll;
    auto shard = runtime::Shard::start(options);
    if (!shard) return std::unexpected(shard.error());
    shards_.push_back(std::move(*shard));
    servers_.push_back(ask(
        *shards_.back(), [this, i](runtime::Loop& loop) { return std::make_unique<ShardServer>(loop, context_, i); }));
    context_.shards.push_back(servers_.back().get());
  }
  return {};
}

Result<> Server::Impl::open_portals() {
  const auto bound = ask(*shards_.front(), [this](runtime::Loop& loop) {
    portals_ = std::make_unique<Portals>(loop, context_);
    return portals_->bind(config_.portal_groups);
  });
  if (!bound) return bound;
  addresses_ = portals_->addresses();
  auto catalog = Catalog::make(config_, disks_.by_name());
  if (!catalog) return std::unexpected(catalog.error());
  directory_ =
      std::make_unique<Directory>(std::make_shared<const Catalog>(std::move(*catalog)), addresses_, &registry_);
  context_.directory = directory_.get();
  for (const auto& [name, disk] : disks_.by_name()) go_on_sanitizing(disk);
  ask(*shards_.front(), [this](runtime::Loop&) { portals_->start(); });
  return {};
}

/// What a stop or a crash has interrupted.
void Server::Impl::go_on_sanitizing(const std::shared_ptr<Disk>& disk) {
  if (disk->unit.sanitize_record().empty()) return;
  ask(*shards_.front(), [this, &disk](runtime::Loop&) { servers_.front()->sanitize(disk); });
}

std::vector<std::string> Server::Impl::urls() const {
  std::vector<std::string> urls;
  const std::shared_ptr<const Catalog> catalog = directory_->catalog();
  for (const ServedPortal& portal : addresses_) {
    text::TargetAddress address = portal.address;
    const std::uint16_t tag = *std::exchange(address.portal_group_tag, std::nullopt);
    for (const ServedTarget& target : catalog->targets()) {
      if (!target.is_in_group(tag) || target.redirection) continue;
      for (const LunMap::Entry& lun : target.luns->entries) {
        urls.push_back("iscsi://" + text::to_string(address) + "/" + target.name.text() + "/" +
                       std::to_string(lun.number));
      }
    }
  }
  return urls;
}

std::vector<std::string> Server::Impl::portals() const {
  std::vector<std::string> texts;
  for (const ServedPortal& portal : addresses_) {
    text::TargetAddress address = portal.address;
    address.portal_group_tag.reset();
    texts.push_back(text::to_string(address));
  }
  return texts;
}

Result<> Server::Impl::stop() {
  leave_isns();
  close_portals();
  for (ShardServer* server : context_.shards) {
    server->loop().post([server, within = config_.drain_time](runtime::Loop&) { server->request_logouts(within); });
  }
  wait_until_empty(config_.drain_time + kStopMargin);
  end();
  Result<> stopped;
  std::map<std::string, std::shared_ptr<Disk>> disks = disks_.by_name();
  for (const std::shared_ptr<Disk>& disk : retired_disks_) disks.emplace("retired " + disk->serial_number, disk);
  for (const auto& [name, disk] : disks) {
    if (!disk->volume->traits().writable) continue;
    if (auto flushed = flush(*disk); !flushed) stopped = flushed;
  }
  return stopped;
}

// ----------------------------------------------------------------------------------------------------- live changes

Result<std::vector<std::string>> Server::Impl::reload(const ServerConfig& next) {
  const std::lock_guard one_at_a_time(operator_);
  if (auto good = check_config(next); !good) return std::unexpected(good.error());
  if (auto good = check_change(config_, next); !good) return std::unexpected(good.error());
  auto disks = disks_.changed_to(next);
  if (!disks) return std::unexpected(disks.error());
  auto catalog = Catalog::make(next, disks->by_name());
  if (!catalog) return std::unexpected(catalog.error());
  auto resized = disks->take_over_sizes();
  if (!resized) return std::unexpected(resized.error());

  // From here on nothing can fail.
  catalog->keep_port_groups(*directory_->catalog());
  std::vector<std::shared_ptr<Disk>> opened;
  for (const auto& [name, disk] : disks->by_name()) {
    if (!disks_.contains(*disk)) opened.push_back(disk);
  }
  std::vector<std::string> changes = describe_change(config_, next);
  std::ranges::move(*resized, std::back_inserter(changes));
  for (const auto& [name, disk] : disks_.by_name()) {
    if (!disks->contains(*disk)) retired_disks_.push_back(disk);
  }
  disks_ = std::move(*disks);
  for (const std::shared_ptr<Disk>& disk : opened) go_on_sanitizing(disk);
  const auto log = std::move(config_.log);
  config_ = next;
  config_.log = log;
  directory_->replace(std::make_shared<const Catalog>(std::move(*catalog)));
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    ask(*shards_[i], [this, i](runtime::Loop&) {
      servers_[i]->catalog_changed(config_.drain_time);
      for (const std::shared_ptr<Disk>& disk : retired_disks_) servers_[i]->stop_sanitizing(*disk);
    });
  }
  close_retired_disks();
  tell_isns();
  return changes;
}

/// Waits until no command uses them; sessions of a target that is gone have the drain time to log out. Who lets go of a
/// disk tells nobody, so it is looked for a few times.
void Server::Impl::close_retired_disks() {
  const auto end = std::chrono::steady_clock::now() + config_.drain_time + kStopMargin;
  std::erase_if(retired_disks_, [&](const std::shared_ptr<Disk>& disk) {
    while (disk.use_count() != 1) {
      if (std::chrono::steady_clock::now() >= end) return false;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(10));
    }
    close(*disk);
    return true;
  });
}

/// What was GOOD may be in the system's cache only, and nobody will be there to hear that it was lost.
void Server::Impl::close(Disk& disk) {
  if (!disk.volume->traits().writable) return;
  const Result<> flushed = flush(disk);
  if (!flushed && config_.log)
    config_.log(LogLevel::problem, "closing volume " + disk.name + ": " + flushed.error().message);
}

void Server::Impl::tell_isns() {
  if (isns_ == nullptr) return;
  ask(*shards_.front(), [this](runtime::Loop&) { isns_->change_to(config_); });
}

std::vector<SessionStatus> Server::Impl::sessions() {
  const std::lock_guard one_at_a_time(operator_);
  std::vector<SessionStatus> all;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    ask(*shards_[i], [&all, server = servers_[i].get()](runtime::Loop&) {
      for (const std::shared_ptr<ServedSession>& session : server->sessions()) all.push_back(session->status());
    });
  }
  return all;
}

std::vector<TargetStatus> Server::Impl::targets() {
  const std::vector<SessionStatus> open = sessions();
  const std::lock_guard one_at_a_time(operator_);
  std::vector<TargetStatus> all;
  for (const TargetConfig& target : config_.targets) {
    const auto count = std::ranges::count(open, target.name, &SessionStatus::target);
    all.push_back({.name = target.name, .luns = target.luns.size(), .sessions = static_cast<std::size_t>(count)});
  }
  return all;
}

std::vector<LunStatus> Server::Impl::luns() {
  const std::lock_guard one_at_a_time(operator_);
  std::vector<LunStatus> all;
  for (const TargetConfig& target : config_.targets) {
    for (const auto& [number, volume] : target.luns) {
      const std::shared_ptr<Disk> disk = disks_.find(volume);
      all.push_back({.target = target.name,
                     .number = number,
                     .volume = volume,
                     .size_bytes = disk->volume->size_bytes(),
                     .serial_number = disk->serial_number,
                     .has_lost_writes = disk->unit.has_lost_writes()});
    }
  }
  return all;
}

bool Server::Impl::drop(std::uint16_t tsih) {
  const std::lock_guard one_at_a_time(operator_);
  bool found = false;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    ask(*shards_[i], [&found, tsih, server = servers_[i].get()](runtime::Loop&) {
      for (const std::shared_ptr<ServedSession>& session : server->sessions()) {
        if (session->engine().tsih().value() != tsih) continue;
        found = true;
        session->close();
      }
    });
  }
  return found;
}

Result<> Server::Impl::resize(const std::string& volume, std::uint64_t size_bytes) {
  const std::lock_guard one_at_a_time(operator_);
  return disks_.resize(volume, size_bytes);
}

void Server::Impl::join_isns() {
  if (config_.isns.empty()) return;
  ask(*shards_.front(), [this](runtime::Loop& loop) {
    isns_ = std::make_unique<IsnsAgent>(loop, config_, addresses_);
    isns_->start();
  });
}

/// Begins to deregister; end() waits for it.
void Server::Impl::leave_isns() {
  if (isns_ == nullptr || isns_left_.valid()) return;
  auto left = std::make_shared<std::promise<void>>();
  isns_left_ = left->get_future();
  shards_.front()->post([this, left](runtime::Loop&) { isns_->stop([left] { left->set_value(); }); });
}

void Server::Impl::close_portals() {
  if (portals_ == nullptr) return;
  std::promise<void> closed;
  shards_.front()->post([&](runtime::Loop&) { portals_->close([&closed] { closed.set_value(); }); });
  closed.get_future().wait();
  ask(*shards_.front(), [this](runtime::Loop&) { portals_.reset(); });
}

/// False when connections or sessions are left after that time.
bool Server::Impl::wait_until_empty(std::chrono::nanoseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (true) {
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = emptied_;
    lock.unlock();
    if (is_empty()) return true;
    lock.lock();
    if (!changed_.wait_until(lock, end, [&] { return emptied_ != seen; })) return false;
  }
}

bool Server::Impl::is_empty() {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto asked = [server = servers_[i].get()](runtime::Loop&) { return server->is_empty(); };
    if (!ask(*shards_[i], asked)) return false;
  }
  return true;
}

/// Cuts off what is left and ends the shards.
void Server::Impl::end() {
  close_portals();
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    ask(*shards_[i], [server = servers_[i].get()](runtime::Loop&) { server->close_all(); });
  }
  // Commands that a disk works on end when the disk says so; their memory is its until then.
  while (!wait_until_empty(kStopMargin)) {
  }
  leave_isns();
  if (isns_ != nullptr) {
    isns_left_.wait();
    ask(*shards_.front(), [this](runtime::Loop&) { isns_.reset(); });
  }
  context_.shards.clear();
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    ask(*shards_[i], [this, i](runtime::Loop&) { servers_[i].reset(); });
  }
  servers_.clear();
  // A shard may still be inside a call to another: all end before the first goes away.
  if (keeper_ != nullptr) shards_.push_back(std::move(keeper_));
  for (const auto& shard : shards_) shard->stop();
  for (const auto& shard : shards_) shard->join();
  shards_.clear();
}

Result<std::unique_ptr<Server>> Server::start(const ServerConfig& config) {
  auto impl = std::make_unique<Impl>(config);
  if (auto started = impl->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::vector<std::string> Server::urls() const { return impl_->urls(); }
std::vector<std::string> Server::portals() const { return impl_->portals(); }
Result<std::vector<std::string>> Server::reload(const ServerConfig& next) { return impl_->reload(next); }
std::vector<SessionStatus> Server::sessions() { return impl_->sessions(); }
std::vector<TargetStatus> Server::targets() { return impl_->targets(); }
std::vector<LunStatus> Server::luns() { return impl_->luns(); }
bool Server::drop(std::uint16_t tsih) { return impl_->drop(tsih); }
Result<> Server::resize(const std::string& volume, std::uint64_t size) { return impl_->resize(volume, size); }
Result<> Server::stop() { return impl_->stop(); }

}  // namespace lunway::target
