// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An iSNS server that says anything, at any time. Whatever it is, the client keeps its own order: no message of its own
// is malformed, time moves it on, its log has no byte of the server's, and it ends when it is told to.
//= rfc4171#5.7

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "isns/limits.h"
#include "isns/pdu_header.h"
#include "isns/registration.h"
#include "isns/testing/messages.h"

namespace {

using lunway::Bytes;
using lunway::Instant;
namespace isns = lunway::isns;

void require(bool law) {
  if (!law) std::abort();
}

isns::Inventory inventory(unsigned nodes) {
  isns::Inventory all{.entity = "iqn.2026-11.io.example:0",
                      .portals = {{.address = {}, .port = 3260, .portal_group_tag = 1},
                                  {.address = {}, .port = 3261, .portal_group_tag = 2}},
                      .nodes = {}};
  for (unsigned i = 0; i < nodes; ++i) {
    all.nodes.push_back(
        {.name = "iqn.2026-11.io.example:" + std::to_string(i), .alias = "alias", .portal_groups = {1}});
  }
  return all;
}

/// A client and the world around it. Each step takes some of the input.
class World {
 public:
  explicit World(Bytes input) : input_(input) { registration_.start(); }

  void run() {
    drain();
    while (!input_.empty()) {
      step(take());
      drain();
    }
    registration_.stop(now_);
    drain();
    for (int i = 0; i < 3 && !registration_.has_ended(); ++i) {
      pass_time();
      drain();
    }
    require(registration_.has_ended());
  }

 private:
  unsigned take() {
    if (input_.empty()) return 0;
    const unsigned value = std::to_integer<unsigned>(input_.front());
    input_ = input_.subspan(1);
    return value;
  }

  Bytes take_many(std::size_t count) {
    const Bytes taken = input_.first(std::min(count, input_.size()));
    input_ = input_.subspan(taken.size());
    return taken;
  }

  void step(unsigned kind) {
    switch (kind % 8) {
      case 0:
        return registration_.connected(now_);
      case 1:
        return registration_.disconnected(now_);
      case 2:
        return pass_time();
      case 3:
        return registration_.update(now_, inventory(take() % 128 + 1));
      case 4:
        return registration_.receive(now_, take_many(take()));
      case 5:
        return answer(isns::Status::successful);
      case 6:
        return answer(static_cast<isns::Status>(take()));
      default:
        now_ += std::chrono::seconds(take());
        return registration_.expire(now_);
    }
  }

  /// The right kind of answer with any attributes, so that the input need not guess the header.
  void answer(isns::Status status) {
    const Bytes any = take_many(take());
    std::vector<std::byte> payload = isns::testing::response(asked_, transaction_id_, status);
    payload.erase(payload.begin(), payload.begin() + isns::kHeaderBytes);
    payload.insert(payload.end(), any.begin(), any.end());
    payload.resize((payload.size() + 3) & ~std::size_t{3});
    const isns::PduHeader header{
        .function = static_cast<std::uint16_t>(static_cast<std::uint16_t>(asked_) | isns::kResponseBit),
        .length = static_cast<std::uint16_t>(payload.size()),
        .flags = isns::flag::kFirstPdu | isns::flag::kLastPdu,
        .transaction_id = transaction_id_,
        .sequence_id = 0};
    registration_.receive(now_, isns::testing::pdu(header, payload));
  }

  void pass_time() {
    if (registration_.deadline() != lunway::kNever) now_ = std::max(now_, registration_.deadline());
    registration_.expire(now_);
  }

  void drain() {
    require(registration_.is_consistent());
    while (auto output = registration_.next_output()) {
      if (const auto* transmit = std::get_if<isns::Transmit>(&*output)) check_sent(transmit->bytes);
      if (const auto* event = std::get_if<isns::Event>(&*output)) {
        for (const char letter : describe(*event)) require(letter >= ' ' && letter <= '~');
      }
    }
    require(registration_.has_ended() || registration_.deadline() == lunway::kNever ||
            registration_.deadline() > now_ - std::chrono::seconds(1));
  }

  void check_sent(Bytes message) {
    require(message.size() >= isns::kHeaderBytes && message.size() <= isns::kMaxSentMessage);
    const auto header = isns::PduHeader::parse(message.first<isns::kHeaderBytes>());
    require(header && header->length == message.size() - isns::kHeaderBytes);
    isns::AttributeReader reader(message.subspan(isns::kHeaderBytes));
    while (reader.next()) {
    }
    require(!reader.violation());
    asked_ = static_cast<isns::Function>(header->function);
    transaction_id_ = header->transaction_id;
  }

  Bytes input_;
  Instant now_{std::chrono::seconds(1)};
  isns::Registration registration_{inventory(1)};
  isns::Function asked_ = isns::Function::dev_attr_reg;
  std::uint16_t transaction_id_ = 1;
};

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World(std::as_bytes(std::span(data, size))).run();
  return 0;
}
