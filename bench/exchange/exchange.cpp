// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Some 10,000 commands through a whole target in one thread, for a tool that counts instructions: ring, stream, engine,
// device server, a volume in memory. Only the kernel is left out, for instructions are counted in the process alone.
//
//   valgrind --tool=callgrind --toggle-collect=run_exchange bench_exchange
//
// The initiator is this program: it writes batches that were made beforehand into one end of a pair of sockets and
// looks at what comes back. One thread and no clock that matters, so a run is the same each time.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "requests.h"
#include "runtime/loop.h"
#include "session/entropy_source.h"
#include "target/catalog.h"
#include "target/directory.h"
#include "target/disk_set.h"
#include "target/shard_server.h"

namespace lunway::bench {
namespace {

constexpr std::uint32_t kBatches = 320;
/// Before the counting: slots, buffers and lists have got their size.
constexpr std::uint32_t kBatchesBefore = 10;
constexpr std::uint64_t kVolumeBytes = std::uint64_t{64} << 20;
constexpr int kSocketBytes = 1 << 20;
constexpr std::size_t kInputBytes = std::size_t{1} << 20;
/// Turns of the loop without a byte; the target has stopped when there are so many.
constexpr int kPatience = 1000;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bench_exchange: %s\n", what);
  std::exit(1);
}

template <class T>
T required(Result<T> result) {
  if (!result) fail(result.error().message.c_str());
  return std::move(*result);
}

class CountingEntropy final : public session::EntropySource {
 public:
  void fill(MutableBytes bytes) override {
    for (std::byte& byte : bytes) byte = std::byte(next_++);
  }

 private:
  unsigned next_ = 0;
};

target::ServerConfig configuration() {
  target::ServerConfig config;
  config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:3260"}}};
  config.volumes = {{.name = "memory",
                     .backing = target::MemoryBacking{.size_bytes = kVolumeBytes},
                     .block_size_bytes = static_cast<std::uint32_t>(kBlockBytes)}};
  target::TargetConfig target;
  target.name = "iqn.2026-11.io.lunway:disk";
  target.portal_groups = {1};
  target.luns = {{0, "memory"}};
  config.targets = {target};
  return config;
}

/// A server with one shard, turned by hand.
class HandTurnedTarget {
 public:
  explicit HandTurnedTarget(int socket)
      : loop_(required(runtime::Loop::make({.ring = runtime::RingKind::epoll, .buffers = {}}))),
        disks_(required(target::DiskSet::open(config_))),
        directory_(std::make_shared<const target::Catalog>(required(target::Catalog::make(config_, disks_.by_name()))),
                   {{.address = {.host = "127.0.0.1", .port = 3260, .portal_group_tag = 1}}}, &registry_) {
    context_.directory = &directory_;
    context_.registry = &registry_;
    context_.entropy = &entropy_;
    context_.shard_emptied = [] {};
    server_ = std::make_unique<target::ShardServer>(*loop_, context_, 0);
    context_.shards.push_back(server_.get());
    session::Portal portal;
    portal.address = {.host = "127.0.0.1", .port = 3260, .portal_group_tag = 1};
    portal.peer_address = "127.0.0.1";
    server_->adopt(socket, portal);
  }
  ~HandTurnedTarget() {
    server_->close_all();
    while (!server_->is_empty()) turn();
    // What the end of the last session has posted.
    turn();
  }
  HandTurnedTarget(const HandTurnedTarget&) = delete;
  HandTurnedTarget& operator=(const HandTurnedTarget&) = delete;

  void turn() { loop_->turn(Instant::min()); }

 private:
  const target::ServerConfig config_ = configuration();
  std::unique_ptr<runtime::Loop> loop_;
  target::DiskSet disks_;
  target::SessionRegistry registry_{0};
  target::Directory directory_;
  CountingEntropy entropy_;
  target::ServerContext context_;
  std::unique_ptr<target::ShardServer> server_;
};

/// The initiator's end of the pair.
class Client {
 public:
  Client(int socket, HandTurnedTarget& target) : socket_(socket), target_(target) {}

  /// Sends `request` and returns the first `answer_bytes` of what comes back, or anything at all for 0.
  Bytes exchange(Bytes request, std::size_t answer_bytes) {
    std::size_t received = 0;
    int idle_turns = 0;
    while (!request.empty() || received < answer_bytes || received == 0) {
      const std::size_t sent = request.empty() ? 0 : moved(::write(socket_, request.data(), request.size()));
      request = request.subspan(sent);
      target_.turn();
      const std::size_t got = moved(::read(socket_, input_.data() + received, input_.size() - received));
      received += got;
      idle_turns = sent + got == 0 ? idle_turns + 1 : 0;
      if (idle_turns == kPatience) fail("the target does not answer");
    }
    return Bytes(input_).first(received);
  }

 private:
  static std::size_t moved(ssize_t count) {
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) fail("the target has closed the connection");
    if (errno != EAGAIN) fail("the pair of sockets failed");
    return 0;
  }

  const int socket_;
  HandTurnedTarget& target_;
  std::vector<std::byte> input_ = std::vector<std::byte>(kInputBytes);
};

void run_batches(Client& client, const std::vector<std::vector<std::byte>>& batches) {
  for (const std::vector<std::byte>& batch : batches) {
    if (!Requests::are_answers(client.exchange(batch, Requests::answer_bytes()))) fail("an answer is not as it should");
  }
}

}  // namespace

/// What is counted. A name that a tool finds, and a call that stays a call.
extern "C" [[gnu::noinline]] void run_exchange(Client& client, const std::vector<std::vector<std::byte>>& batches) {
  run_batches(client, batches);
}

namespace {

std::vector<std::vector<std::byte>> make_batches(Requests& requests, std::uint32_t count) {
  std::vector<std::vector<std::byte>> batches(count);
  for (auto& batch : batches) batch = requests.next_batch();
  return batches;
}

void exchange() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0)
    fail("no pair of sockets");
  // A batch fits as a whole, whatever the system's default is.
  for (const int socket : pair) ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kSocketBytes, sizeof kSocketBytes);
  HandTurnedTarget target(pair[0]);
  Client client(pair[1], target);
  client.exchange(Requests::login(), 0);
  Requests requests;
  client.exchange(requests.test_unit_ready(), 0);
  run_batches(client, make_batches(requests, kBatchesBefore));
  const auto counted = make_batches(requests, kBatches);
  run_exchange(client, counted);
  std::printf("%zu\n", counted.size() * kDepth);
}

}  // namespace
}  // namespace lunway::bench

int main() { lunway::bench::exchange(); }
