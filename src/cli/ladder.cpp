// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/ladder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "text/key_value.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/logout_response.h"

namespace lunway::cli {
namespace {

using initiator::Direction;
using wire::Opcode;

/// With the indent, a terminal of 80 columns.
constexpr std::size_t kWidth = 66;
constexpr std::size_t kMaxValue = 24;
constexpr std::size_t kIndent = 13;

/// The RFC's names are too long for an arrow between two poles.
std::string_view short_name(wire::LoginStage stage) {
  switch (stage) {
    case wire::LoginStage::security_negotiation:
      return "Security";
    case wire::LoginStage::login_operational_negotiation:
      return "Operational";
    case wire::LoginStage::full_feature_phase:
      return "Full Feature";
    default:
      return wire::to_string(stage);
  }
}

std::string stages(const wire::LoginFlags& flags) {
  std::string text(short_name(flags.csg));
  if (flags.transit) text += fmt::format(" -> {}", short_name(flags.nsg));
  if (flags.continues) text += " (C)";
  return text;
}

/// The part of the label that is behind the PDU's name.
std::string detail(wire::HeaderView header) {
  switch (wire::BasicHeader(header).opcode()) {
    case Opcode::login_request:
      return stages(wire::LoginRequest(header).flags());
    case Opcode::login_response: {
      const wire::LoginResponse response(header);
      if (response.status() == wire::LoginStatus::success) return stages(response.flags());
      return fmt::format("0x{:04x} {}", static_cast<unsigned>(response.status()), wire::to_string(response.status()));
    }
    case Opcode::logout_response:
      return std::string(wire::to_string(wire::LogoutResponse(header).response()));
    default:
      return {};
  }
}

/// The keys of a login's text, one a line.
std::vector<std::string> notes_of(Bytes data) {
  std::vector<std::string> notes;
  text::PairReader reader(text_of(data));
  while (const auto pair = reader.next()) {
    const bool lengthy = pair->key.starts_with("CHAP_") && pair->value.size() > kMaxValue;
    notes.push_back(lengthy ? fmt::format("{}={}...", pair->key, pair->value.substr(0, kMaxValue))
                            : fmt::format("{}={}", pair->key, pair->value));
  }
  return notes;
}

bool is_bulk(Opcode opcode) {
  constexpr wire::OpcodeSet kDrawnOneByOne = {Opcode::login_request,  Opcode::login_response,
                                              Opcode::logout_request, Opcode::logout_response,
                                              Opcode::reject,         Opcode::asynchronous_message};
  return !kDrawnOneByOne.contains(opcode);
}

std::string arrow(Direction direction, std::string_view label) {
  const std::string middle = fmt::format(" {} ", label.substr(0, kWidth - 8));
  const std::string line = fmt::format("{:-^{}}", middle, kWidth - 1);
  return direction == Direction::sent ? line + ">" : "<" + line;
}

std::string indent() { return std::string(kIndent, ' '); }

std::string summary(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", count, name);
  return text;
}

}  // namespace

void Ladder::observe(const initiator::PduSeen& pdu) {
  if (pdu.header.size() < wire::kHeaderSize) return;
  ++seen_;
  const wire::HeaderView header = pdu.header.first<wire::kHeaderSize>();
  const Opcode opcode = wire::BasicHeader(header).opcode();
  if (is_bulk(opcode)) return count_bulk(pdu);
  flush_bulk();
  const std::string more = detail(header);
  const bool login = opcode == Opcode::login_request || opcode == Opcode::login_response;
  rungs_.push_back({.direction = pdu.direction,
                    .label = fmt::format("{}{}{}", wire::to_string(opcode), more.empty() ? "" : ": ", more),
                    .notes = login ? notes_of(pdu.data) : std::vector<std::string>()});
}

void Ladder::count_bulk(const initiator::PduSeen& pdu) {
  const wire::BasicHeader header(pdu.header.first<wire::kHeaderSize>());
  ++(pdu.direction == Direction::sent ? sent_ : received_)[std::string(wire::to_string(header.opcode()))];
}

void Ladder::flush_bulk() {
  for (auto* counts : {&sent_, &received_}) {
    if (counts->empty()) continue;
    rungs_.push_back({.direction = counts == &sent_ ? Direction::sent : Direction::received,
                      .label = "full feature phase",
                      .notes = {summary(*counts)}});
    counts->clear();
  }
}

std::string Ladder::draw(const Paint& paint) const {
  std::string out = fmt::format("{}initiator{:>{}}\n", indent(), "target", kWidth - 1);
  for (const Rung& rung : rungs_) {
    const std::string line = arrow(rung.direction, rung.label);
    out +=
        fmt::format("{}    |{}|\n", indent(), rung.direction == Direction::sent ? paint.cyan(line) : paint.green(line));
    for (const std::string& note : rung.notes) {
      out += fmt::format("{}    |  {}|\n", indent(),
                         paint.dim(fmt::format("{:<{}}", note.substr(0, kWidth - 2), kWidth - 2)));
    }
  }
  return out;
}

}  // namespace lunway::cli
