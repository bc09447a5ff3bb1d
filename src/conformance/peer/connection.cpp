// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/peer/connection.h"

#include <algorithm>
#include <thread>
#include <tuple>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "runtime/clock.h"

namespace lunway::conformance {
namespace {

constexpr std::size_t kReadSize = std::size_t{256} << 10;
constexpr Duration kSendLimit = std::chrono::seconds(5);

wire::Role peer_of(wire::Role role) {
  return role == wire::Role::initiator ? wire::Role::target : wire::Role::initiator;
}

bool digest_matches(Bytes covered, Bytes digest) {
  Crc32c crc;
  crc.update(covered);
  return wire::matches(crc, digest);
}

}  // namespace

std::string describe(const Arrival& arrival) {
  switch (arrival.kind) {
    case Arrival::Kind::pdu:
      return summary_of(arrival.pdu);
    case Arrival::Kind::closed:
      return "the connection was closed";
    case Arrival::Kind::reset:
      return "the connection was reset";
    case Arrival::Kind::silence:
      break;
  }
  return "nothing";
}

Connection::Connection(runtime::BlockingStream stream, wire::Role role, Exchange& exchange)
    : stream_(std::move(stream)), role_(role), exchange_(exchange), number_(exchange.next_connection()) {
  exchange_.add(event(Event::Kind::opened, wire::Role::initiator));
}

void Connection::send(const Pdu& pdu) {
  std::vector<std::byte> bytes = encode(pdu, digests_);
  transmit(bytes);
  record_sent(pdu, std::move(bytes));
}

void Connection::send_together(std::initializer_list<Pdu> pdus) {
  std::vector<std::byte> all;
  for (const Pdu& pdu : pdus) {
    std::vector<std::byte> bytes = encode(pdu, digests_);
    all.insert(all.end(), bytes.begin(), bytes.end());
    record_sent(pdu, std::move(bytes));
  }
  transmit(all);
}

void Connection::send_in_pieces(const Pdu& pdu, std::size_t size, Duration pause) {
  std::vector<std::byte> bytes = encode(pdu, digests_);
  Bytes rest(bytes);
  while (!rest.empty()) {
    const std::size_t count = std::min(size, rest.size());
    transmit(rest.first(count));
    rest = rest.subspan(count);
    if (pause > Duration::zero()) std::this_thread::sleep_for(pause);
  }
  record_sent(pdu, std::move(bytes));
}

void Connection::send_beginning(const Pdu& pdu, std::size_t count) {
  const std::vector<std::byte> bytes = encode(pdu, digests_);
  send_bytes(Bytes(bytes).first(std::min(count, bytes.size())));
}

void Connection::send_bytes(Bytes bytes) {
  transmit(bytes);
  Event sent = event(Event::Kind::bytes, role_);
  sent.bytes.assign(bytes.begin(), bytes.end());
  exchange_.add(std::move(sent));
}

Arrival Connection::receive(Duration within) {
  const Instant deadline = runtime::read_clock() + within;
  for (;;) {
    if (const std::optional<std::size_t> size = whole_size()) return {Arrival::Kind::pdu, take_pdu(*size)};
    if (ended_as_) return {*ended_as_};
    if (!stream_.is_open()) return end(Arrival::Kind::closed);

    const std::size_t held = buffer_.size();
    buffer_.resize(held + kReadSize);
    const Duration left = std::max(Duration::zero(), deadline - runtime::read_clock());
    const auto received = stream_.receive(MutableBytes(buffer_).subspan(held), left);
    buffer_.resize(held + received.count);
    switch (received.what) {
      case runtime::BlockingStream::Arrival::bytes:
        break;
      case runtime::BlockingStream::Arrival::end:
        return end(buffer_.empty() ? Arrival::Kind::closed : Arrival::Kind::reset);
      case runtime::BlockingStream::Arrival::reset:
        return end(Arrival::Kind::reset);
      case runtime::BlockingStream::Arrival::nothing:
        return {Arrival::Kind::silence};
    }
  }
}

void Connection::finish_sending() { stream_.finish_sending(); }

void Connection::close() {
  if (!stream_.is_open()) return;
  stream_.close();
  if (!ended_) exchange_.add(event(Event::Kind::closed, role_));
  ended_ = true;
}

void Connection::reset() {
  if (!stream_.is_open()) return;
  stream_.reset();
  if (!ended_) exchange_.add(event(Event::Kind::closed, role_));
  ended_ = true;
}

Event Connection::event(Event::Kind kind, wire::Role sender) const {
  Event event{.kind = kind, .when = runtime::read_clock()};
  event.connection = number_;
  event.sender = sender;
  event.digests = digests_;
  event.by_script = sender == role_;
  return event;
}

void Connection::transmit(Bytes bytes) {
  // A peer that has gone away is no surprise here: the script sees it when it looks for the answer.
  if (stream_.is_open()) std::ignore = stream_.send(bytes, kSendLimit);
}

void Connection::record_sent(const Pdu& pdu, std::vector<std::byte> bytes) {
  Event sent = event(Event::Kind::pdu, role_);
  sent.pdu = pdu;
  wire::set_total_ahs_length_words(sent.pdu.header, std::to_integer<std::uint8_t>(bytes[4]));
  copy_bytes(MutableBytes(sent.pdu.header).subspan(5, 3), Bytes(bytes).subspan(5, 3));
  sent.bytes = std::move(bytes);
  exchange_.add(std::move(sent));
}

std::optional<std::size_t> Connection::whole_size() const {
  if (buffer_.size() < wire::kHeaderSize) return std::nullopt;
  const wire::BasicHeader header(wire::HeaderView(buffer_.data(), wire::kHeaderSize));
  const std::size_t data = header.data_segment_length();
  std::size_t size = wire::kHeaderSize + header.total_ahs_length() + wire::padded(data);
  if (digests_.header) size += wire::kDigestSize;
  if (digests_.data && data != 0) size += wire::kDigestSize;
  return buffer_.size() >= size ? std::optional(size) : std::nullopt;
}

Pdu Connection::take_pdu(std::size_t size) {
  const Bytes whole = Bytes(buffer_).first(size);
  Pdu pdu;
  copy_bytes(pdu.header, whole);
  const wire::BasicHeader header(wire::HeaderView(whole.data(), wire::kHeaderSize));
  const std::size_t head = wire::kHeaderSize + header.total_ahs_length();
  const std::size_t length = header.data_segment_length();
  pdu.ahs.assign(whole.begin() + wire::kHeaderSize, whole.begin() + static_cast<std::ptrdiff_t>(head));

  Bytes rest = whole.subspan(head);
  if (digests_.header) {
    pdu.header_digest_ok = digest_matches(whole.first(head), rest.first(wire::kDigestSize));
    rest = rest.subspan(wire::kDigestSize);
  }
  pdu.with_data(rest.first(length));
  pdu.padding_is_zero = std::ranges::all_of(rest.subspan(length, wire::padded(length) - length),
                                            [](std::byte byte) { return byte == std::byte{0}; });
  if (digests_.data && length != 0) {
    pdu.data_digest_ok = digest_matches(rest.first(wire::padded(length)), rest.subspan(wire::padded(length)));
  }

  Event received = event(Event::Kind::pdu, peer_of(role_));
  received.pdu = pdu;
  received.bytes.assign(whole.begin(), whole.end());
  exchange_.add(std::move(received));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size));
  return pdu;
}

Arrival Connection::end(Arrival::Kind how) {
  ended_as_ = how;
  if (!ended_) exchange_.add(event(Event::Kind::closed, peer_of(role_)));
  ended_ = true;
  return {how};
}

}  // namespace lunway::conformance
