// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The other side of a conversation: reads what a client sent, writes what a server would answer. For tests and fuzzers.

#pragma once

#include <string>
#include <vector>

#include "base/big_endian.h"
#include "isns/attribute.h"
#include "isns/message_assembler.h"
#include "isns/pdu_header.h"

namespace lunway::isns::testing {

inline std::vector<std::byte> pdu(const PduHeader& header, Bytes payload) {
  const auto head = header.encode();
  std::vector<std::byte> bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

/// An answer in one PDU.
inline std::vector<std::byte> response(Function function, std::uint16_t transaction_id, Status status,
                                       const AttributeWriter& attributes = {}) {
  std::vector<std::byte> payload(4);
  store_be32(payload.data(), static_cast<std::uint32_t>(status));
  payload.insert(payload.end(), attributes.bytes().begin(), attributes.bytes().end());
  return pdu({.function = static_cast<std::uint16_t>(static_cast<std::uint16_t>(function) | kResponseBit),
              .length = static_cast<std::uint16_t>(payload.size()),
              .flags = flag::kFromServer | flag::kFirstPdu | flag::kLastPdu,
              .transaction_id = transaction_id,
              .sequence_id = 0},
             payload);
}

/// The attributes as text: "32=iqn.a; 1=iqn.a; 0; 51=2; 50=3260; ...".
inline std::string listing(Bytes attributes) {
  AttributeReader reader(attributes);
  std::string text;
  while (const auto attribute = reader.next()) {
    if (!text.empty()) text += "; ";
    text += std::to_string(static_cast<std::uint32_t>(attribute->tag));
    if (attribute->value.empty()) continue;
    text += '=';
    if (const auto address = attribute->ip_address()) {
      text += "." + std::to_string(std::to_integer<unsigned>(address->back()));
    } else if (const auto words = attribute->text(); words && !words->empty()) {
      text += *words;
    } else if (const auto number = attribute->number()) {
      text += std::to_string(*number);
    } else {
      text += '?';
    }
  }
  return text;
}

}  // namespace lunway::isns::testing
