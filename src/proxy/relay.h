// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An accepted connection and the one to the target that belongs to it: the sockets of an Exchange.

#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/exchange.h"
#include "runtime/connector.h"
#include "runtime/loop.h"
#include "runtime/tcp_stream.h"

namespace lunway::proxy {

class Relay final : runtime::TcpStream::Owner, runtime::Connector::Owner {
 public:
  class Owner {
   public:
    /// The relay may be destroyed, inside the call too. Comes once, never out of a call to the relay.
    virtual void on_relay_ended(Relay& relay) = 0;

   protected:
    ~Owner() = default;
  };

  /// What all relays of a proxy share; outlives them.
  struct Shared {
    runtime::Loop& loop;
    RuleBook& rules;
    Watcher& watcher;
    Owner& owner;
    std::vector<runtime::Address> target;
    /// Every connection is cut at this age; 0 is never.
    Duration cut_every;
  };

  /// Bytes are read, and the rules' clock runs, once the target has been reached.
  static constexpr Duration kConnectTime = std::chrono::seconds(10);

  /// Owns `socket`, which an initiator has connected.
  Relay(Shared& shared, int socket, Exchange::Setup setup);

  void start();
  /// on_relay_ended() follows.
  void close(std::string_view why);

  std::uint64_t number() const { return exchange_.number(); }

 private:
  using Stream = runtime::TcpStream;
  enum class State : std::uint8_t { fresh, connecting, relaying, closing };

  void on_connected(runtime::Connector& connector, int socket) override;
  void on_connect_failed(runtime::Connector& connector, const Error& error) override;
  void on_bytes(Stream& stream, Bytes bytes) override;
  void on_filled(Stream& /*stream*/) override {}  // no place is ever named
  void on_sent(Stream& stream) override;
  void on_peer_finished(Stream& stream) override;
  void on_closed(Stream& stream, Stream::Closed closed) override;

  void due(Instant now);
  void grown_old(Instant now);
  void pump(wire::Role from);
  void pass(wire::Role from, std::span<const Bytes> pieces);
  void reach_end(wire::Role from, Outbox::End end);
  void arm();
  void close_both(std::string_view why, bool reset);
  void end();

  Stream& stream_of(wire::Role side) { return side == wire::Role::initiator ? initiator_ : *target_; }
  wire::Role side_of(const Stream& stream) const;

  Shared& shared_;
  Exchange exchange_;
  State state_ = State::fresh;
  Stream initiator_;
  std::unique_ptr<Stream> target_;
  runtime::Connector connector_;
  runtime::Timer due_;
  runtime::Timer old_;
  std::array<bool, 2> finished_{};  // by sender: its end was passed on
  unsigned streams_ended_ = 0;
  std::string why_;
  std::string stopped_;  // why, when close() came before the target was reached
};

}  // namespace lunway::proxy
