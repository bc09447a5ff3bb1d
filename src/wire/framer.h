// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Cuts a stream of bytes into PDUs. The stream comes in pieces of any size; data that belongs elsewhere goes there.
//= rfc7143#11.2
//
//   head ──► the whole PDU is there ──────────────────────────────────► WholePdu, nothing copied
//    └─────► the rest is still to come
//             ├─ streamed: PlaceNeeded, then place() or skip_data() ─┐
//             └─ otherwise: a buffer of the framer's own ────────────┴─► data, padding, digest ──► WholePdu

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "wire/additional_header.h"
#include "wire/digest.h"
#include "wire/header.h"

namespace lunway::wire {

/// All of the input is taken in; the step waits for more.
struct NeedBytes {};

/// One PDU, its digests and padding taken off. The views are valid until the next call to the framer.
struct WholePdu {
  HeaderView header;
  Bytes ahs{};
  /// DataSegmentLength bytes: in the input, in the framer's buffer, or at the place that the owner gave. Empty when
  /// the owner skipped the data.
  Bytes data{};
  /// False when there is a data digest and it is wrong. What to do then depends on the PDU.
  //= rfc7143#7.8
  bool data_digest_ok = true;
};

/// A streamed PDU has begun and its data is still to come: call place() or skip_data() before anything else. The views
/// are valid until the PDU is whole.
struct PlaceNeeded {
  HeaderView header;
  Bytes ahs{};
};

/// The stream cannot be followed any further: nobody knows where the next PDU begins. Every later step is the same.
struct FramingError {
  enum class Kind : std::uint8_t {
    header_digest,          // the header is damaged
    ahs_too_long,           // TotalAHSLength exceeds the limit
    data_segment_too_long,  // DataSegmentLength exceeds the limit
  };

  Kind kind;
  /// As received; after a wrong digest nothing in it can be trusted.
  HeaderView header;
};

using Step = std::variant<NeedBytes, WholePdu, PlaceNeeded, FramingError>;

/// One direction of one connection. Not thread-safe. Allocates only to gather a torn PDU that is not streamed, at most
/// the limit of the data segment, and frees that before the next PDU.
class Framer {
 public:
  struct Limits {
    /// Bytes; what this side declared as MaxRecvDataSegmentLength.
    std::uint32_t max_data_segment_length = 8192;
    /// Bytes; at most kMaxAhsSize.
    std::size_t max_ahs_length = kMaxAhsSize;
  };

  /// For PDUs with an opcode in `streamed`, the owner says where torn data goes.
  Framer(Limits limits, OpcodeSet streamed);

  /// Takes bytes from the front of `input` for at most one PDU. Call it again until it says NeedBytes: it may have a
  /// PDU to report without any input, after advanced(). Not while a PlaceNeeded waits for its answer.
  Step next(Bytes& input);

  /// Answers PlaceNeeded: the data of this PDU goes to `destination`, which has exactly DataSegmentLength bytes.
  void place(MutableBytes destination);
  /// Answers PlaceNeeded: the data of this PDU goes nowhere. Its digest is checked all the same.
  void skip_data();

  /// The part of the data segment's place that is still to be filled; empty when the next bytes belong elsewhere. The
  /// owner of the socket may read straight into it, and then calls advanced().
  MutableBytes window() const;
  /// The first `count` bytes of window() have been filled.
  void advanced(std::size_t count);

  /// True between two PDUs, when nothing of the next has come.
  bool is_idle() const { return stage_ == Stage::head && head_size_ == 0; }

  /// From the next PDU on. False, and nothing changes, in the midst of a PDU: then the peer sent something although
  /// the login was not over.
  [[nodiscard]] bool enable_digests(Digests digests);

  /// From the next header on.
  void set_max_data_segment_length(std::uint32_t length) { limits_.max_data_segment_length = length; }

 private:
  enum class Stage : std::uint8_t { head, awaiting_place, body, failed };

  static constexpr std::size_t kMaxHeadSize = kHeaderSize + kMaxAhsSize + kDigestSize;
  static constexpr std::size_t kMaxTailSize = kWordSize - 1 + kDigestSize;

  Step take_head(Bytes& input);
  Step gather_head(Bytes& input);
  Step begin_body(Bytes head, Bytes& input);
  Step take_body(Bytes& input);
  void take_data(Bytes& input);
  Step take_tail(Bytes& input);
  Step fail(FramingError::Kind kind, HeaderView header);

  bool exceeds_ahs_limit(HeaderView header) const;
  std::size_t head_size(HeaderView header) const;
  std::size_t tail_size(std::uint32_t data_length) const;
  bool head_is_intact(Bytes head) const;
  WholePdu whole(Bytes head, Bytes body) const;
  void hold_head(Bytes head);
  BasicHeader held_header() const { return BasicHeader(HeaderView(head_.data(), kHeaderSize)); }
  Bytes held_ahs() const { return Bytes(head_).subspan(kHeaderSize, held_header().total_ahs_length()); }

  Limits limits_;
  OpcodeSet streamed_;
  Digests digests_;
  Stage stage_ = Stage::head;
  FramingError::Kind error_{};

  // A head that came in pieces, or whose data is still to come: header, AHS, digest.
  std::array<std::byte, kMaxHeadSize> head_{};
  std::size_t head_size_ = 0;

  // The place of the data, nullptr when it is skipped, and how much of the data segment has come.
  std::byte* destination_ = nullptr;
  std::uint32_t data_received_ = 0;
  Crc32c data_crc_;
  std::unique_ptr<std::byte[]> buffer_;

  // Padding and data digest.
  std::array<std::byte, kMaxTailSize> tail_{};
  std::size_t tail_received_ = 0;
};

}  // namespace lunway::wire
