// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the rules say of one PDU.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/random.h"
#include "proxy/raw_pdu.h"
#include "proxy/rule.h"

namespace lunway::proxy {

/// A PDU as the conditions of rules see it.
struct Subject {
  const RawPdu& pdu;
  wire::Role from;
  Phase phase;
  /// As the initiator has said it in the login; nothing before.
  std::optional<wire::Cid> cid;
  std::uint64_t connection;
  /// Of the connection.
  Duration age;
};

/// One bit of one byte of a part.
struct Damage {
  Part part;
  std::size_t byte;
  unsigned bit;
  bool repair;
};

struct Cut {
  std::size_t passed_bytes;  // of the PDU
  bool reset;
};

/// What happens to a PDU. A verdict without faults lets it pass.
struct Verdict {
  bool drop = false;
  std::optional<Cut> cut{};
  Duration delay{};
  std::vector<Damage> damage{};
  unsigned copies = 1;
  std::uint32_t places = 0;

  bool is_fault() const { return drop || cut || delay != Duration() || !damage.empty() || copies != 1 || places != 0; }
  /// "drop", "delay 20ms, corrupt data byte 17 bit 3": for a log. Empty without faults.
  std::string to_string() const;
};

/// The rules with what they have counted, over all connections. Every rule that matches adds its fault; one that drops
/// or cuts is the last.
class RuleBook {
 public:
  explicit RuleBook(const std::vector<Rule>& rules);

  Verdict judge(const Subject& subject, Random& random);

 private:
  struct Counted {
    Rule rule;
    std::uint64_t seen = 0;
    std::uint64_t applied = 0;
  };

  static bool applies(Counted& counted, const Subject& subject, Random& random);

  std::vector<Counted> rules_;
};

/// Does the damage, and repairs the digests where it says so.
void apply(const std::vector<Damage>& damage, RawPdu& pdu);

}  // namespace lunway::proxy
