// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/tally.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace lunway::conformance {
namespace {

std::string_view take_component(std::string_view& section) {
  const std::size_t dot = section.find('.');
  const std::string_view component = section.substr(0, dot);
  section = dot == std::string_view::npos ? std::string_view() : section.substr(dot + 1);
  return component;
}

bool is_number(std::string_view component, unsigned& number) {
  const auto [end, error] = std::from_chars(component.data(), component.data() + component.size(), number);
  return error == std::errc() && end == component.data() + component.size();
}

/// Negative, zero or positive, as the first stands before the second.
int compare_components(std::string_view left, std::string_view right) {
  unsigned left_number = 0;
  unsigned right_number = 0;
  const bool left_is = is_number(left, left_number);
  const bool right_is = is_number(right, right_number);
  if (left_is && right_is) return left_number == right_number ? 0 : left_number < right_number ? -1 : 1;
  if (left_is != right_is) return left_is ? -1 : 1;
  return left.compare(right);
}

}  // namespace

std::size_t Tally::all() const { return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}); }

std::string Tally::text() const {
  std::string text;
  for (const Verdict verdict : kVerdicts) {
    if (of(verdict) == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(of(verdict)) + " " + std::string(to_string(verdict));
  }
  return text;
}

Tally tally_of(std::span<const Outcome> outcomes) {
  Tally tally;
  for (const Outcome& outcome : outcomes) tally.add(outcome.verdict);
  return tally;
}

std::vector<SectionOutcomes> by_section(std::span<const Outcome> outcomes) {
  std::vector<SectionOutcomes> sections;
  for (const Outcome& outcome : outcomes) {
    const std::string_view name = outcome.test->section();
    auto place = std::ranges::find(sections, name, &SectionOutcomes::section);
    if (place == sections.end()) place = sections.insert(place, SectionOutcomes{.section = name});
    place->outcomes.push_back(&outcome);
    place->tally.add(outcome.verdict);
  }
  std::ranges::sort(sections, stands_before, &SectionOutcomes::section);
  return sections;
}

std::string_view chapter_of(std::string_view section) {
  const std::size_t dot = section.find('.');
  if (dot == std::string_view::npos) return section;
  // Appendices have no chapters of their own: they are short.
  unsigned number = 0;
  if (!is_number(section.substr(0, dot), number)) return section.substr(0, dot);
  return section.substr(0, section.find('.', dot + 1));
}

bool stands_before(std::string_view section, std::string_view other) {
  while (!section.empty() && !other.empty()) {
    const int order = compare_components(take_component(section), take_component(other));
    if (order != 0) return order < 0;
  }
  return section.empty() && !other.empty();
}

std::string_view mark_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "FAIL";
    case Verdict::warn:
      return "warn";
    case Verdict::inapplicable:
      return "n/a";
    case Verdict::inconclusive:
      return "open";
    case Verdict::known_failure:
      return "known";
    case Verdict::unexpected_pass:
      break;
  }
  return "PASS!";
}

std::string slug_of(Verdict verdict) {
  std::string slug(to_string(verdict));
  std::ranges::replace(slug, ' ', '-');
  return slug;
}

bool needs_a_look(Verdict verdict) { return verdict != Verdict::pass && verdict != Verdict::inapplicable; }

}  // namespace lunway::conformance
