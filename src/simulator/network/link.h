// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One TCP connection of the virtual network: two streams of bytes that arrive late, in pieces of any size, and perhaps
// not at all. What TCP promises, it keeps: bytes stay in order. What TCP does not detect, a digest may have to.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "simulator/event_queue.h"
#include "simulator/network/wire_pdu.h"
#include "simulator/random.h"

namespace lunway::simulator {

/// Who holds one end of a link. None of the calls comes from inside a call to the link.
class LinkEnd {
 public:
  virtual void on_bytes() = 0;
  /// There is room to send again.
  virtual void on_room() = 0;
  /// The other side has closed, or the network has cut the connection: nothing more comes.
  virtual void on_end() = 0;

 protected:
  ~LinkEnd() = default;
};

/// Sees every whole PDU.
class LinkObserver {
 public:
  /// It has left its sender, undamaged yet.
  virtual void sent(Role from, const WirePdu& pdu) = 0;
  /// Bytes as they travel, damage included; also those of a PDU that will never be whole.
  virtual void travels(Role from, Bytes bytes) = 0;
  /// Its receiver has taken all of it.
  virtual void delivered(Role to, const WirePdu& pdu) = 0;
  /// It has closed the connection and forgets it.
  virtual void closed(Role by) = 0;

 protected:
  ~LinkObserver() = default;
};

/// What happens to one link.
struct LinkFate {
  enum class Ending : std::uint8_t {
    none,
    reset,       // both ends are told
    half_close,  // one end is told
    silence,     // nobody is told
  };

  Duration most_delay = std::chrono::microseconds(200);
  /// One piece in so many waits longer; zero: none.
  std::uint32_t stall_one_in = 0;
  Duration most_stall = std::chrono::seconds(1);
  /// One PDU in so many has a bit changed, where a digest covers it; zero: none.
  std::uint32_t damage_one_in = 0;
  Ending ending = Ending::none;
  /// After so many bytes of both directions together.
  std::uint64_t ends_after = 0;
  /// Bytes that are under way or wait to be taken, in one direction.
  std::size_t buffer = 64U << 10;
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(EventQueue& events, Random random, const LinkFate& fate) : events_(events), random_(random), fate_(fate) {}

  /// Both outlive the link or are taken away again with null.
  void attach(Role role, LinkEnd* end) { side(role).end = end; }
  void observe(LinkObserver* observer) { observer_ = observer; }
  /// Faults come to an end, so that a run can.
  void calm() { fate_ = {.buffer = fate_.buffer}; }

  /// For the PDUs that follow in this direction.
  void use_digests(Role from, DigestUse digests) { stream(from).cutter.use(digests); }

  /// Takes some of the bytes; returns how many. 0: on_room() follows.
  std::size_t send(Role from, std::span<const Bytes> pieces);
  /// What has come and was not taken yet.
  Bytes inbox(Role at) { return stream(other(at)).inbox; }
  void take(Role at, std::size_t count);

  /// This end has gone: it is told nothing any more. The other one gets what was sent, then on_end().
  void close(Role by);
  /// As close(), and what was sent is lost.
  void abort(Role by);

  bool was_damaged() const { return damaged_; }

 private:
  struct Side {
    LinkEnd* end = nullptr;
    bool closed = false;
    bool wants_room = false;
    bool was_told_end = false;
  };
  struct Travelling {
    WirePdu pdu;
    std::uint64_t ends_at = 0;
  };
  /// From one side to the other.
  struct Stream {
    PduCutter cutter;
    std::size_t under_way = 0;
    std::vector<std::byte> inbox;
    Instant last_arrival{};
    // PDUs that were sent and not taken, with the offset in the stream behind each.
    std::deque<Travelling> pdus;
    std::uint64_t sent = 0;
    std::uint64_t taken = 0;
  };

  Side& side(Role role) { return sides_[static_cast<std::size_t>(role)]; }
  Stream& stream(Role from) { return streams_[static_cast<std::size_t>(from)]; }
  std::size_t room(Role from);
  void damage(WirePdu& pdu);
  void travel(Role from, Bytes bytes);
  void arrive(Role from, const std::vector<std::byte>& bytes);
  void tell_end(Role role, Duration wait);
  void cut();

  EventQueue& events_;
  Random random_;
  LinkFate fate_;
  LinkObserver* observer_ = nullptr;
  std::array<Side, 2> sides_;
  std::array<Stream, 2> streams_;
  std::uint64_t arrived_ = 0;
  bool cut_ = false;
  bool damaged_ = false;
};

}  // namespace lunway::simulator
