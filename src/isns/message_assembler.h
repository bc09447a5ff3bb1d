// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Finds messages in the byte stream of a TCP connection: PDUs cut anywhere, a message in one PDU or several.
//= rfc4171#5.2

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "isns/message.h"
#include "isns/pdu_header.h"

namespace lunway::isns {

/// A message as it came: for answers, a status and attributes follow.
struct ReceivedMessage {
  std::uint16_t function = 0;
  std::uint16_t transaction_id = 0;
  std::vector<std::byte> payload;

  bool is_response() const { return (function & kResponseBit) != 0; }
};

/// The status and the attributes of an answer: views into its payload.
struct Response {
  Status status{};
  Bytes attributes;

  //= rfc4171#5.7
  static std::expected<Response, Violation> parse(Bytes payload);
};

class MessageAssembler {
 public:
  /// Takes bytes off the front of `bytes`, at most up to the end of a message, which it then returns. Nothing: all
  /// bytes are taken and more are needed. After a violation the stream cannot be read on: close the connection.
  std::expected<std::optional<ReceivedMessage>, Violation> take(Bytes& bytes);

 private:
  std::optional<Violation> begin_pdu();
  std::optional<Violation> check_order(const PduHeader& header) const;

  std::array<std::byte, kHeaderBytes> header_bytes_{};
  std::size_t header_filled_ = 0;
  std::size_t payload_left_ = 0;      // of the current PDU
  std::optional<PduHeader> current_;  // its header, once whole; then the last one of the message
  bool in_message_ = false;           // a PDU of it has come that was not the last
  ReceivedMessage message_;
};

}  // namespace lunway::isns
