// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/proxy/log.h"

#include <fmt/format.h>

#include <chrono>

#include "cli/json.h"
#include "proxy/summary.h"

namespace lunway::cli {
namespace {

using proxy::Summary;

std::string field_text(const Summary::Field& field) {
  if (field.hex_digits != 0) return fmt::format(" {}=0x{:0{}x}", field.name, field.value, field.hex_digits);
  if (field.word.empty()) return fmt::format(" {}={}", field.name, field.value);
  return fmt::format(" {}={} ({})", field.name, field.value, field.word);
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

std::string_view arrow(wire::Role from) { return from == wire::Role::initiator ? "I>T" : "T>I"; }

}  // namespace

std::string pdu_line(double seconds, const proxy::SeenPdu& seen) {
  const Summary summary = proxy::summarize(seen.pdu.header());
  std::string line = fmt::format("{:.6f} {} {} {}", seconds, seen.connection, arrow(seen.from), summary.name);
  if (!summary.flags.empty()) fmt::format_to(std::back_inserter(line), " {}", summary.flags);
  for (const Summary::Field& field : summary.fields) line += field_text(field);
  if (!summary.cdb.empty()) fmt::format_to(std::back_inserter(line), " cdb={}", hex(summary.cdb));
  if (!seen.data_digest_ok) line += " (data digest is wrong)";
  if (seen.verdict.is_fault()) fmt::format_to(std::back_inserter(line), " -- {}", seen.verdict.to_string());
  return line;
}

std::string pdu_json(double seconds, const proxy::SeenPdu& seen) {
  const Summary summary = proxy::summarize(seen.pdu.header());
  Json json = {{"time_s", seconds},
               {"connection", seen.connection},
               {"from", seen.from == wire::Role::initiator ? "initiator" : "target"},
               {"pdu", summary.name},
               {"opcode", load_u8(seen.pdu.header().data()) & 0x3fU},
               {"flags", summary.flags}};
  for (const Summary::Field& field : summary.fields) {
    json[std::string(field.name)] = field.value;
    if (!field.word.empty()) json[std::string(field.name) + "_name"] = field.word;
  }
  if (!summary.cdb.empty()) json["cdb"] = hex(summary.cdb);
  if (!seen.data_digest_ok) json["data_digest_ok"] = false;
  if (seen.verdict.is_fault()) json["fault"] = seen.verdict.to_string();
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

double ProxyLog::seconds(Instant when) const { return std::chrono::duration<double>(when - begin_).count(); }

void ProxyLog::opened(Instant when, std::uint64_t connection, const std::string& initiator,
                      const std::string& target) const {
  if (form_ == Form::text) {
    fmt::print("{:.6f} {} opened from {} to {}\n", seconds(when), connection, initiator, target);
  } else {
    print_json({{"time_s", seconds(when)},
                {"connection", connection},
                {"opened", {{"initiator", initiator}, {"target", target}}}});
  }
}

void ProxyLog::pdu(const proxy::SeenPdu& seen) const {
  if (only_faults_ && !seen.verdict.is_fault()) return;
  const double when = seconds(seen.when);
  fmt::print("{}\n", form_ == Form::text ? pdu_line(when, seen) : pdu_json(when, seen));
}

void ProxyLog::note(Instant when, std::uint64_t connection, std::string_view note) const {
  if (form_ == Form::text) {
    fmt::print("{:.6f} {} {}\n", seconds(when), connection, note);
  } else {
    print_json({{"time_s", seconds(when)}, {"connection", connection}, {"note", note}});
  }
}

void ProxyLog::closed(Instant when, std::uint64_t connection, std::string_view why) const {
  if (form_ == Form::text) {
    fmt::print("{:.6f} {} closed: {}\n", seconds(when), connection, why);
  } else {
    print_json({{"time_s", seconds(when)}, {"connection", connection}, {"closed", why}});
  }
}

}  // namespace lunway::cli
