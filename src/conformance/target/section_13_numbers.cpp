// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The keys of section 13 whose values are numbers: what a target answers to offers within and without their range.
//= rfc7143#13
//= rfc7143#6.2.2

#include <charconv>
#include <iterator>
#include <optional>
#include <string>

#include "conformance/script/family.h"
#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

enum class Result : std::uint8_t { lesser, greater };

struct NumberKey {
  std::string_view section;
  std::string_view slug;
  std::string_view name;
  std::uint64_t lowest;
  std::uint64_t highest;
  Result result;
  Rows rows;
};

//= rfc7143#13.2
//= rfc7144#7.1.1
constexpr NumberKey kKeys[] = {
    {"13.2", "max-connections", "MaxConnections", 1, 65535, Result::lesser, "R7143-13.2-01"},
    {"13.13", "max-burst-length", "MaxBurstLength", 512, 16777215, Result::lesser, "R7143-13.13-01"},
    {"13.14", "first-burst-length", "FirstBurstLength", 512, 16777215, Result::lesser, "R7143-13.14-01 R7143-6.2.2-01"},
    {"13.15", "default-time2wait", "DefaultTime2Wait", 0, 3600, Result::greater, "R7143-13.15-01"},
    {"13.16", "default-time2retain", "DefaultTime2Retain", 0, 3600, Result::lesser, "R7143-13.16-01"},
    {"13.17", "max-outstanding-r2t", "MaxOutstandingR2T", 1, 65535, Result::lesser, "R7143-13.17-01"},
    {"13.20", "error-recovery-level", "ErrorRecoveryLevel", 0, 2, Result::lesser, "R7143-13.20-01"},
};

const NumberKey& subject(TargetScript& s) { return kKeys[s.test().variant]; }

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + (hex ? 2 : 0), end, number, hex ? 16 : 10);
  if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

/// FirstBurstLength may not be above MaxBurstLength, so both are offered where one of them is.
//= rfc7143#13.14
Text offers_of(const NumberKey& key, const std::string& value) {
  Text offers{{std::string(key.name), value}};
  if (key.name == "FirstBurstLength") offers.push_back({"MaxBurstLength", std::to_string(key.highest)});
  if (key.name == "MaxBurstLength") offers.push_back({"FirstBurstLength", "512"});
  return offers;
}

/// The target's answer to an offer that is legal.
std::uint64_t answer_to(TargetScript& s, const std::string& offer) {
  const NumberKey& key = subject(s);
  LoginEnd end;
  Link* link = s.try_log_in({.offers = offers_of(key, offer)}, end);
  s.require(link != nullptr, "a login with " + std::string(key.name) + "=" + offer, describe(end.last));
  const std::string* answer = find_value(end.answers, key.name);
  if (answer == nullptr) s.fail("an answer to " + std::string(key.name), "none", "6.2.2");
  const std::optional<std::uint64_t> number = number_of(*answer);
  s.require(number.has_value(), "a number", *answer, "6.2.2");
  s.require(*number >= key.lowest && *number <= key.highest, "a number within the range of the key", *answer);
  link->ping();
  return *number;
}

void keeps_to_the_offer(TargetScript& s, std::uint64_t offer) {
  const std::uint64_t answer = answer_to(s, std::to_string(offer));
  if (subject(s).result == Result::lesser) {
    s.require(answer <= offer, "at most " + std::to_string(offer), std::to_string(answer));
  } else {
    s.require(answer >= offer, "at least " + std::to_string(offer), std::to_string(answer));
  }
}

/// An offer that is not admissible: the target answers Reject or an admissible value, or refuses the login.
//= rfc7143#6.2.2
void answers_inadmissible(TargetScript& s, const std::string& offer) {
  const NumberKey& key = subject(s);
  Connection& c = s.connect();
  LoginEnd end;
  Link* link = s.try_log_in(c, {.offers = offers_of(key, offer)}, end);
  if (end.last.is(Opcode::login_response) && end.status() != 0) {
    s.require_equal(end.last.pdu[field::kStatusClass], 2, "Status-Class of a login that the initiator made impossible");
    s.expect_close(c, "the connection ends after the refusal");
    return;
  }
  if (end.last.ended()) return;
  const std::string* answer = find_value(end.answers, key.name);
  if (answer == nullptr) s.fail("Reject, an admissible value, or the end of the login", describe(end.last));
  if (*answer == "Reject") return;
  const std::optional<std::uint64_t> number = number_of(*answer);
  s.require(number && *number >= key.lowest && *number <= key.highest, "Reject or an admissible value", *answer);
  if (link != nullptr) link->ping();
}

