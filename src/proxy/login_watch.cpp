// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/login_watch.h"

#include <utility>

#include "text/value.h"
#include "wire/login_request.h"
#include "wire/login_response.h"

namespace lunway::proxy {
namespace {

bool begins_full_feature_phase(wire::LoginResponse response) {
  return response.flags().transit && response.flags().nsg == wire::LoginStage::full_feature_phase &&
         response.status() == wire::LoginStatus::success;
}

}  // namespace

bool LoginWatch::see(wire::Role sender, wire::HeaderView header, Bytes data) {
  const wire::Opcode opcode = wire::BasicHeader(header).opcode();
  const bool is_request = sender == wire::Role::initiator && opcode == wire::Opcode::login_request;
  const bool is_response = sender == wire::Role::target && opcode == wire::Opcode::login_response;
  if (over_ || (!is_request && !is_response)) return false;

  if (is_request && !cid_) cid_ = wire::LoginRequest(header).cid();
  text::TextAssembler& text = texts_[std::to_underlying(sender)];
  // Both PDUs have their flags at the same place.
  if (text.append(data, wire::LoginRequest(header).flags().continues)) text.clear();
  if (text.complete()) {
    read(sender, text.text());
    text.clear();
  }
  over_ = is_response && begins_full_feature_phase(wire::LoginResponse(header));
  return over_;
}

void LoginWatch::read(wire::Role sender, std::string_view text) {
  text::PairReader pairs(text);
  while (const auto pair = pairs.next()) {
    if (pair->key == "HeaderDigest") header_digest_.said(sender, pair->value);
    if (pair->key == "DataDigest") data_digest_.said(sender, pair->value);
    if (pair->key == "MaxRecvDataSegmentLength" && sender == wire::Role::initiator) {
      const auto length = text::parse_number(pair->value);
      if (length && *length >= 512 && *length <= wire::kMaxDataSegmentLength) {
        initiator_max_data_ = static_cast<std::uint32_t>(*length);
      }
    }
  }
}

void LoginWatch::Digest::said(wire::Role side, std::string_view value) {
  if (!offered_by) {
    offered_by = side;
  } else if (offered_by != side) {
    picked = value == "CRC32C";
  }
}

}  // namespace lunway::proxy
