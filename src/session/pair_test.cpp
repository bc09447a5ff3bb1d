// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Initiator and target engine joined in memory: every combination of the keys that shape data transfers, bytes cut
// anywhere, and what was written is what is read.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "base/big_endian.h"
#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/target_connection.h"
#include "session/target_session.h"
#include "session/testing/initiator_rig.h"
#include "session/testing/target_rig.h"

namespace lunway::session {
namespace {

constexpr std::size_t kDiskBytes = 1 << 18;
constexpr std::byte kRead{0x28}, kWrite{0x2a};

/// A byte-addressed disk: opcode, then the offset as 32 bits.
class Disk {
 public:
  void take(TargetSession& session, const SessionOutput& output) {
    if (const auto* submit = std::get_if<Submit>(&output)) begin(session, *submit);
    if (const auto* arrived = std::get_if<DataArrived>(&output)) {
      EXPECT_EQ(arrived->failure, TransferFailure::none);
      session.complete(arrived->task, {.data_out_length = lengths_.at(arrived->task.slot())});
    }
    if (const auto* release = std::get_if<Release>(&output)) pieces_.erase(release->task.slot());
    if (const auto* abort = std::get_if<Abort>(&output)) session.aborted(abort->task);
    if (const auto* management = std::get_if<SubmitTaskManagement>(&output))
      session.complete_task_management(management->task, wire::TaskManagementResponseCode::function_complete);
  }

  std::vector<std::byte> bytes = std::vector<std::byte>(kDiskBytes);

 private:
  void begin(TargetSession& session, const Submit& submit) {
    const std::uint32_t offset = load_be32(submit.cdb.data() + 1);
    if (submit.cdb[0] == kWrite) {
      lengths_[submit.task.slot()] = submit.write_length;
      if (submit.write_length == 0) return session.complete(submit.task, {});
      return session.accept_data(submit.task, MutableBytes(bytes).subspan(offset, submit.write_length));
    }
    std::vector<Bytes>& pieces = pieces_[submit.task.slot()];
    pieces.assign(1, Bytes(bytes).subspan(offset, submit.read_length));
    session.complete(submit.task, {.data_in = pieces, .data_in_length = submit.read_length});
  }

  std::map<std::uint32_t, std::uint32_t> lengths_;
  std::map<std::uint32_t, std::vector<Bytes>> pieces_;
};

struct Keys {
  bool initial_r2t = true;
  bool immediate_data = true;
  bool digests = false;
  std::uint32_t first_burst = 65536;
  std::uint32_t max_burst = 262144;
  std::uint32_t initiator_segment = 8192;
  std::uint32_t target_segment = 8192;
  std::uint16_t outstanding_r2t = 1;
};

InitiatorProfile initiator_profile(const Keys& keys) {
  InitiatorProfile profile = InitiatorRig::profile();
  text::Policy& policy = profile.policy;
  policy.number(text::KeyId::initial_r2t) = {.preferred = keys.initial_r2t ? 1U : 0U, .worst = 1};
  policy.number(text::KeyId::immediate_data) = {.preferred = keys.immediate_data ? 1U : 0U, .worst = 0};
  policy.number(text::KeyId::first_burst_length).preferred = keys.first_burst;
  policy.number(text::KeyId::max_burst_length).preferred = keys.max_burst;
  policy.number(text::KeyId::max_outstanding_r2t).preferred = keys.outstanding_r2t;
  policy.number(text::KeyId::max_recv_data_segment_length).preferred = keys.initiator_segment;
  const text::Digest digest = keys.digests ? text::Digest::crc32c : text::Digest::none;
  policy.header_digest = {digest};
  policy.data_digest = {digest};
  return profile;
}

text::Policy target_policy(const Keys& keys) {
  text::Policy policy;
  policy.number(text::KeyId::initial_r2t) = {.preferred = 0, .worst = 1};
  policy.number(text::KeyId::first_burst_length).preferred = 1 << 20;
  policy.number(text::KeyId::max_burst_length).preferred = 1 << 20;
  policy.number(text::KeyId::max_outstanding_r2t).preferred = 8;
  policy.number(text::KeyId::max_recv_data_segment_length).preferred = keys.target_segment;
  policy.header_digest = {text::Digest::none, text::Digest::crc32c};
  policy.data_digest = {text::Digest::none, text::Digest::crc32c};
  return policy;
}

/// Both engines and the wire between them.
class Pair {
 public:
  Pair(const Keys& keys, std::uint32_t seed)
      : random(seed), session(initiator_profile(keys), {}, wire::CmdSN(0xfffffff0 + seed % 8)) {
    directory.policy.negotiation = target_policy(keys);
    target = std::make_unique<TargetConnection>(time, directory, entropy, Portal{}, ConnectionLimits{});
    initiator =
        std::make_unique<InitiatorConnection>(time, session, entropy, wire::Cid(0), InitiatorConnectionLimits{});
  }

