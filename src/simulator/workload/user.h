// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A user of one initiator: it asks for things at random until it has asked often enough, then logs out. It knows
// nothing of faults: whatever happens, each thing that it asked for has to end, once and in time.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "simulator/initiator/client_session.h"
#include "simulator/workload/request.h"

namespace lunway::simulator {

struct UserOptions {
  /// How many requests it makes in all, and at the same time.
  std::uint32_t requests = 100;
  std::uint32_t depth = 16;
  std::uint32_t most_blocks = 64;
  /// Of a request; zero: none.
  Duration timeout = std::chrono::seconds(20);
  Duration longest_thought = std::chrono::microseconds(500);
  /// One request in so many is given up soon, or is a function, or is followed by a logout; zero: none.
  std::uint32_t abort_one_in = 20;
  std::uint32_t function_one_in = 40;
  std::uint32_t logout_one_in = 150;
  std::uint32_t cold_reset_one_in = 20;  // of the functions
  /// Of 100 commands.
  std::uint32_t comparisons = 8;
  std::uint32_t flushes = 5;
  /// COMPARE AND WRITE meets itself on so many blocks; zero: on all.
  std::uint64_t hot_blocks = 0;
  DiskShape shape;
};

/// What the users of one run share.
struct Blackboard {
  BlockHistory history;
  BlockHistory::Value last_value = 0;
  /// What somebody has read or written last, for COMPARE AND WRITE.
  std::map<BlockHistory::Place, BlockHistory::Value> believed;
};

class User final : public ClientUser {
 public:
  /// How long any request may take, whatever happens.
  static constexpr Duration kPatience = std::chrono::minutes(15);

  User(EventQueue& events, Random random, Verdict& verdict, const InitiatorOptions& initiator,
       const UserOptions& options, Blackboard& board, const Dial& dial);

  void start() { client_.log_in(); }
  /// The initiator's process dies, and another one begins after a while.
  void crash();
  /// It has logged out for good.
  bool is_done() const { return done_; }
  /// Requests that have not ended although their time is over are a complaint.
  void check_patience();
  /// Reads everything once more before it leaves.
  void read_all_at_the_end() { reads_all_ = true; }

  void logged_in() override;
  void task_done(const session::TaskDone& done) override;
  void session_over(bool logged_out) override;

 private:
  void think();
  /// False when there was nothing to do.
  bool act();
  void submit(Request request);
  void submit_blocks();
  void submit_function();
  void submit_ping();
  void abort_one();
  void leave();
  Request make_comparison();
  void remember(const Request& request);
  void forget_lost();

  EventQueue& events_;
  Random random_;
  Verdict& verdict_;
  const UserOptions options_;
  Blackboard& board_;
  ClientSession client_;
  std::vector<std::unique_ptr<Request>> active_;
  // Their session was lost: they may take effect until the next one has begun.
  std::vector<std::unique_ptr<Request>> lost_;
  std::uint32_t left_;
  std::uint64_t next_read_ = 0;
  std::uint64_t thoughts_ = 0;
  // How long it thinks at most: longer when there is nothing to do.
  Duration thought_{};
  bool reads_all_ = false;
  bool leaving_ = false;
  bool leaves_for_good_ = false;
  bool done_ = false;
};

}  // namespace lunway::simulator
