// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A byte stream of PDUs and a reader that drives a Framer over it, for whatever feeds a framer: tests and fuzzers.

#pragma once

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>
#include <vector>

#include "wire/framer.h"
#include "wire/outgoing.h"

namespace lunway::wire::testing {

inline void append(std::vector<std::byte>& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

inline void append(std::vector<std::byte>& to, const EncodedPdu& pdu) {
  for (const Bytes piece : pdu.pieces()) append(to, piece);
}

/// A PDU with copies of all its parts.
struct ReceivedPdu {
  Header header{};
  std::vector<std::byte> ahs;
  std::vector<std::byte> data;
  bool data_digest_ok = true;

  friend bool operator==(const ReceivedPdu&, const ReceivedPdu&) = default;
};

/// What the reader does with the data of a streamed PDU.
enum class Placing {
  copied,  // place(), and all bytes go through next()
  window,  // place(), and bytes are read straight into window()
  skipped,
};

class StreamReader {
 public:
  StreamReader(Framer& framer, Placing placing) : framer_(framer), placing_(placing) {}

  /// Takes all of `piece`, which may be gone afterwards.
  void feed(Bytes piece) {
    while (!error_) {
      if (placing_ == Placing::window) piece = piece.subspan(fill_window(piece));
      const Step step = framer_.next(piece);
      if (std::holds_alternative<NeedBytes>(step)) {
        assert(piece.empty());
        return;
      }
      if (const auto* pdu = std::get_if<WholePdu>(&step)) keep(*pdu);
      if (const auto* wanted = std::get_if<PlaceNeeded>(&step)) answer(*wanted);
      if (const auto* error = std::get_if<FramingError>(&step)) error_ = error->kind;
    }
  }

  const std::vector<ReceivedPdu>& pdus() const { return pdus_; }
  std::optional<FramingError::Kind> error() const { return error_; }
  /// How many PDUs asked for a place.
  int placed() const { return placed_; }

 private:
  std::size_t fill_window(Bytes piece) {
    const std::size_t count = copy_bytes(framer_.window(), piece);
    framer_.advanced(count);
    return count;
  }

  void keep(const WholePdu& pdu) {
    ReceivedPdu copy;
    copy_bytes(copy.header, pdu.header);
    append(copy.ahs, pdu.ahs);
    append(copy.data, pdu.data);
    copy.data_digest_ok = pdu.data_digest_ok;
    pdus_.push_back(std::move(copy));
  }

  void answer(const PlaceNeeded& wanted) {
    ++placed_;
    if (placing_ == Placing::skipped) return framer_.skip_data();
    destination_.assign(BasicHeader(wanted.header).data_segment_length(), std::byte{0xee});
    framer_.place(destination_);
  }

  Framer& framer_;
  Placing placing_;
  std::vector<std::byte> destination_;
  std::vector<ReceivedPdu> pdus_;
  std::optional<FramingError::Kind> error_;
  int placed_ = 0;
};

}  // namespace lunway::wire::testing
