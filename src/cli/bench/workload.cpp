// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/bench/workload.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lunway::cli {
namespace {

constexpr std::array<std::pair<std::string_view, Pattern>, 6> kPatterns{{
    {"read", {.random = false, .reads_percent = 100}},
    {"write", {.random = false, .reads_percent = 0}},
    {"rw", {.random = false, .reads_percent = 50}},
    {"randread", {.random = true, .reads_percent = 100}},
    {"randwrite", {.random = true, .reads_percent = 0}},
    {"randrw", {.random = true, .reads_percent = 50}},
}};

}  // namespace

std::optional<Pattern> Pattern::parse(std::string_view word) {
  const auto* const found = std::ranges::find(kPatterns, word, &std::pair<std::string_view, Pattern>::first);
  if (found == kPatterns.end()) return {};
  return found->second;
}

std::vector<std::string> Pattern::words() {
  std::vector<std::string> words;
  words.reserve(kPatterns.size());
  for (const auto& [word, pattern] : kPatterns) words.emplace_back(word);
  return words;
}

std::vector<Region> divide(std::uint64_t slots, unsigned sessions, const Workload& workload) {
  std::vector<Region> regions;
  regions.reserve(sessions);
  const std::uint64_t each = workload.verify ? slots / sessions : slots;
  for (unsigned session = 0; session < sessions; ++session)
    regions.push_back({.first_lba = workload.verify ? session * each * workload.blocks_in_slot : 0, .slots = each});
  return regions;
}

}  // namespace lunway::cli
