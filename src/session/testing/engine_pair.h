// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The initiator's engine against the target's, joined by two pipes in memory that cut the bytes at random. Behind the
// target is a disk of bytes: CDB 2Ah writes and 28h reads at the offset in bytes 2 to 5. The device answers at random
// moments, so commands overtake each other. A run is a function of its seed. CmdSN wraps early in each run.

#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/testing/lossy_pipe.h"
#include "session/testing/seeded_entropy.h"
#include "session/testing/target_rig.h"

namespace lunway::session::testing {

inline constexpr std::byte kWriteCode{0x2a};
inline constexpr std::byte kReadCode{0x28};

class EnginePair {
 public:
  explicit EnginePair(unsigned seed, const InitiatorProfile& profile = EnginePair::profile(),
                      const LoginPolicy& policy = {})
      : random_(seed), disk(1 << 20), initiator(profile, {}, wire::CmdSN(0xfffffff8 + seed % 8)) {
    directory.policy = policy;
    target_connection =
        std::make_unique<TargetConnection>(now, directory, target_entropy, Portal(), ConnectionLimits());
    initiator_connection = std::make_unique<InitiatorConnection>(now, initiator, initiator_entropy, wire::Cid(0),
                                                                 InitiatorConnectionLimits());
  }

  static InitiatorProfile profile() {
    InitiatorProfile profile;
    profile.initiator_name = kInitiatorName;
    profile.target_name = kTargetName;
    profile.isid = wire::Isid::from_random(0x123456, 1);
    return profile;
  }

  /// Lets everything happen that can, in random order. False when it does not come to rest.
  bool run() {
    for (int rounds = 0; rounds < 200'000; ++rounds) {
      if (!step()) return true;
    }
    return false;
  }

  /// Lets time pass until somebody has a deadline, which then comes. False when nobody has one.
  bool wait() {
    Instant next = std::min(initiator.deadline(), initiator_connection->deadline());
    if (target_connection) next = std::min(next, target_connection->deadline());
    if (target) next = std::min(next, target->deadline());
    if (next == kNever) return false;
    now = std::max(now, next);
    initiator.expire(now);
    drain_initiator();
    initiator_connection->expire(now);
    drain_initiator();
    if (target_connection) target_connection->expire(now);
    drain_target();
    if (target) target->expire(now);
    drain_target();
    return true;
  }

  /// Lets something happen. False when nothing can.
  bool step() {
    bool moved = false;
    switch (random_() % 4) {
      case 0:
        moved = move_to_target();
        break;
      case 1:
        moved = move_to_initiator();
        break;
      case 2:
        moved = answer_one();
        break;
      default:
        break;
    }
    return moved || move_to_target(true) || move_to_initiator(true) || answer_one();
  }

  /// After a verb of the initiator's session.
  void drain() { drain_initiator(); }

  std::array<std::byte, 16> cdb(std::byte code, std::uint32_t offset) const {
    std::array<std::byte, 16> cdb{};
    cdb[0] = code;
    store_be32(&cdb[2], offset);
    return cdb;
  }

  template <class Result>
  const Result* result_of(TaskId task) const {
    const auto found = std::ranges::find(done, task, &TaskDone::task);
    return found == done.end() ? nullptr : std::get_if<Result>(&found->result);
  }

 private:
  std::mt19937 random_;

 public:
  Instant now{std::chrono::hours(1)};
  std::vector<std::byte> disk;
  OpenDirectory directory;
  SeededEntropy initiator_entropy{1};
  SeededEntropy target_entropy{2};
  InitiatorSession initiator;
  std::unique_ptr<InitiatorConnection> initiator_connection;
  std::unique_ptr<TargetSession> target;
  std::unique_ptr<TargetConnection> target_connection;
  std::vector<TaskDone> done;
  std::optional<InitiatorClose> initiator_closed;
  std::optional<InitiatorLoggedIn> logged_in;
  std::optional<Close> target_closed;
  bool session_ended = false;
  /// Submits that the device keeps to itself.
  bool device_sleeps = false;
  /// The device takes write data in random pieces up to this size; zero: all at once.
  std::uint32_t device_piece = 0;
  /// The device ends one command in so many with BUSY, at any time; zero: none.
  unsigned device_refuses_one_in = 0;
  /// What gets lost on the way; unset: nothing.
  std::optional<LossyPipe> loss_to_target;
  std::optional<LossyPipe> loss_to_initiator;
  /// DataArrived with a failure.
  int failed_transfers = 0;

