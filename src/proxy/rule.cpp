// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <utility>

namespace lunway::proxy {
namespace {

using Action = Rule::Action;
using wire::Opcode;

template <class Value, std::size_t Count>
using Words = std::array<std::pair<std::string_view, Value>, Count>;

constexpr Words<Action, 7> kActions{{{"drop", Action::drop},
                                     {"delay", Action::delay},
                                     {"cut", Action::cut},
                                     {"reset", Action::reset},
                                     {"corrupt", Action::corrupt},
                                     {"duplicate", Action::duplicate},
                                     {"reorder", Action::reorder}}};

constexpr Words<Part, 4> kParts{{{"header", Part::header},
                                 {"data", Part::data},
                                 {"header-digest", Part::header_digest},
                                 {"data-digest", Part::data_digest}}};

constexpr Words<Opcode, 18> kOpcodes{{{"nop-out", Opcode::nop_out},
                                      {"scsi-command", Opcode::scsi_command},
                                      {"task-management-request", Opcode::task_management_request},
                                      {"login-request", Opcode::login_request},
                                      {"text-request", Opcode::text_request},
                                      {"data-out", Opcode::data_out},
                                      {"logout-request", Opcode::logout_request},
                                      {"snack", Opcode::snack_request},
                                      {"nop-in", Opcode::nop_in},
                                      {"scsi-response", Opcode::scsi_response},
                                      {"task-management-response", Opcode::task_management_response},
                                      {"login-response", Opcode::login_response},
                                      {"text-response", Opcode::text_response},
                                      {"data-in", Opcode::data_in},
                                      {"logout-response", Opcode::logout_response},
                                      {"r2t", Opcode::ready_to_transfer},
                                      {"asynchronous-message", Opcode::asynchronous_message},
                                      {"reject", Opcode::reject}}};

constexpr Words<wire::Role, 2> kSenders{{{"initiator", wire::Role::initiator}, {"target", wire::Role::target}}};

constexpr Words<std::optional<Phase>, 3> kPhases{
    {{"login", Phase::login}, {"full", Phase::full_feature}, {"any", std::nullopt}}};

template <class Value, std::size_t Count>
std::optional<Value> find(const Words<Value, Count>& words, std::string_view word) {
  const auto* const found = std::ranges::find(words, word, &std::pair<std::string_view, Value>::first);
  if (found == words.end()) return std::nullopt;
  return found->second;
}

template <class Value, std::size_t Count>
std::string all_of(const Words<Value, Count>& words) {
  std::string list;
  for (const auto& [word, value] : words) list.append(list.empty() ? "" : ", ").append(word);
  return list;
}

/// A decimal number, or a hexadecimal one with 0x.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> parse_probability(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // Not a number is in no range.
  return number >= 0 && number <= 1 ? std::optional(number) : std::nullopt;
}

std::string_view take_item(std::string_view& rest, std::string_view separators) {
  const std::size_t end = std::min(rest.find_first_of(separators), rest.size());
  const std::string_view item = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return item;
}

/// "key=value", or "key" with an empty value.
struct Word {
  std::string_view text;
  std::string_view key;
  std::string_view value;