struct Kind {
  std::string_view slug;
  std::string_view title;  // after the name of the key
  std::string_view about;
  Script script;
  Rows more;
  bool (*applies)(const NumberKey&);
};

constexpr bool always(const NumberKey& /*key*/) { return true; }
constexpr bool has_less(const NumberKey& key) { return key.lowest > 0; }

constexpr std::string_view kAboutLegal =
    "Offers the value in the operational stage of a login. The answer has the same key, a value within its range, and "
    "follows "
    "the result function of the key; the session then answers a ping.";
constexpr std::string_view kAboutIllegal =
    "Offers the value in the operational stage of a login. The target answers Reject or an admissible value, or ends "
    "the login "
    "with a status of class 2; what it may not do is agree to the value or leave the key without an answer.";

constexpr Kind kKinds[] = {
    {"lowest", "at its lowest is taken as it is", kAboutLegal,
     [](TargetScript& s) { keeps_to_the_offer(s, subject(s).lowest); }, "R7143-6.2.2-01", always},
    {"highest", "at its highest is answered within the range", kAboutLegal,
     [](TargetScript& s) { keeps_to_the_offer(s, subject(s).highest); }, "R7143-6.2.2-01", always},
    {"in-hexadecimal", "is understood in hexadecimal", kAboutLegal,
     [](TargetScript& s) {
       const NumberKey& key = subject(s);
       const std::uint64_t value = key.result == Result::lesser ? key.lowest : key.highest;
       char text[24];
       const auto end = std::to_chars(std::begin(text), std::end(text), value, 16);
       s.require_equal(answer_to(s, "0x" + std::string(text, end.ptr)), value, key.name);
     },
     "R7143-6.1-07", always},
    {"below-its-range", "below its range is not agreed to", kAboutIllegal,
     [](TargetScript& s) { answers_inadmissible(s, std::to_string(subject(s).lowest - 1)); }, "R7143-6.2.2-03",
     has_less},
    {"above-its-range", "above its range is not agreed to", kAboutIllegal,
     [](TargetScript& s) { answers_inadmissible(s, std::to_string(subject(s).highest + 1)); }, "R7143-6.2.2-03",
     always},
    {"negative", "below zero is not agreed to", kAboutIllegal, [](TargetScript& s) { answers_inadmissible(s, "-1"); },
     "R7143-6.2.2-03", always},
    {"not-a-number", "that is no number is not agreed to", kAboutIllegal,
     [](TargetScript& s) { answers_inadmissible(s, "many"); }, "R7143-6.2.2-03", always},
    {"a-range", "that is a range of numbers is not agreed to", kAboutIllegal,
     [](TargetScript& s) {
       const NumberKey& key = subject(s);
       answers_inadmissible(s, std::to_string(key.lowest) + "~" + std::to_string(key.highest));
     },
     "R7143-6.2-07", always},
    {"a-reserved-word", "that is a word reserved for answers is not agreed to", kAboutIllegal,
     [](TargetScript& s) { answers_inadmissible(s, "Irrelevant"); }, "R7143-6.2-12", always},
};

Rows both(const Rows& one, const Rows& other) {
  Rows rows = one;
  for (const Requirement& row : other) {
    const auto place = static_cast<std::uint16_t>(&row - requirements().data());
    if (!rows.contains(place)) rows.add(row.id);
  }
  return rows;
}

Family make_family() {
  Family family;
  for (unsigned index = 0; index < std::size(kKeys); ++index) {
    const NumberKey& key = kKeys[index];
    for (const Kind& kind : kKinds) {
      if (!kind.applies(key)) continue;
      const std::string id = std::string(key.section) + "/" + std::string(key.slug) + "-" + std::string(kind.slug);
      const std::string title = std::string(key.name) + " " + std::string(kind.title);
      family.add({.id = id,
                  .title = title,
                  .proves = both(key.rows, kind.more),
                  .variant = index,
                  .about = kind.about,
                  .script = kind.script});
    }
  }
  return family;
}

}  // namespace

std::span<const Test> section_13_numbers() {
  static const Family kFamily = make_family();
  return kFamily.tests();
}

}  // namespace lunway::conformance::target_tests
