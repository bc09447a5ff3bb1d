// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One TCP connection of a test, as either side. It sends whatever it is given and says whatever comes; it knows no
// rules. Everything is written into the exchange.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "conformance/peer/exchange.h"
#include "conformance/peer/pdu.h"
#include "runtime/blocking_stream.h"

namespace lunway::conformance {

/// What came next from the peer.
struct Arrival {
  enum class Kind : std::uint8_t {
    pdu,
    closed,   // in order
    reset,    // or ended in the midst of a PDU
    silence,  // nothing within the time
  };

  Kind kind;
  Pdu pdu{};

  bool is(wire::Opcode opcode) const { return kind == Kind::pdu && pdu.is(opcode); }
  /// The connection is over.
  bool ended() const { return kind == Kind::closed || kind == Kind::reset; }
};

/// For a reader: "Reject F Reason=0x04 ...", "the connection was closed", "nothing".
std::string describe(const Arrival& arrival);

/// Not thread-safe.
class Connection {
 public:
  /// No PDU is longer: what announces more is taken for the end of sense.
  static constexpr std::size_t kMaxPduSize = std::size_t{17} << 20;

  /// `role` is the test's own. `exchange` outlives the connection.
  Connection(runtime::BlockingStream stream, wire::Role role, Exchange& exchange);

  /// Whether the peer is still there shows in what comes next.
  void send(const Pdu& pdu);
  /// Several PDUs in one TCP segment, as far as TCP allows.
  void send_together(std::initializer_list<Pdu> pdus);
  /// One PDU in pieces of `size` bytes, each sent apart after `pause`.
  void send_in_pieces(const Pdu& pdu, std::size_t size, Duration pause = Duration::zero());
  /// The first `count` bytes of a PDU.
  void send_beginning(const Pdu& pdu, std::size_t count);
  void send_bytes(Bytes bytes);

  Arrival receive(Duration within);

  /// What came of a PDU that is not whole, taken out of its stream.
  std::vector<std::byte> take_rest() { return std::exchange(buffer_, {}); }

  /// From the next PDU on, both ways.
  void use_digests(wire::Digests digests) { digests_ = digests; }
  wire::Digests digests() const { return digests_; }

  void finish_sending();
  void close();
  void reset();
  bool is_open() const { return stream_.is_open() && !ended_; }

  unsigned number() const { return number_; }
  runtime::BlockingStream& stream() { return stream_; }

 private:
  Event event(Event::Kind kind, wire::Role sender) const;
  void transmit(Bytes bytes);
  void record_sent(const Pdu& pdu, std::vector<std::byte> bytes);
  std::optional<std::size_t> whole_size() const;
  Pdu take_pdu(std::size_t size);
  Arrival end(Arrival::Kind how);

  runtime::BlockingStream stream_;
  wire::Role role_;
  Exchange& exchange_;
  unsigned number_;
  wire::Digests digests_;
  std::vector<std::byte> buffer_;
  std::optional<Arrival::Kind> ended_as_;
  bool ended_ = false;
};

}  // namespace lunway::conformance
