// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// TCP for linear programs: each call ends when it is done or when its time is over. Whoever serves many at once uses
// TcpStream and Listener.

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/result.h"
#include "runtime/address.h"

namespace lunway::runtime {

/// One connection; its socket is closed with it. Not thread-safe. What is sent leaves at once: no call waits for
/// another to fill a segment.
class BlockingStream {
 public:
  enum class Arrival : std::uint8_t {
    bytes,   // some came
    end,     // the peer has closed its side
    reset,   // the connection was reset, or another error ended it
    nothing  // the time is over
  };
  struct Received {
    Arrival what;
    std::size_t count = 0;
  };

  static Result<BlockingStream> connect(const Address& to, Duration within);
  /// Takes over a connected socket.
  explicit BlockingStream(int socket);
  BlockingStream(BlockingStream&& other) noexcept;
  BlockingStream& operator=(BlockingStream&& other) noexcept;
  BlockingStream(const BlockingStream&) = delete;
  BlockingStream& operator=(const BlockingStream&) = delete;
  ~BlockingStream();

  /// All of `bytes`, or an error: the peer is gone, or took nothing for so long.
  Result<> send(Bytes bytes, Duration within);
  /// Up to the size of `into`, as soon as there is something.
  Received receive(MutableBytes into, Duration within);

  /// True as soon as one of `streams` has something to receive(), its end included.
  static bool wait_for_any(std::initializer_list<const BlockingStream*> streams, Duration within);

  /// No more is sent; what comes can still be received.
  void finish_sending();
  /// Ends the connection with a TCP reset: what was not delivered is lost.
  void reset();
  void close();
  bool is_open() const { return socket_ >= 0; }

  Result<Address> local_address() const { return Address::local_of(socket_); }

 private:
  int socket_ = -1;
};

/// A listening socket for linear programs.
class BlockingListener {
 public:
  /// Port 0 lets the system choose.
  static Result<BlockingListener> open(const Address& address);
  BlockingListener(BlockingListener&& other) noexcept;
  BlockingListener& operator=(BlockingListener&& other) noexcept;
  BlockingListener(const BlockingListener&) = delete;
  BlockingListener& operator=(const BlockingListener&) = delete;
  ~BlockingListener();

  const Address& address() const { return address_; }
  /// ETIMEDOUT when nobody came.
  Result<BlockingStream> accept(Duration within);

 private:
  BlockingListener(int socket, const Address& address) : socket_(socket), address_(address) {}

  int socket_ = -1;
  Address address_;
};

}  // namespace lunway::runtime
