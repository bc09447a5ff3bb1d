// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One connected TCP socket on one ring, driven by its owner.
//
// Life: made with a connected socket, which it owns from then on. start() begins to receive. It ends by close(), or by
// itself when the connection fails; in either case on_closed() comes exactly once, last, and only then may the stream
// be destroyed (inside on_closed() too). No callback comes out of a call to the stream: all come out of Ring::run().
//
// An idle stream holds no receive buffer: bytes arrive in one that the ring lends for the length of on_bytes().

#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "runtime/ring.h"

namespace lunway::runtime {

class TcpStream {
 public:
  /// Why a stream came to its end: what happened first.
  enum class End : std::uint8_t {
    closed,         // the owner closed it
    peer_finished,  // the peer ended its direction, in order
    peer_reset,     // the peer, or something on the way, tore the connection down
    timed_out,      // the peer stopped answering (keep-alive, retransmission)
    failed,         // anything else; see Closed::error
  };

  struct Closed {
    End end = End::closed;
    int error = 0;  // errno for peer_reset, timed_out, failed
  };

  class Owner {
   public:
    /// Bytes from the peer, cut anywhere, never none. Gone when the call returns.
    virtual void on_bytes(TcpStream& stream, Bytes bytes) = 0;

    /// The place named by receive_into() is full.
    virtual void on_filled(TcpStream& stream) = 0;

    /// All of the last send() is with the kernel; its memory is the owner's again.
    virtual void on_sent(TcpStream& stream) = 0;

    /// The peer will send no more. An owner that has something left to say overrides this and closes later.
    virtual void on_peer_finished(TcpStream& stream) { stream.close(); }

    /// The end. All memory that was named to the stream is the owner's again.
    virtual void on_closed(TcpStream& stream, Closed closed) = 0;

    /// The end after release(): the connected socket now belongs to the owner.
    virtual void on_released(TcpStream& /*stream*/, int /*socket*/) {}

   protected:
    ~Owner() = default;
  };

  TcpStream(Ring& ring, int socket, Owner& owner);
  /// Only after on_closed() or on_released(), or before start(): then it closes the socket.
  ~TcpStream();
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  void start();

  /// The next place.size() bytes of the stream go there, then on_filled(); after that on_bytes() again. Called in
  /// on_bytes() or on_filled(), they go there without a copy. `place` is not empty and stays valid until on_filled() or
  /// the end.
  void receive_into(MutableBytes place);

  /// Back-pressure: no on_bytes(), on_filled() or on_peer_finished() between the two. May be repeated.
  void pause();
  void resume();

  /// After start(). Sends all pieces in order. One at a time: wait for on_sent(). The bytes (not the list of them) stay
  /// valid until then.
  void send(std::span<const Bytes> pieces);
  bool is_sending() const { return send_.in_flight(); }

  /// Ends our direction (FIN) when what is being sent is out. Bytes of the peer still arrive. Nothing may be sent
  /// after.
  void finish_sending();

  /// Drops what is not sent yet and closes. From anywhere, any number of times. Bytes of the peer that nobody has read
  /// make the system send a reset, which may overtake our last words: where they matter, finish_sending() first and
  /// close when the peer has finished too, or took too long.
  void close();

  /// As close(), but the peer sees a reset (RST).
  void reset();

  /// Gives the socket away, to go on elsewhere: another ring, another shard. Ends a pause. Bytes that were received
  /// already are still delivered; then on_released() comes, or on_closed() if the connection ended first. Not while
  /// sending, nor with a place to fill.
  void release();

  bool is_closing() const { return state_ == State::closing || state_ == State::ended; }
  int socket() const { return socket_; }

 private:
  enum class State : std::uint8_t { fresh, open, releasing, closing, ended };

  void received(const Outcome& outcome);
  void filled(const Outcome& outcome);
  void resumed(const Outcome& outcome);
  void sent(const Outcome& outcome);
  void closed(const Outcome& outcome);

  void deliver(Bytes bytes);
  void fill_place(Bytes& bytes);
  void receive_ended(int error);
  void tell_filled();
  void tell_finished();
  void keep_receiving();
  void begin_close(Closed why);
  void settle();

  Ring& ring_;
  Owner& owner_;
  int socket_;
  State state_ = State::fresh;
  bool paused_ = false;
  bool is_filled_ = false;         // on_filled() is due
  bool finished_by_peer_ = false;  // and on_peer_finished() is due, until told
  bool finish_is_told_ = false;
  bool finish_sending_ = false;
  Closed closed_;
  MutableBytes place_;           // what is left of receive_into()
  std::vector<std::byte> held_;  // arrived after pause()
  std::vector<iovec> pieces_;    // of the send in flight
  Operation receive_ = Operation::calling<&TcpStream::received>(this);
  Operation fill_ = Operation::calling<&TcpStream::filled>(this);
  Operation resume_ = Operation::calling<&TcpStream::resumed>(this);
  Operation send_ = Operation::calling<&TcpStream::sent>(this);
  Operation close_ = Operation::calling<&TcpStream::closed>(this);
};

/// Gives a connection up whose peer has not answered for `silence`, idle or not (keep-alive, user timeout).
void limit_silence(int socket, std::chrono::seconds silence);

/// "closed", "the peer finished", ..., with the system's words for an error.
std::string to_string(TcpStream::Closed closed);

}  // namespace lunway::runtime
