// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Remembers which disks a session has been used with, and says after session recovery whether they are the same. It
// asks on its own, past the queue of commands, for that is held then.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "initiator/cdb.h"
#include "initiator/client.h"
#include "initiator/disk_identity.h"
#include "lunway/initiator.h"
#include "runtime/timers.h"

namespace lunway::initiator {

class DiskGuard {
 public:
  /// `client` outlives it.
  explicit DiskGuard(Client& client);

  /// Learns the disk at this LUN, unless it is known. Does nothing where sessions do not come back.
  void learn(std::uint16_t lun);
  bool knows(std::uint16_t lun) const;
  /// It has changed, as disks do; it is learnt anew with the next command.
  void forget(std::uint16_t lun) { disks_.erase(lun); }

  using Verified = std::move_only_function<void(Result<>)>;
  /// Compares all known disks with what is there now. Not told when the session is lost on the way.
  void verify(Verified verified);

  /// Told of unit attentions that its own commands met.
  void on_unit_attention(std::function<void(std::uint16_t lun, const Sense&)> listener) {
    on_unit_attention_ = std::move(listener);
  }

 private:
  enum class Step : std::uint8_t { serial, designators, capacity_16, capacity_10 };

  /// A disk that is being asked.
  struct Inquest {
    std::uint16_t lun = 0;
    Step step = Step::serial;
    DiskIdentity found = {};
    unsigned attempts = 0;
  };

  void next();
  void ask();
  void answered(const session::TaskResult& result);
  void take(std::uint8_t status, const std::optional<Sense>& sense, Bytes data);
  void advance(Step step);
  void abandon(Error error);
  void concluded();
  void wake(Instant at);

  Client& client_;
  /// Empty: was asked and did not answer.
  std::map<std::uint16_t, std::optional<DiskIdentity>> disks_;
  std::deque<std::uint16_t> due_;
  std::optional<Inquest> inquest_;
  /// Answers to questions of a lost session are told apart from those of this one.
  std::uint64_t round_ = 0;
  Verified verified_;
  std::vector<std::byte> buffer_;
  std::function<void(std::uint16_t, const Sense&)> on_unit_attention_;
  runtime::Timer timer_;
};

}  // namespace lunway::initiator
