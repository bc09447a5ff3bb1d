// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "wire/framer.h"

#include <algorithm>
#include <cassert>

namespace lunway::wire {
namespace {

// Moves bytes from `input` to the end of what `to` holds, up to `want` bytes in all. True when they are all there.
bool gather(MutableBytes to, std::size_t& have, std::size_t want, Bytes& input) {
  const std::size_t count = copy_bytes(to.first(want).subspan(have), input);
  have += count;
  input = input.subspan(count);
  return have == want;
}

}  // namespace

Framer::Framer(Limits limits, OpcodeSet streamed) : limits_(limits), streamed_(streamed) {
  assert(limits.max_ahs_length <= kMaxAhsSize);
}

Step Framer::next(Bytes& input) {
  assert(stage_ != Stage::awaiting_place && "PlaceNeeded waits for place() or skip_data()");
  switch (stage_) {
    case Stage::head:
      return take_head(input);
    case Stage::awaiting_place:
    case Stage::body:
      return take_body(input);
    case Stage::failed:
      break;
  }
  return FramingError{error_, held_header().header()};
}

void Framer::place(MutableBytes destination) {
  assert(stage_ == Stage::awaiting_place && destination.size() == held_header().data_segment_length());
  destination_ = destination.data();
  stage_ = Stage::body;
}

void Framer::skip_data() {
  assert(stage_ == Stage::awaiting_place);
  destination_ = nullptr;
  stage_ = Stage::body;
}

MutableBytes Framer::window() const {
  if (stage_ != Stage::body || destination_ == nullptr) return {};
  return MutableBytes(destination_, held_header().data_segment_length()).subspan(data_received_);
}

void Framer::advanced(std::size_t count) {
  assert(count <= window().size());
  if (digests_.data) data_crc_.update(window().first(count));
  data_received_ += static_cast<std::uint32_t>(count);
}

bool Framer::enable_digests(Digests digests) {
  if (!is_idle()) return false;
  digests_ = digests;
  return true;
}

Step Framer::take_head(Bytes& input) {
  buffer_.reset();
  // The usual way needs no copy: the head lies in the input as a whole.
  if (head_size_ == 0 && input.size() >= kHeaderSize) {
    const HeaderView header = input.first<kHeaderSize>();
    if (exceeds_ahs_limit(header)) return fail(FramingError::Kind::ahs_too_long, header);
    if (input.size() >= head_size(header)) {
      const Bytes head = input.first(head_size(header));
      input = input.subspan(head.size());
      return begin_body(head, input);
    }
  }
  return gather_head(input);
}

Step Framer::gather_head(Bytes& input) {
  if (head_size_ < kHeaderSize && !gather(head_, head_size_, kHeaderSize, input)) return NeedBytes{};
  const HeaderView header = held_header().header();
  if (exceeds_ahs_limit(header)) return fail(FramingError::Kind::ahs_too_long, header);
  if (!gather(head_, head_size_, head_size(header), input)) return NeedBytes{};
  return begin_body(Bytes(head_).first(head_size_), input);
}

Step Framer::begin_body(Bytes head, Bytes& input) {
  const HeaderView header = head.first<kHeaderSize>();
  if (!head_is_intact(head)) return fail(FramingError::Kind::header_digest, header);
  const std::uint32_t length = BasicHeader(header).data_segment_length();
  if (length > limits_.max_data_segment_length) return fail(FramingError::Kind::data_segment_too_long, header);

  const std::size_t body_size = length + tail_size(length);
  if (input.size() >= body_size) {
    head_size_ = 0;
    const Bytes body = input.first(body_size);
    input = input.subspan(body_size);
    return whole(head, body);
  }

  hold_head(head);
  data_received_ = 0;
  data_crc_ = Crc32c();
  tail_received_ = 0;
  if (streamed_.contains(held_header().opcode())) {
    stage_ = Stage::awaiting_place;
    return PlaceNeeded{held_header().header(), held_ahs()};
  }
  buffer_ = std::make_unique_for_overwrite<std::byte[]>(length);
  destination_ = buffer_.get();
  stage_ = Stage::body;
  return take_body(input);
}

Step Framer::take_body(Bytes& input) {
  take_data(input);
  if (data_received_ < held_header().data_segment_length()) return NeedBytes{};
  return take_tail(input);
}

void Framer::take_data(Bytes& input) {
  const std::size_t missing = held_header().data_segment_length() - data_received_;
  const Bytes piece = input.first(std::min(missing, input.size()));
  input = input.subspan(piece.size());
  if (destination_ != nullptr) copy_bytes(window(), piece);
  if (digests_.data) data_crc_.update(piece);
  data_received_ += static_cast<std::uint32_t>(piece.size());
}

Step Framer::take_tail(Bytes& input) {
  const std::uint32_t length = held_header().data_segment_length();
  if (!gather(tail_, tail_received_, tail_size(length), input)) return NeedBytes{};
  WholePdu pdu{.header = held_header().header(), .ahs = held_ahs()};
  if (destination_ != nullptr) pdu.data = Bytes(destination_, length);
  if (digests_.data) {
    const Bytes tail = Bytes(tail_).first(tail_received_);
    data_crc_.update(tail.first(tail.size() - kDigestSize));
    pdu.data_digest_ok = matches(data_crc_, tail.last(kDigestSize));
  }
  stage_ = Stage::head;
  head_size_ = 0;
  return pdu;
}

Step Framer::fail(FramingError::Kind kind, HeaderView header) {
  hold_head(header);
  stage_ = Stage::failed;
  error_ = kind;
  return FramingError{kind, held_header().header()};
}

bool Framer::exceeds_ahs_limit(HeaderView header) const {
  return BasicHeader(header).total_ahs_length() > limits_.max_ahs_length;
}

std::size_t Framer::head_size(HeaderView header) const {
  return kHeaderSize + BasicHeader(header).total_ahs_length() + (digests_.header ? kDigestSize : 0);
}

std::size_t Framer::tail_size(std::uint32_t data_length) const {
  // "A zero-length Data Segment also implies a zero-length Data-Digest."
  if (data_length == 0) return 0;
  return padded(data_length) - data_length + (digests_.data ? kDigestSize : 0);
}

bool Framer::head_is_intact(Bytes head) const {
  if (!digests_.header) return true;
  Crc32c crc;
  crc.update(head.first(head.size() - kDigestSize));
  return matches(crc, head.last(kDigestSize));
}

WholePdu Framer::whole(Bytes head, Bytes body) const {
  const HeaderView header = head.first<kHeaderSize>();
  const BasicHeader basic(header);
  WholePdu pdu{.header = header,
               .ahs = head.subspan(kHeaderSize, basic.total_ahs_length()),
               .data = body.first(basic.data_segment_length())};
  if (digests_.data && !body.empty()) {
    Crc32c crc;
    crc.update(body.first(body.size() - kDigestSize));
    pdu.data_digest_ok = matches(crc, body.last(kDigestSize));
  }
  return pdu;
}

void Framer::hold_head(Bytes head) {
  if (head.data() != head_.data()) copy_bytes(head_, head);
  head_size_ = head.size();
}

}  // namespace lunway::wire
