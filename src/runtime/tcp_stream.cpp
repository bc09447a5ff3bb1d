// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/tcp_stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lunway::runtime {

namespace {

/// Room for pieces that a stream keeps between sends; a larger list is given back.
constexpr std::size_t kPiecesKept = 64;

TcpStream::End end_for(int error) {
  switch (error) {
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return TcpStream::End::peer_reset;
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return TcpStream::End::timed_out;
    default:
      return TcpStream::End::failed;
  }
}

}  // namespace

TcpStream::TcpStream(Ring& ring, int socket, Owner& owner) : ring_(ring), owner_(owner), socket_(socket) {
  const int one = 1;  // a PDU leaves when it is sent, and does not wait for the answer to the last one
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

TcpStream::~TcpStream() {
  assert((state_ == State::fresh || state_ == State::ended) && !send_.in_flight());
  if (socket_ >= 0) ::close(socket_);
}

void TcpStream::start() {
  assert(state_ == State::fresh);
  state_ = State::open;
  keep_receiving();
}

void TcpStream::receive_into(MutableBytes place) {
  assert(place_.empty() && !is_filled_ && !place.empty());
  place_ = place;
}

void TcpStream::pause() {
  if (std::exchange(paused_, true)) return;
  ring_.cancel(receive_);
  ring_.cancel(fill_);
}

void TcpStream::resume() {
  if (!std::exchange(paused_, false) || is_closing() || resume_.in_flight()) return;
  ring_.defer(resume_);
}

void TcpStream::send(std::span<const Bytes> pieces) {
  assert(!send_.in_flight() && !finish_sending_ && state_ != State::fresh && state_ != State::releasing);
  if (is_closing()) return;  // it failed meanwhile; on_closed() is on its way
  pieces_.clear();
  for (const Bytes piece : pieces) {
    pieces_.push_back({.iov_base = const_cast<std::byte*>(piece.data()), .iov_len = piece.size()});
  }
  ring_.send(send_, socket_, pieces_);
}

void TcpStream::finish_sending() {
  if (std::exchange(finish_sending_, true) || send_.in_flight() || is_closing()) return;
  ::shutdown(socket_, SHUT_WR);
}

void TcpStream::close() { begin_close({}); }

void TcpStream::reset() {
  if (is_closing()) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void TcpStream::release() {
  assert(state_ == State::open && !send_.in_flight() && place_.empty());
  state_ = State::releasing;
  paused_ = false;
  ring_.cancel(receive_);
  if (!resume_.in_flight()) ring_.defer(resume_);
}

void TcpStream::received(const Outcome& outcome) {
  if (outcome.ok() && outcome.bytes.empty()) finished_by_peer_ = true;
  deliver(outcome.bytes);
  receive_ended(outcome.error);
}

void TcpStream::filled(const Outcome& outcome) {
  place_ = place_.subspan(outcome.value);
  is_filled_ = place_.empty();
  if (outcome.ok() && !is_filled_) finished_by_peer_ = true;
  receive_ended(outcome.error);
}

void TcpStream::resumed(const Outcome& /*outcome*/) {
  tell_filled();
  const std::vector<std::byte> held = std::exchange(held_, {});
  deliver(held);
  receive_ended(0);
}

/// The way on from every end of a receiving operation.
void TcpStream::receive_ended(int error) {
  if (error != 0 && error != ECANCELED) begin_close({end_for(error), error});
  tell_filled();
  tell_finished();
  if (state_ == State::open) return keep_receiving();
  settle();
}

void TcpStream::deliver(Bytes bytes) {
  while (!bytes.empty() && !is_closing()) {
    if (paused_) {
      held_.insert(held_.end(), bytes.begin(), bytes.end());
      return;
    }
    if (place_.empty()) {
      owner_.on_bytes(*this, std::exchange(bytes, {}));
    } else {
      fill_place(bytes);
    }
  }
}

void TcpStream::fill_place(Bytes& bytes) {
  const std::size_t count = copy_bytes(place_, bytes);
  bytes = bytes.subspan(count);
  place_ = place_.subspan(count);
  is_filled_ = place_.empty();
  tell_filled();
}

/// If it has just come up, or a pause has kept it from the owner.
void TcpStream::tell_filled() {
  if (!is_filled_ || paused_ || is_closing()) return;
  is_filled_ = false;
  owner_.on_filled(*this);
}

void TcpStream::tell_finished() {
  if (!finished_by_peer_ || finish_is_told_ || !held_.empty() || paused_ || is_closing()) return;
  finish_is_told_ = true;
  owner_.on_peer_finished(*this);
}

void TcpStream::keep_receiving() {
  if (paused_ || finished_by_peer_ || receive_.in_flight() || fill_.in_flight()) return;
  if (place_.empty()) {
    ring_.receive_lent(receive_, socket_);
  } else {
    ring_.receive(fill_, socket_, place_);
  }
}

void TcpStream::sent(const Outcome& outcome) {
  if (pieces_.capacity() > kPiecesKept) pieces_ = {};
  if (!outcome.ok()) begin_close({end_for(outcome.error), outcome.error});
  if (is_closing()) return settle();
  if (finish_sending_) ::shutdown(socket_, SHUT_WR);
  owner_.on_sent(*this);
}

void TcpStream::begin_close(Closed why) {
  if (is_closing()) return;
  if (why.end == End::closed && finished_by_peer_) why.end = End::peer_finished;
  closed_ = why;
  state_ = State::closing;
  ring_.cancel(receive_);
  ring_.cancel(fill_);
  ring_.cancel(send_);
  settle();
}

/// The last step of closing and releasing, once nothing is in flight any more.
void TcpStream::settle() {
  if (receive_.in_flight() || fill_.in_flight() || resume_.in_flight() || send_.in_flight() || close_.in_flight())
    return;
  if (state_ == State::closing) return ring_.close(close_, socket_);
  state_ = State::ended;
  ring_.forget(socket_);
  owner_.on_released(*this, std::exchange(socket_, -1));
}

void TcpStream::closed(const Outcome& /*outcome*/) {
  state_ = State::ended;
  socket_ = -1;
  owner_.on_closed(*this, closed_);
}

void limit_silence(int socket, std::chrono::seconds silence) {
  const auto seconds = static_cast<int>(silence.count());
  const int one = 1;
  const int idle = std::max(1, seconds / 2);
  const int probes = 4;
  const int interval = std::max(1, (seconds - idle) / probes);
  const unsigned timeout_ms = static_cast<unsigned>(seconds) * 1000U;
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

std::string to_string(TcpStream::Closed closed) {
  const std::string words = closed.error != 0 ? std::string(": ") + std::strerror(closed.error) : std::string();
  switch (closed.end) {
    case TcpStream::End::closed:
      return "closed";
    case TcpStream::End::peer_finished:
      return "the peer finished";
    case TcpStream::End::peer_reset:
      return "the peer reset the connection" + words;
    case TcpStream::End::timed_out:
      return "the peer does not answer" + words;
    case TcpStream::End::failed:
      return "the connection failed" + words;
  }
  return "?";
}

}  // namespace lunway::runtime
