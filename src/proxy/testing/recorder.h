// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A watcher that remembers, and PDUs to show it. For tests and fuzzers.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/exchange.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/outgoing.h"

namespace lunway::proxy::testing {

class Recorder final : public Watcher {
 public:
  void on_opened(Instant /*when*/, std::uint64_t /*connection*/, const std::string& /*initiator*/,
                 const std::string& /*target*/) override {}
  void on_pdu(const SeenPdu& seen) override {
    opcodes.push_back(wire::BasicHeader(seen.pdu.header()).opcode());
    digests_ok.push_back(seen.data_digest_ok);
  }
  void on_passed(Instant /*when*/, std::uint64_t /*connection*/, wire::Role /*from*/, Bytes /*bytes*/) override {}
  void on_note(Instant /*when*/, std::uint64_t /*connection*/, std::string_view note) override {
    notes.emplace_back(note);
  }
  void on_closed(Instant /*when*/, std::uint64_t /*connection*/, std::string_view /*why*/) override {}
  void on_stopped() override {}

  std::vector<wire::Opcode> opcodes;
  std::vector<bool> digests_ok;
  std::vector<std::string> notes;
};

inline std::vector<std::byte> encoded(const wire::Header& header, std::string_view data, wire::Digests digests = {}) {
  const wire::EncodedPdu pdu(header, bytes_of(data), digests);
  std::vector<std::byte> bytes;
  for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  return bytes;
}

/// Pairs as they stand in a data segment.
inline std::string pairs(std::initializer_list<std::string_view> list) {
  std::string text;
  for (const std::string_view pair : list) text.append(pair).push_back('\0');
  return text;
}

inline constexpr wire::LoginFlags kToFullFeature{.transit = true,
                                                 .csg = wire::LoginStage::login_operational_negotiation,
                                                 .nsg = wire::LoginStage::full_feature_phase};

inline std::vector<std::byte> login_request(std::string_view text, wire::LoginFlags flags = kToFullFeature) {
  return encoded(wire::LoginRequest::build({.flags = flags, .cid = wire::Cid(7)}), text);
}

inline std::vector<std::byte> login_response(std::string_view text, wire::LoginFlags flags = kToFullFeature,
                                             wire::LoginStatus status = wire::LoginStatus::success) {
  return encoded(wire::LoginResponse::build({.flags = flags, .status = status}), text);
}

/// All that `from` has said and that may leave at `now`.
inline std::vector<std::byte> drain(Exchange& exchange, wire::Role from, Instant now) {
  std::vector<std::byte> bytes;
  for (auto pieces = exchange.outbox(from).begin_send(now); !pieces.empty();
       pieces = exchange.outbox(from).begin_send(now)) {
    for (const Bytes piece : pieces) bytes.insert(bytes.end(), piece.begin(), piece.end());
    exchange.outbox(from).sent();
  }
  return bytes;
}

}  // namespace lunway::proxy::testing
