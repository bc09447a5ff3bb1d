// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Cuts one direction of a connection into PDUs and keeps every byte of them.
//= rfc7143#11.2

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/framer.h"

namespace lunway::proxy {

/// One whole PDU, or bytes that belong to none.
struct Piece {
  std::vector<std::byte> bytes{};
  bool is_pdu = false;
  /// Of a PDU: which digests it carries, and whether that of its data is right.
  wire::Digests digests{};
  bool data_digest_ok = true;
};

class Cutter {
 public:
  Cutter();

  /// Takes from the front of `input` up to the end of the next piece. Nothing: all of the input is taken, and the PDU
  /// goes on. Holds at most one PDU, which its 24-bit length limits to 16 MiB.
  std::optional<Piece> next(Bytes& input);

  /// From the next PDU on. Where that is not possible, because one has begun, the stream counts as lost.
  void enable_digests(wire::Digests digests);

  /// What has come of a PDU that will not be whole any more: its sender has finished.
  std::vector<std::byte> take_rest();

  /// Why PDUs cannot be found any more; empty while they can. From then on every piece is bytes as they come.
  std::string_view lost() const { return lost_; }

 private:
  wire::Framer framer_;
  wire::Digests digests_;
  std::vector<std::byte> gathered_;
  std::string_view lost_;
};

}  // namespace lunway::proxy