 private:
  struct Command {
    Submit submit;
    std::array<std::byte, 16> cdb{};
    std::uint32_t accepted = 0;
    bool waits_for_data = false;
    bool aborted = false;
    std::vector<Bytes> pieces = {};
  };

  std::size_t some(std::size_t most) { return 1 + random_() % most; }

  /// One send of the initiator, perhaps or for sure, and one read of the target.
  bool move_to_target(bool for_sure = false) {
    bool moved = false;
    if (!initiator_closed && (for_sure || random_() % 2 == 0)) moved = send(*initiator_connection, to_target_);
    drain_initiator();
    if (to_target_.empty() || target_closed) return moved;
    const MutableBytes window = target_connection->receive_window();
    std::size_t taken = 0;
    if (!window.empty() && random_() % 2 == 0) {
      taken = copy_bytes(window, Bytes(to_target_).first(std::min(to_target_.size(), some(3000))));
      target_connection->received_into_window(now, taken);
    } else {
      const std::vector<std::byte> piece = front_of(to_target_);
      taken = target_connection->receive(now, piece);
      drain_target();
    }
    drain_target();
    to_target_.erase(to_target_.begin(), to_target_.begin() + static_cast<std::ptrdiff_t>(taken));
    return moved || taken > 0;
  }

  bool move_to_initiator(bool for_sure = false) {
    bool moved = false;
    if (!target_closed && (for_sure || random_() % 2 == 0)) {
      const auto pieces = target_connection->next_transmit();
      moved = append(pieces, to_initiator_, [&](std::size_t count) { target_connection->transmitted(now, count); });
      drain_target();
    }
    if (to_initiator_.empty() || initiator_closed) return moved;
    const MutableBytes window = initiator_connection->receive_window();
    std::size_t taken = 0;
    if (!window.empty() && random_() % 2 == 0) {
      taken = copy_bytes(window, Bytes(to_initiator_).first(std::min(to_initiator_.size(), some(3000))));
      initiator_connection->received_into_window(now, taken);
    } else {
      const std::vector<std::byte> piece = front_of(to_initiator_);
      taken = initiator_connection->receive(now, piece);
      drain_initiator();
    }
    drain_initiator();
    to_initiator_.erase(to_initiator_.begin(), to_initiator_.begin() + static_cast<std::ptrdiff_t>(taken));
    return moved || taken > 0;
  }

  bool send(InitiatorConnection& from, std::vector<std::byte>& to) {
    const auto pieces = from.next_transmit(now);
    return append(pieces, to, [&](std::size_t count) { from.transmitted(now, count); });
  }

