// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/message_assembler.h"

#include <algorithm>
#include <utility>

#include "base/big_endian.h"
#include "isns/limits.h"

namespace lunway::isns {

std::expected<Response, Violation> Response::parse(Bytes payload) {
  if (payload.size() < 4) return std::unexpected(Violation::no_status);
  return Response{.status = static_cast<Status>(load_be32(payload.data())), .attributes = payload.subspan(4)};
}

std::expected<std::optional<ReceivedMessage>, Violation> MessageAssembler::take(Bytes& bytes) {
  while (!bytes.empty()) {
    if (header_filled_ < kHeaderBytes) {
      const std::size_t count = copy_bytes(MutableBytes(header_bytes_).subspan(header_filled_), bytes);
      bytes = bytes.subspan(count);
      header_filled_ += count;
      if (header_filled_ < kHeaderBytes) break;
      if (const auto violation = begin_pdu()) return std::unexpected(*violation);
    }
    const Bytes part = bytes.first(std::min(payload_left_, bytes.size()));
    message_.payload.insert(message_.payload.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    payload_left_ -= part.size();
    if (payload_left_ != 0) break;

    header_filled_ = 0;
    in_message_ = !current_->is_last();
    if (!in_message_) return std::exchange(message_, {});
  }
  return std::nullopt;
}

std::optional<Violation> MessageAssembler::begin_pdu() {
  const auto header = PduHeader::parse(header_bytes_);
  if (!header) return header.error();
  if (const auto violation = check_order(*header)) return violation;
  if (header->length > kMaxReceivedPayload - message_.payload.size()) return Violation::too_long;
  message_.function = header->function;
  message_.transaction_id = header->transaction_id;
  payload_left_ = header->length;
  current_ = *header;
  return std::nullopt;
}

//= rfc4171#5.1.6
std::optional<Violation> MessageAssembler::check_order(const PduHeader& header) const {
  if (header.is_first() == in_message_) return Violation::sequence;
  if (!in_message_) return header.sequence_id == 0 ? std::nullopt : std::optional(Violation::sequence);
  const bool follows = header.function == current_->function && header.transaction_id == current_->transaction_id &&
                       header.sequence_id == current_->sequence_id + 1;
  return follows ? std::nullopt : std::optional(Violation::sequence);
}

}  // namespace lunway::isns
