// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/rule_book.h"

#include <algorithm>
#include <utility>

namespace lunway::proxy {
namespace {

using Action = Rule::Action;

constexpr std::size_t kAfterLengths = 8;

/// Where a random fault in a header goes: not into the two lengths, because without them nobody finds the next PDU and
/// the fault would be another one than was asked for.
std::size_t random_byte(Part part, std::size_t length, Random& random) {
  const std::size_t first = part == Part::header ? kAfterLengths : 0;
  return first + random.below(length - first);
}

bool has_place_for_damage(const Rule& rule, const RawPdu& pdu) {
  const std::size_t length = pdu.length_of(rule.part);
  return rule.byte ? *rule.byte < length : length != 0;
}

/// The conditions that do not count.
bool matches(const Rule& rule, const Subject& subject) {
  const wire::BasicHeader header(subject.pdu.header());
  if (rule.from && *rule.from != subject.from) return false;
  if (rule.opcodes.any() && !rule.opcodes.test(std::to_underlying(header.opcode()))) return false;
  if (rule.phase && *rule.phase != subject.phase) return false;
  if (subject.age < rule.after || (rule.until && subject.age >= *rule.until)) return false;
  if (rule.cid && rule.cid != subject.cid) return false;
  if (rule.connection && *rule.connection != subject.connection) return false;
  return rule.action != Action::corrupt || has_place_for_damage(rule, subject.pdu);
}

Damage damage_by(const Rule& rule, const RawPdu& pdu, Random& random) {
  const std::size_t byte =
      rule.byte ? std::size_t{*rule.byte} : random_byte(rule.part, pdu.length_of(rule.part), random);
  return {.part = rule.part, .byte = byte, .bit = static_cast<unsigned>(random.below(8)), .repair = rule.repair};
}

void add_fault(Verdict& verdict, const Rule& rule, const RawPdu& pdu, Random& random) {
  switch (rule.action) {
    case Action::drop:
      verdict.drop = true;
      return;
    case Action::delay:
      verdict.delay += rule.delay;
      return;
    case Action::cut:
    case Action::reset:
      verdict.cut = Cut{.passed_bytes = std::min<std::size_t>(rule.passed_bytes, pdu.bytes().size()),
                        .reset = rule.action == Action::reset};
      return;
    case Action::corrupt:
      verdict.damage.push_back(damage_by(rule, pdu, random));
      return;
    case Action::duplicate:
      verdict.copies = 2;
      return;
    case Action::reorder:
      verdict.places = std::max(verdict.places, rule.places);
      return;
  }
}

std::string_view word_for(Part part) {
  switch (part) {
    case Part::header:
      return "header";
    case Part::data:
      return "data";
    case Part::header_digest:
      return "header digest";
    case Part::data_digest:
      return "data digest";
  }
  return "?";
}

}  // namespace

RuleBook::RuleBook(const std::vector<Rule>& rules) {
  rules_.reserve(rules.size());
  for (const Rule& rule : rules) rules_.push_back({.rule = rule});
}

Verdict RuleBook::judge(const Subject& subject, Random& random) {
  Verdict verdict;
  for (Counted& counted : rules_) {
    if (!applies(counted, subject, random)) continue;
    add_fault(verdict, counted.rule, subject.pdu, random);
    if (verdict.drop || verdict.cut) break;
  }
  return verdict;
}

bool RuleBook::applies(Counted& counted, const Subject& subject, Random& random) {
  const Rule& rule = counted.rule;
  if (!matches(rule, subject)) return false;
  const std::uint64_t number = ++counted.seen;
  if (number <= rule.skip || (number - rule.skip) % rule.every != 0) return false;
  if (rule.probability < 1 && random.fraction() >= rule.probability) return false;
  if (rule.times && counted.applied >= *rule.times) return false;
  ++counted.applied;
  return true;
}

std::string Verdict::to_string() const {
  std::string text;
  const auto add = [&text](const std::string& fault) { text.append(text.empty() ? "" : ", ").append(fault); };
  if (delay != Duration()) {
    add("delay " + std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(delay).count()) + " us");
  }
  for (const Damage& one : damage) {
    add("corrupt " + std::string(word_for(one.part)) + " byte " + std::to_string(one.byte) + " bit " +
        std::to_string(one.bit) + (one.repair ? ", digests repaired" : ""));
  }
  if (copies != 1) add("duplicate");
  if (places != 0) add("reorder by " + std::to_string(places));
  if (drop) add("drop");
  if (cut) add((cut->reset ? "reset after " : "cut after ") + std::to_string(cut->passed_bytes) + " bytes");
  return text;
}

void apply(const std::vector<Damage>& damage, RawPdu& pdu) {
  for (const Damage& one : damage) {
    pdu.part(one.part)[one.byte] ^= std::byte{1} << one.bit;
    if (one.repair) pdu.repair_digests();
  }
}

}  // namespace lunway::proxy
