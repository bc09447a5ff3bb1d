// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/catalogue.h"

#include <algorithm>
#include <vector>

#include "conformance/section_lists.h"

namespace lunway::conformance {
namespace {

std::vector<const Test*> collect(std::span<const Section> sections) {
  std::vector<const Test*> tests;
  for (const Section section : sections) {
    if (section == nullptr) break;
    for (const Test& test : section()) tests.push_back(&test);
  }
  return tests;
}

}  // namespace

std::span<const Test* const> all_tests(Judged judged) {
  static const std::vector<const Test*> kTarget = collect(kSections_target);
  static const std::vector<const Test*> kInitiator = collect(kSections_initiator);
  return judged == Judged::target ? kTarget : kInitiator;
}

const Test* find_test(Judged judged, std::string_view id) {
  const auto tests = all_tests(judged);
  const auto found = std::ranges::find(tests, id, &Test::id);
  return found == tests.end() ? nullptr : *found;
}

}  // namespace lunway::conformance
