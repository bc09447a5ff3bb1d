// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Keeps one network entity registered with an iSNS server, over one TCP connection at a time: registers, refreshes
// before the registration period ends, follows changes, comes back when the server was away, deregisters.
//
// Pure: bytes and points in time come in, outputs come out. Mutate once, drain next_output() until it is empty, then
// wait for the next thing to happen or for deadline().

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "isns/event.h"
#include "isns/inventory.h"
#include "isns/message_assembler.h"
#include "isns/request.h"

namespace lunway::isns {

/// Connect to the server; answer with connected() or disconnected().
struct Connect {};

/// Send this, after all that was to be sent before.
struct Transmit {
  std::vector<std::byte> bytes;
};

/// Close the connection, or stop connecting. Needs no answer: nothing of it is to be told any more.
struct Disconnect {};

using Output = std::variant<Connect, Transmit, Disconnect, Event>;

class Registration {
 public:
  struct Options {
    /// What is asked for; the server may choose another.
    std::chrono::seconds period = std::chrono::minutes(10);
    /// A refresh comes three times in a period, and at least this often.
    Duration max_refresh_interval = std::chrono::minutes(5);
    Duration response_time = std::chrono::seconds(10);
    /// The wait before another attempt doubles from the first to the longest. A connection that held for `steady`
    /// makes it short again.
    Duration first_retry = std::chrono::seconds(1);
    Duration longest_retry = std::chrono::seconds(60);
    Duration steady = std::chrono::seconds(60);
    /// For the deregistration at the end.
    Duration stop_time = std::chrono::seconds(2);
  };

  /// `inventory` has no fault_of().
  explicit Registration(Inventory inventory) : Registration(std::move(inventory), Options()) {}
  Registration(Inventory inventory, Options options) : options_(options), wanted_(std::move(inventory)) {}

  /// Call first, once.
  void start();

  void connected(Instant now);
  /// The connection ended, or did not come about.
  void disconnected(Instant now);
  void receive(Instant now, Bytes bytes);
  /// The deadline came. Early calls are harmless.
  void expire(Instant now);

  /// What is to be registered from now on. The entity stays the same.
  void update(Instant now, Inventory inventory);

  /// Deregisters, if there is a connection to do it over, and ends. Takes at most Options::stop_time.
  void stop(Instant now);

  std::optional<Output> next_output();
  Instant deadline() const { return deadline_; }
  /// Nothing will happen any more.
  bool has_ended() const { return state_ == State::ended; }

  bool is_consistent() const;

 private:
  enum class State : std::uint8_t { fresh, waiting, connecting, connected, ended };

  struct Asked {
    Function function{};
    std::uint16_t transaction_id = 0;
    bool is_last = false;  // the deregistration of a stop
  };

  void register_all();
  void register_changes();
  void ask_next(Instant now);
  void all_answered(Instant now);
  void answered(Instant now, const ReceivedMessage& message);
  void query_answered(const std::vector<Attribute>& attributes);
  void learn_period(const std::vector<Attribute>& attributes);
  void refused(Instant now, Function function, Status status);
  void lose(Instant now, Lost why);
  void wait_for_retry(Instant now);
  void end(bool deregistered);
  void tell(Event event) { outputs_.emplace_back(std::move(event)); }

  const Options options_;
  Inventory wanted_;
  Inventory sent_;                  // as of the last registration that was begun
  bool may_be_registered_ = false;  // the server may hold sent_, or a part of it
  bool is_registered_ = false;      // the server has said that it holds sent_
  bool is_stopping_ = false;
  State state_ = State::fresh;
  Instant deadline_ = kNever;
  Instant connected_at_;
  Duration retry_{};
  std::chrono::seconds period_{};
  std::optional<Event> trouble_;  // the last one told; not told twice in a row
  std::deque<Request> requests_;  // still to be sent, one after the other's answer
  std::optional<Asked> asked_;
  std::uint16_t transaction_id_ = 0;
  MessageAssembler assembler_;
  std::deque<Output> outputs_;
};

}  // namespace lunway::isns