  /// Lets both sides talk until nothing moves.
  void run() {
    for (bool moved = true; moved;) {
      moved = false;
      drain();
      moved |= send_some(*initiator, to_target_, [&](auto& side) { return side.next_transmit(time); });
      moved |= send_some(*target, to_initiator_, [&](auto& side) { return side.next_transmit(); });
      moved |= deliver_some(to_target_, *target);
      moved |= deliver_some(to_initiator_, *initiator);
    }
  }

  TaskId write(std::uint32_t offset, Bytes data) {
    return *session.submit(time, {.cdb = cdb(kWrite, offset), .data_out = data});
  }
  TaskId read(std::uint32_t offset, MutableBytes data) {
    return *session.submit(time, {.cdb = cdb(kRead, offset), .data_in = data});
  }
  bool good(TaskId task) const {
    for (const TaskDone& one : done)
      if (one.task == task)
        if (const auto* completion = std::get_if<ScsiCompletion>(&one.result))
          return completion->status == wire::ScsiStatus::good && completion->residual == wire::Residual{};
    return false;
  }

  std::mt19937 random;
  Instant time{std::chrono::hours(1)};
  testing::CountingEntropy entropy;
  testing::OpenDirectory directory;
  Disk disk;
  InitiatorSession session;
  std::unique_ptr<TargetSession> target_session;
  std::unique_ptr<TargetConnection> target;
  std::unique_ptr<InitiatorConnection> initiator;
  std::vector<TaskDone> done;
  std::optional<InitiatorClose> closed;
  std::optional<Close> target_closed;

 private:
  Bytes cdb(std::byte opcode, std::uint32_t offset) {
    cdb_[0] = opcode;
    store_be32(&cdb_[1], offset);
    return cdb_;
  }

  /// A part of what a side wants to send.
  template <class Side, class Next>
  bool send_some(Side& side, std::deque<std::byte>& queue, Next next) {
    std::size_t size = 0;
    const auto pieces = next(side);
    for (const Bytes piece : pieces) size += piece.size();
    if (size == 0) return false;
    std::size_t part = 1 + random() % size;
    const std::size_t sent = part;
    for (const Bytes piece : pieces) {
      const std::size_t count = std::min(part, piece.size());
      queue.insert(queue.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
      part -= count;
    }
    drain();
    side.transmitted(time, sent);
    drain();
    return true;
  }

  /// A part of what is on its way, into the window when there is one and chance wants it.
  template <class Side>
  bool deliver_some(std::deque<std::byte>& queue, Side& side) {
    if (queue.empty() || !side.wants_input()) return false;
    const std::size_t part = std::min<std::size_t>(queue.size(), 1 + random() % 5000);
    const std::vector<std::byte> bytes(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(part));
    std::size_t taken = 0;
    const MutableBytes window = side.receive_window();
    if (!window.empty() && random() % 2 == 0) {
      taken = copy_bytes(window, bytes);
      side.received_into_window(time, taken);
    } else {
      taken = side.receive(time, bytes);
    }
    drain();
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(taken));
    return taken != 0;
  }

  void drain() {
    drain_target();
    while (auto one = session.next_output()) done.push_back(std::move(*one));
    while (auto output = initiator->next_output())
      if (auto* close = std::get_if<InitiatorClose>(&*output)) closed = std::move(*close);
  }

  void drain_target() {
    for (;;) {
      while (target_session) {
        const auto output = target_session->next_output();
        if (!output) break;
        disk.take(*target_session, *output);
      }
      const auto output = target->next_output();
      if (!output) return;
      if (const auto* open = std::get_if<OpenSession>(&*output)) {
        target_session = std::make_unique<TargetSession>(*open->request, wire::Tsih(9), SessionLimits{});
        target->open(time, *target_session);
      }
      if (const auto* close = std::get_if<Close>(&*output)) target_closed = *close;
    }
  }