  template <class Report>
  bool append(std::span<const Bytes> pieces, std::vector<std::byte>& to, const Report& report) {
    std::vector<std::byte> bytes;
    for (const Bytes piece : pieces) bytes.insert(bytes.end(), piece.begin(), piece.end());
    const std::size_t count = bytes.empty() ? 0 : some(bytes.size());
    auto& loss = &to == &to_target_ ? loss_to_target : loss_to_initiator;
    if (loss)
      loss->pass(Bytes(bytes).first(count), to);
    else
      to.insert(to.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    report(count);
    return count > 0;
  }

  std::vector<std::byte> front_of(const std::vector<std::byte>& pipe) {
    const std::size_t count = std::min(pipe.size(), some(random_() % 2 == 0 ? 60 : 20000));
    return {pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  void drain_initiator() {
    while (auto task = initiator.next_output()) done.push_back(std::move(*task));
    while (auto output = initiator_connection->next_output()) {
      if (auto* login = std::get_if<InitiatorLoggedIn>(&*output)) logged_in = *login;
      if (auto* close = std::get_if<InitiatorClose>(&*output)) {
        initiator_closed = *close;
        initiator_connection->transport_ended(now);
        while (auto task = initiator.next_output()) done.push_back(std::move(*task));
      }
    }
  }

  void drain_target() {
    drain_target_session();
    while (target_connection) {
      const auto output = target_connection->next_output();
      if (!output) break;
      if (const auto* open = std::get_if<OpenSession>(&*output)) {
        target = std::make_unique<TargetSession>(*open->request, wire::Tsih(7), SessionLimits());
        target_connection->open(now, *target);
      }
      if (const auto* close = std::get_if<Close>(&*output)) {
        target_closed = *close;
        target_connection.reset();
      }
      drain_target_session();
    }
  }

  void drain_target_session() {
    while (target) {
      const auto output = target->next_output();
      if (!output) return;
      if (const auto* submit = std::get_if<Submit>(&*output)) {
        Command& command = commands_.emplace_back(Command{.submit = *submit});
        copy_bytes(command.cdb, submit->cdb);
      }
      if (const auto* arrived = std::get_if<DataArrived>(&*output)) {
        if (arrived->failure != TransferFailure::none) ++failed_transfers;
        for (Command& command : commands_) {
          if (command.submit.task == arrived->task) command.waits_for_data = false;
        }
      }
      if (const auto* abort = std::get_if<Abort>(&*output)) {
        for (Command& command : commands_) command.aborted |= command.submit.task == abort->task;
      }
      if (const auto* release = std::get_if<Release>(&*output)) {
        std::erase_if(commands_, [&](const Command& command) { return command.submit.task == release->task; });
        std::erase_if(sending_, [&](const Command& command) { return command.submit.task == release->task; });
      }
      if (const auto* management = std::get_if<SubmitTaskManagement>(&*output)) {
        target->complete_task_management(management->task, wire::TaskManagementResponseCode::function_complete);
      }
      if (std::holds_alternative<SessionEnded>(*output)) session_ended = true;
    }
  }

  /// The device does one thing.
  bool answer_one() {
    if (commands_.empty()) return false;
    const std::size_t first = random_() % commands_.size();
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      if (answer((first + i) % commands_.size())) {
        drain_target();
        return true;
      }
    }
    return false;
  }

  bool answer(std::size_t index) {
    Command& command = commands_[index];
    const TaskId task = command.submit.task;
    if (command.aborted) {
      commands_.erase(commands_.begin() + static_cast<std::ptrdiff_t>(index));
      target->aborted(task);
      return true;
    }
    if (device_sleeps) return false;
    if (device_refuses_one_in != 0 && random_() % device_refuses_one_in == 0) {
      end(index, {.status = wire::ScsiStatus::busy});
      return true;
    }
    if (command.waits_for_data) return false;
    const std::uint32_t offset = load_be32(&command.cdb[2]);
    const std::uint32_t rest = command.submit.write_length - command.accepted;
    if (rest != 0) {
      const auto piece = device_piece == 0 ? rest : std::min(rest, static_cast<std::uint32_t>(some(device_piece)));
      command.waits_for_data = true;
      target->accept_data(
          task, MutableBytes(disk).subspan(offset + std::exchange(command.accepted, command.accepted + piece), piece));
      return true;
    }
    CommandResult result{.data_out_length = command.submit.write_length};
    if (command.cdb[0] == kReadCode) {
      // A copy, for the disk may change while the data is sent.
      reads_.emplace_back(disk.begin() + offset, disk.begin() + offset + command.submit.read_length);
      command.pieces = {Bytes(reads_.back())};
      result.data_in_length = command.submit.read_length;
    }
    end(index, result);
    return true;
  }

  void end(std::size_t index, CommandResult result) {
    sending_.push_back(std::move(commands_[index]));
    commands_.erase(commands_.begin() + static_cast<std::ptrdiff_t>(index));
    result.data_in = sending_.back().pieces;
    target->complete(sending_.back().submit.task, result);
  }

  std::vector<std::byte> to_target_;
  std::vector<std::byte> to_initiator_;
  std::vector<Command> commands_;
  std::deque<Command> sending_;
  std::deque<std::vector<std::byte>> reads_;
};

}  // namespace lunway::session::testing