  explicit Word(std::string_view word) : text(word), key(word.substr(0, word.find('='))) {
    if (key.size() < word.size()) value = word.substr(key.size() + 1);
  }
  bool has_value() const { return key.size() < text.size(); }
};

std::unexpected<Error> wrong(const Word& word, std::string_view wanted) {
  return failure(EINVAL, "\"" + std::string(word.text) + "\": " + std::string(wanted));
}

/// Puts a parsed value where it belongs, or says what was wanted.
template <class To, class Value>
Result<> set(To& to, const std::optional<Value>& value, const Word& word, std::string_view wanted) {
  if (!value) return wrong(word, wanted);
  if constexpr (std::is_same_v<To, std::optional<Value>>) {
    to = value;
  } else {
    to = *value;
  }
  return {};
}

constexpr std::string_view kWantsNumber = "a number is wanted";
constexpr std::string_view kWantsTime = "a time is wanted, as in 250us, 20ms or 1.5s";

Result<> set_opcodes(Rule& rule, const Word& word) {
  for (std::string_view rest = word.value; !rest.empty();) {
    const std::string_view name = take_item(rest, ",");
    std::optional<unsigned> code = name.starts_with("0x") ? parse_number<unsigned>(name) : std::nullopt;
    if (const auto opcode = find(kOpcodes, name)) code = std::to_underlying(*opcode);
    if (!code || *code >= rule.opcodes.size()) {
      return wrong(word, "an opcode is 0x00 to 0x3f or one of " + all_of(kOpcodes));
    }
    rule.opcodes.set(*code);
  }
  return rule.opcodes.none() ? Result<>(wrong(word, "no opcode is named")) : Result<>();
}

Result<> set_action_value(Rule& rule, const Word& word) {
  switch (rule.action) {
    case Action::delay:
      return set(rule.delay, parse_duration(word.value), word, kWantsTime);
    case Action::cut:
    case Action::reset:
      if (!word.has_value()) return {};
      return set(rule.passed_bytes, parse_number<std::uint32_t>(word.value), word, kWantsNumber);
    case Action::corrupt:
      return set(rule.part, find(kParts, word.value), word, "the part is one of " + all_of(kParts));
    case Action::reorder: {
      if (!word.has_value()) return {};
      const auto places = parse_number<std::uint32_t>(word.value);
      if (!places || *places == 0 || *places > Rule::kMaxPlaces) return wrong(word, "1 to 16 PDUs can overtake");
      rule.places = *places;
      return {};
    }
    case Action::drop:
    case Action::duplicate:
      break;
  }
  return word.has_value() ? Result<>(wrong(word, "this action takes no value")) : Result<>();
}

Result<> set_count(Rule& rule, const Word& word) {
  const auto number = parse_number<std::uint64_t>(word.value);
  if (!number) return wrong(word, kWantsNumber);
  if (*number == 0 && word.key != "skip") return wrong(word, "counting begins with 1");
  if (word.key == "skip") rule.skip = *number;
  if (word.key == "every") rule.every = *number;
  if (word.key == "times") rule.times = number;
  if (word.key == "connection") rule.connection = number;
  return {};
}

Result<> set_damage(Rule& rule, const Word& word) {
  if (rule.action != Action::corrupt) return wrong(word, "only corrupt takes it");
  if (word.key == "byte") return set(rule.byte, parse_number<std::uint32_t>(word.value), word, kWantsNumber);
  if (word.has_value()) return wrong(word, "it takes no value");
  if (rule.part != Part::header && rule.part != Part::data) return wrong(word, "a digest is damaged to be wrong");
  rule.repair = true;
  return {};
}

Result<> set_condition(Rule& rule, const Word& word) {
  const std::string_view key = word.key;
  if (key == "from") return set(rule.from, find(kSenders, word.value), word, "it is initiator or target");
  if (key == "opcode") return set_opcodes(rule, word);
  if (key == "phase") return set(rule.phase, find(kPhases, word.value), word, "it is login, full or any");
  if (key == "after") return set(rule.after, parse_duration(word.value), word, kWantsTime);
  if (key == "until") return set(rule.until, parse_duration(word.value), word, kWantsTime);
  if (key == "skip" || key == "every" || key == "times" || key == "connection") return set_count(rule, word);
  if (key == "probability") {
    return set(rule.probability, parse_probability(word.value), word, "a number from 0 to 1 is wanted");
  }
  if (key == "cid") {
    const auto number = parse_number<std::uint16_t>(word.value);
    if (!number) return wrong(word, "a number up to 65535 is wanted");
    rule.cid = wire::Cid(*number);
    return {};
  }
  if (key == "byte" || key == "repair") return set_damage(rule, word);
  return wrong(word,
               "no such condition; there are from, opcode, phase, after, until, cid, connection, skip, every, "
               "probability and times");
}

bool names_login(const Rule& rule) {
  return rule.opcodes.test(std::to_underlying(Opcode::login_request)) ||
         rule.opcodes.test(std::to_underlying(Opcode::login_response));
}

std::string_view without_comment(std::string_view line) { return line.substr(0, line.find('#')); }

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

Result<Rule> parse_rule(std::string_view text) {
  Rule rule;
  bool has_action = false;
  bool has_phase = false;
  for (std::string_view rest = text; !rest.empty();) {
    const Word word(take_item(rest, " \t\r"));
    if (word.text.empty()) continue;
    has_phase |= word.key == "phase";
    Result<> done;
    if (has_action) {
      done = set_condition(rule, word);
    } else if (const auto action = find(kActions, word.key)) {
      rule.action = *action;
      has_action = true;
      done = set_action_value(rule, word);
    } else {
      done = wrong(word, "a rule begins with one of " + all_of(kActions));
    }
    if (!done) return std::unexpected(done.error());
  }
  if (!has_action) return failure(EINVAL, "an empty rule; it begins with one of " + all_of(kActions));
  if (!has_phase && names_login(rule)) rule.phase = std::nullopt;
  return rule;
}

Result<std::vector<Rule>> parse_rules(std::string_view text) {
  std::vector<Rule> rules;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = without_comment(take_item(text, "\n"));
    if (is_blank(line)) continue;
    Result<Rule> rule = parse_rule(line);
    if (!rule) return failure(EINVAL, "line " + std::to_string(number) + ": " + rule.error().message);
    rules.push_back(*rule);
  }
  return rules;
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr Words<double, 4> kUnits{{{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}}};
  constexpr double kMostNanoseconds = 1e9 * 86400 * 365;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || std::isnan(number) || number < 0) return std::nullopt;
  const auto unit = find(kUnits, text.substr(static_cast<std::size_t>(end - text.data())));
  if (!unit || number * *unit > kMostNanoseconds) return std::nullopt;
  return Duration(std::llround(number * *unit));
}

std::string_view word_for(wire::Opcode opcode) {
  const auto* const found = std::ranges::find(kOpcodes, opcode, &std::pair<std::string_view, Opcode>::second);
  return found == kOpcodes.end() ? std::string_view() : found->first;
}

}  // namespace lunway::proxy