  std::array<std::byte, 10> cdb_{};
  std::deque<std::byte> to_target_, to_initiator_;
};

std::vector<std::byte> noise(std::mt19937& random, std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

/// Writes and reads of many sizes at once; every one ends well and moves the right bytes.
void exchange(const Keys& keys, std::uint32_t seed) {
  Pair pair(keys, seed);
  constexpr std::size_t kTasks = 6;
  std::vector<std::vector<std::byte>> written, read(kTasks);
  std::vector<TaskId> tasks;
  for (std::uint32_t i = 0; i < kTasks; ++i) {
    const std::size_t size = 1 + pair.random() % (kDiskBytes / kTasks);
    written.push_back(noise(pair.random, size));
    tasks.push_back(pair.write(i * static_cast<std::uint32_t>(kDiskBytes / kTasks), written[i]));
    if (pair.random() % 2 == 0) pair.run();
  }
  pair.run();
  ASSERT_FALSE(pair.closed) << to_string(pair.closed->reason) << ": " << pair.closed->detail;
  ASSERT_FALSE(pair.target_closed) << pair.target_closed->detail;
  for (const TaskId task : tasks) ASSERT_TRUE(pair.good(task));
  // The keys are in force, not only offered.
  ASSERT_EQ(pair.session.parameters().initial_r2t, keys.initial_r2t);
  ASSERT_EQ(pair.session.parameters().immediate_data, keys.immediate_data);
  ASSERT_EQ(pair.session.parameters().max_outstanding_r2t, keys.outstanding_r2t);
  ASSERT_EQ(pair.initiator->parameters().data_digest == text::Digest::crc32c, keys.digests);
  pair.done.clear();
  tasks.clear();
  for (std::uint32_t i = 0; i < kTasks; ++i) {
    read[i].resize(written[i].size());
    tasks.push_back(pair.read(i * static_cast<std::uint32_t>(kDiskBytes / kTasks), read[i]));
  }
  pair.run();
  ASSERT_FALSE(pair.closed) << pair.closed->detail;
  for (const TaskId task : tasks) ASSERT_TRUE(pair.good(task));
  EXPECT_TRUE(written == read);
  pair.session.log_out();
  pair.run();
  ASSERT_TRUE(pair.closed);
  EXPECT_EQ(pair.closed->reason, InitiatorCloseReason::logged_out);
  pair.initiator->transport_ended(pair.time);
}

TEST(EnginePair, MovesDataUnderEveryCombinationOfKeys) {
  std::uint32_t seed = 1;
  for (const bool initial_r2t : {true, false})
    for (const bool immediate_data : {true, false})
      for (const bool digests : {false, true})
        for (const std::uint32_t burst : {512U, 4096U, 65536U})
          for (const std::uint16_t outstanding : {std::uint16_t{1}, std::uint16_t{4}}) {
            const Keys keys{.initial_r2t = initial_r2t,
                            .immediate_data = immediate_data,
                            .digests = digests,
                            .first_burst = burst,
                            .max_burst = burst * 2,
                            .initiator_segment = burst + 100,
                            .target_segment = burst / 2 + 500,
                            .outstanding_r2t = outstanding};
            SCOPED_TRACE(::testing::Message()
                         << "InitialR2T " << initial_r2t << " ImmediateData " << immediate_data << " digests "
                         << digests << " burst " << burst << " R2Ts " << outstanding << " seed " << seed);
            exchange(keys, seed++);
            if (::testing::Test::HasFatalFailure()) return;
          }
}

TEST(EnginePair, MovesDataUnderRandomKeys) {
  std::mt19937 random(4711);
  for (std::uint32_t seed = 100; seed < 130; ++seed) {
    const auto between = [&](std::uint32_t low, std::uint32_t high) {
      return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    const std::uint32_t max_burst = between(512, 100'000);
    const Keys keys{.initial_r2t = random() % 2 == 0,
                    .immediate_data = random() % 2 == 0,
                    .digests = random() % 2 == 0,
                    .first_burst = between(512, max_burst),
                    .max_burst = max_burst,
                    .initiator_segment = between(512, 20'000),
                    .target_segment = between(512, 20'000),
                    .outstanding_r2t = static_cast<std::uint16_t>(between(1, 8))};
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    exchange(keys, seed);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(EnginePair, PingsAndTaskManagementComeBack) {
  Pair pair({}, 1);
  const auto ping = pair.session.ping(pair.time, bytes_of("hello"), std::chrono::seconds(5));
  const auto reset = pair.session.manage(pair.time, {.function = wire::TaskManagementFunction::logical_unit_reset});
  pair.run();
  ASSERT_EQ(pair.done.size(), 2U);
  for (const TaskDone& one : pair.done) EXPECT_FALSE(std::holds_alternative<TaskFailure>(one.result));
}

}  // namespace
}  // namespace lunway::session
