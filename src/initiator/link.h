// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One connection of a session: from addresses to a socket, and bytes between the socket and the engine's connection.
// What the engine says to all of it is for the owner.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "runtime/connector.h"
#include "runtime/loop.h"
#include "runtime/tcp_stream.h"
#include "session/initiator_connection.h"
#include "session/initiator_session.h"
#include "session/pdu_observer.h"

namespace lunway::initiator {

class Link final : runtime::Connector::Owner, runtime::TcpStream::Owner {
 public:
  class Owner {
   public:
    /// The TCP connection stands; log_in() is to follow.
    virtual void link_connected(Link& link) = 0;
    /// No address answered. The link may be destroyed.
    virtual void link_unreachable(Link& link, const lunway::Error& error) = 0;
    /// Outputs of the engine wait, of this connection and of its session.
    virtual void link_drain() = 0;
    /// There may be something to send, on any link, and other deadlines.
    virtual void link_pump() = 0;
    /// The transport has ended, and the engine knows. The link may be destroyed.
    virtual void link_closed(Link& link, runtime::TcpStream::Closed closed) = 0;

   protected:
    ~Owner() = default;
  };

  Link(runtime::Loop& loop, Owner& owner);
  /// Only when it neither connects nor is connected.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void connect(std::vector<runtime::Address> addresses, Duration timeout);
  /// Gives up; link_unreachable() or link_closed() follows.
  void give_up();

  struct Login {
    session::InitiatorSession& session;
    session::EntropySource& entropy;
    wire::Cid cid;
    session::InitiatorConnectionLimits limits;
    session::PduObserver* observer = nullptr;
  };
  void log_in(const Login& login);

  bool is_connecting() const { return connector_.is_connecting(); }
  bool is_up() const { return stream_ != nullptr; }
  /// Null until log_in().
  const session::InitiatorConnection* connection() const { return connection_.get(); }
  bool is_logged_in() const { return logged_in_; }
  /// Since log_in().
  wire::Cid cid() const { return cid_; }
  /// Who is at the other end: "10.0.0.1:3260".
  const std::string& portal() const { return portal_; }
  /// Why the engine closed it.
  const std::optional<session::InitiatorClose>& close_reason() const { return close_; }

  std::optional<session::InitiatorConnectionOutput> next_output();
  void transmit();
  Instant deadline() const { return connection_ ? connection_->deadline() : kNever; }
  void expire(Instant now);

 private:
  void on_connected(runtime::Connector& connector, int socket) override;
  void on_connect_failed(runtime::Connector& connector, const lunway::Error& error) override;
  void on_bytes(runtime::TcpStream& stream, Bytes bytes) override;
  void on_filled(runtime::TcpStream& stream) override;
  void on_sent(runtime::TcpStream& stream) override;
  void on_closed(runtime::TcpStream& stream, runtime::TcpStream::Closed closed) override;

  void feed(Bytes bytes);
  void feed_held();
  Instant clock() { return loop_.now(); }

  runtime::Loop& loop_;
  Owner& owner_;
  std::string portal_;
  std::unique_ptr<session::InitiatorConnection> connection_;
  std::optional<session::InitiatorClose> close_;
  wire::Cid cid_;
  bool logged_in_ = false;  // at some time
  std::unique_ptr<runtime::TcpStream> stream_;
  std::size_t sending_bytes_ = 0;
  std::vector<std::byte> held_;    // bytes that the engine does not take now
  std::size_t filling_bytes_ = 0;  // of a read straight into the engine's window
  runtime::Connector connector_;
};

}  // namespace lunway::initiator
