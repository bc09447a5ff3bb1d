// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/initiator/key_rules.h"

#include <algorithm>
#include <charconv>

namespace lunway::conformance {
namespace {

enum class Rule : std::uint8_t { first_of_list, minimum, maximum, either, both, declared, refused, silent };

struct KeyRule {
  std::string_view key;
  Rule rule;
  /// Our own value; of a list, what we have, with commas.
  std::string_view ours;
};

constexpr KeyRule kRules[] = {
    {"HeaderDigest", Rule::first_of_list, "None,CRC32C"},
    {"DataDigest", Rule::first_of_list, "None,CRC32C"},
    {"MaxConnections", Rule::minimum, "1"},
    {"InitiatorName", Rule::silent, ""},
    {"InitiatorAlias", Rule::silent, ""},
    {"TargetName", Rule::silent, ""},
    {"SessionType", Rule::silent, ""},
    {"InitialR2T", Rule::either, "No"},
    {"ImmediateData", Rule::both, "Yes"},
    {"MaxRecvDataSegmentLength", Rule::declared, "65536"},
    {"MaxBurstLength", Rule::minimum, "262144"},
    {"FirstBurstLength", Rule::minimum, "65536"},
    {"DefaultTime2Wait", Rule::maximum, "0"},
    {"DefaultTime2Retain", Rule::minimum, "0"},
    {"MaxOutstandingR2T", Rule::minimum, "1"},
    {"DataPDUInOrder", Rule::either, "Yes"},
    {"DataSequenceInOrder", Rule::either, "Yes"},
    {"ErrorRecoveryLevel", Rule::minimum, "0"},
    {"TaskReporting", Rule::first_of_list, "RFC3720"},
    {"iSCSIProtocolLevel", Rule::minimum, "1"},
    //= rfc7143#13.25
    {"IFMarker", Rule::refused, ""},
    {"OFMarker", Rule::refused, ""},
    {"IFMarkInt", Rule::refused, ""},
    {"OFMarkInt", Rule::refused, ""},
};

std::string first_common(std::string_view offered, std::string_view ours) {
  while (!offered.empty()) {
    const std::string_view one = offered.substr(0, offered.find(','));
    if (is_offered(ours, one)) return std::string(one);
    offered.remove_prefix(std::min(one.size() + 1, offered.size()));
  }
  return "Reject";
}

std::string of_numbers(std::string_view offered, std::string_view ours, bool maximum) {
  const auto theirs = number_in(offered);
  const auto own = number_in(ours);
  if (!theirs || !own) return "Reject";
  return std::to_string(maximum ? std::max(*theirs, *own) : std::min(*theirs, *own));
}

}  // namespace

std::optional<std::string> plain_answer(const KeyValue& offer) {
  const auto* rule = std::ranges::find(kRules, offer.key, &KeyRule::key);
  if (rule == std::end(kRules)) return "NotUnderstood";
  switch (rule->rule) {
    case Rule::first_of_list:
      return first_common(offer.value, rule->ours);
    case Rule::minimum:
      return of_numbers(offer.value, rule->ours, false);
    case Rule::maximum:
      return of_numbers(offer.value, rule->ours, true);
    case Rule::either:
      return offer.value == "Yes" || rule->ours == "Yes" ? "Yes" : "No";
    case Rule::both:
      return offer.value == "Yes" && rule->ours == "Yes" ? "Yes" : "No";
    case Rule::declared:
      return std::string(rule->ours);
    case Rule::refused:
      return "Reject";
    case Rule::silent:
      break;
  }
  return std::nullopt;
}

bool is_offered(std::string_view offered, std::string_view value) {
  while (!offered.empty()) {
    const std::string_view one = offered.substr(0, offered.find(','));
    if (one == value) return true;
    offered.remove_prefix(std::min(one.size() + 1, offered.size()));
  }
  return false;
}

void set_value(Text& text, std::string_view key, std::string_view value) {
  const auto found = std::ranges::find(text, key, &KeyValue::key);
  if (found == text.end()) {
    text.push_back({std::string(key), std::string(value)});
  } else {
    found->value = value;
  }
}

void drop_value(Text& text, std::string_view key) {
  std::erase_if(text, [&](const KeyValue& pair) { return pair.key == key; });
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace lunway::conformance
