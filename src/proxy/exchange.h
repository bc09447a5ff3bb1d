// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One connection through the proxy, without its sockets: bytes of one side in, what the other side is to get out.
//
//   bytes ──► Cutter ──► LoginWatch ──► addresses ──► RuleBook ──► Outbox ──► bytes

#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "proxy/addresses.h"
#include "proxy/cutter.h"
#include "proxy/login_watch.h"
#include "proxy/outbox.h"
#include "proxy/rule_book.h"
#include "proxy/watcher.h"

namespace lunway::proxy {

/// Pure: time is an argument, chance comes from the seed. Holds, for each direction, the PDU that is coming in, and
/// what is not sent; the owner stops reading while is_full().
class Exchange {
 public:
  /// A direction with so many unsent bytes is full.
  static constexpr std::size_t kFull = std::size_t{1} << 20;

  struct Setup {
    std::uint64_t number;
    std::uint64_t seed;
    Instant begun;
    AddressRewriting addresses;
  };

  /// `rules` and `watcher` outlive the exchange.
  Exchange(Setup setup, RuleBook& rules, Watcher& watcher);

  void receive(Instant now, wire::Role from, Bytes bytes);
  /// `from` will send no more.
  void finish(Instant now, wire::Role from);

  /// What `from` has said and the other side is to get.
  Outbox& outbox(wire::Role from) { return lane(from).outbox; }
  bool is_full(wire::Role from) const { return lanes_[std::to_underlying(from)].outbox.size() >= kFull; }

  std::uint64_t number() const { return setup_.number; }

 private:
  struct Lane {
    Cutter cutter;
    Outbox outbox;
    Random random;
    bool loss_is_told = false;
  };

  Lane& lane(wire::Role from) { return lanes_[std::to_underlying(from)]; }

  void take_pdu(Instant now, wire::Role from, Piece piece);
  void begin_full_feature_phase(Instant now);
  void rewrite(Instant now, RawPdu& pdu);
  void pass(Instant now, Outbox& outbox, RawPdu pdu, const Verdict& verdict);
  void tell_loss(Instant now, wire::Role from);

  Setup setup_;
  RuleBook& rules_;
  Watcher& watcher_;
  LoginWatch login_;
  std::array<Lane, 2> lanes_;  // by sender
  /// The target's text goes on in its next PDU, in the midst of a pair.
  bool in_pair_ = false;
};

}  // namespace lunway::proxy
