// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The bytes of an iSNS server, whole and cut in two: the same messages come out, none longer than the limit, and every
// attribute lies inside its message.
//= rfc4171#5.2

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "isns/attribute.h"
#include "isns/limits.h"
#include "isns/message_assembler.h"

namespace {

using lunway::Bytes;
namespace isns = lunway::isns;

void require(bool law) {
  if (!law) std::abort();
}

void read_attributes(Bytes attributes) {
  isns::AttributeReader reader(attributes);
  std::size_t size = 0;
  while (const auto attribute = reader.next()) {
    size += 8 + attribute->value.size();
    if (const auto text = attribute->text()) require(text->size() <= isns::kMaxTextBytes && !text->contains('\0'));
    require(attribute->number().has_value() == (attribute->value.size() == 4));
    require(attribute->ip_address().has_value() == (attribute->value.size() == 16));
  }
  require(size <= attributes.size());
  require(reader.violation().has_value() == (size != attributes.size()));
}

struct Heard {
  std::vector<isns::ReceivedMessage> messages;
  std::optional<isns::Violation> violation;
};

void hear(isns::MessageAssembler& assembler, Bytes bytes, Heard& heard) {
  while (!heard.violation && !bytes.empty()) {
    auto taken = assembler.take(bytes);
    if (!taken) {
      heard.violation = taken.error();
    } else if (*taken) {
      require((*taken)->payload.size() <= isns::kMaxReceivedPayload);
      heard.messages.push_back(std::move(**taken));
    }
  }
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes bytes = std::as_bytes(std::span(data, size)).subspan(2);
  const std::size_t cut = (data[0] * std::size_t{256} + data[1]) % (bytes.size() + 1);

  Heard whole;
  isns::MessageAssembler assembler;
  hear(assembler, bytes, whole);
  Heard halves;
  isns::MessageAssembler other;
  hear(other, bytes.first(cut), halves);
  hear(other, bytes.subspan(cut), halves);

  require(whole.violation == halves.violation);
  require(whole.messages.size() == halves.messages.size());
  for (std::size_t i = 0; i < whole.messages.size(); ++i) {
    require(whole.messages[i].payload == halves.messages[i].payload);
    const auto response = isns::Response::parse(whole.messages[i].payload);
    if (response) read_attributes(response->attributes);
  }
  return 0;
}
