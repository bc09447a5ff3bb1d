// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/run/selection.h"

#include <algorithm>

namespace lunway::conformance {
namespace {

bool names(std::string_view pattern, std::string_view id) {
  if (!pattern.ends_with('*')) return id == pattern;
  return id.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool is_chosen(const Test& test, const Selection& selection) {
  if (selection.without_slow && test.pace == Pace::slow) return false;
  if (selection.sections.empty() && selection.only.empty()) return true;
  return std::ranges::any_of(selection.sections,
                             [&](const std::string& section) { return is_within(test.section(), section); }) ||
         std::ranges::any_of(selection.only, [&](const std::string& pattern) { return names(pattern, test.id); });
}

}  // namespace

bool is_within(std::string_view section, std::string_view of) {
  return section.starts_with(of) && (section.size() == of.size() || section[of.size()] == '.');
}

Result<std::vector<const Test*>> select(std::span<const Test* const> tests, const Selection& selection) {
  for (const std::string& section : selection.sections) {
    if (std::ranges::none_of(tests, [&](const Test* test) { return is_within(test->section(), section); })) {
      return failure(EINVAL, "there is no test of section " + section);
    }
  }
  for (const std::string& pattern : selection.only) {
    if (std::ranges::none_of(tests, [&](const Test* test) { return names(pattern, test->id); })) {
      return failure(EINVAL, "there is no test " + pattern);
    }
  }
  std::vector<const Test*> chosen;
  std::ranges::copy_if(tests, std::back_inserter(chosen),
                       [&](const Test* test) { return is_chosen(*test, selection); });
  return chosen;
}

}  // namespace lunway::conformance
