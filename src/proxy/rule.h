// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One line of what the proxy is to do wrong: an action, and the PDUs that it is for.
//
//   corrupt=data every=500 from=target
//   cut=20 opcode=data-out times=1

#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "proxy/raw_pdu.h"
#include "wire/numbers.h"
#include "wire/opcode.h"

namespace lunway::proxy {

enum class Phase : std::uint8_t { login, full_feature };

struct Rule {
  static constexpr std::uint32_t kMaxPlaces = 16;

  enum class Action : std::uint8_t {
    drop,       // the PDU is not passed on
    delay,      // it and all behind it wait
    cut,        // both connections are closed, in order
    reset,      // the same with a reset (RST), which may overtake what was sent before
    corrupt,    // one bit is turned round
    duplicate,  // it is sent twice
    reorder,    // others overtake it
  };

  Action action = Action::drop;
  Duration delay{};
  /// cut, reset: so many bytes of the PDU are still passed on, at most all of it.
  std::uint32_t passed_bytes = 0;
  /// corrupt: where; a random byte of the part when none is named. `repair` makes the digests right again.
  Part part = Part::header;
  std::optional<std::uint32_t> byte{};
  bool repair = false;
  /// reorder: how many PDUs overtake; at most kMaxPlaces.
  std::uint32_t places = 1;

  // Which PDUs. All conditions have to hold; `skip`, `every`, `probability` and `times` count, in this order, those for
  // which the others do.
  std::optional<wire::Role> from{};
  /// By their six bits; none stands for all.
  std::bitset<64> opcodes{};
  std::optional<Phase> phase = Phase::full_feature;
  /// Of the connection.
  Duration after{};
  std::optional<Duration> until{};
  std::optional<wire::Cid> cid{};
  std::optional<std::uint64_t> connection{};
  std::uint64_t skip = 0;
  std::uint64_t every = 1;
  double probability = 1;
  std::optional<std::uint64_t> times{};
};

/// The error says which word is wrong and what could stand there.
Result<Rule> parse_rule(std::string_view text);

/// A rule a line; empty lines and what follows a '#' do not count. The error names the line.
Result<std::vector<Rule>> parse_rules(std::string_view text);

/// "250us", "20ms", "1.5s", "2min".
std::optional<Duration> parse_duration(std::string_view text);

/// "scsi-command", "data-in": as rules name opcodes. Empty for one without a name.
std::string_view word_for(wire::Opcode opcode);

}  // namespace lunway::proxy
