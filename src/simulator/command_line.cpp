// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/command_line.h"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

#include "simulator/campaign.h"

namespace lunway::simulator {
namespace {

constexpr const char* kUsage =
    "usage: lunway-sim [--seed N | --from N] [--runs N] [--fresh N] [--seeds FILE] [--minutes N] [--jobs N]\n"
    "                  [--failures N] [--marks] [--trace FILE]\n"
    "\n"
    "Runs simulated initiators against a simulated target and checks what they do.\n"
    "\n"
    "  --seed N      one run\n"
    "  --from N      the first of --runs seeds that follow each other; 1 without it\n"
    "  --runs N      so many of them\n"
    "  --fresh N     and so many runs that nobody has seen before\n"
    "  --seeds FILE  and the seeds of a file: one at the start of each line, # begins a comment\n"
    "  --minutes N   and fresh runs until the time is over\n"
    "  --jobs N      processes side by side\n"
    "  --failures N  give up after so many, in each process; 5 without it\n"
    "  --marks       say how often each rare thing was seen\n"
    "  --trace FILE  with --seed: every byte of the run, as pcapng for Wireshark\n";

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_seeds(const std::string& path, std::vector<std::uint64_t>& seeds) {
  std::ifstream file(path);
  if (!file) return false;
  for (std::string line; std::getline(file, line);) {
    const std::string_view first = std::string_view(line).substr(0, line.find_first_of(" \t#"));
    std::uint64_t seed = 0;
    if (first.empty()) continue;
    if (!read_number(first, seed)) return false;
    seeds.push_back(seed);
  }
  return true;
}

std::uint64_t chance() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

int wrong(const char* what, std::string_view about) {
  std::fprintf(stderr, "lunway-sim: %s: %.*s\n%s", what, static_cast<int>(about.size()), about.data(), kUsage);
  return 2;
}

struct Numbers {
  std::uint64_t from = 1, runs = 0, fresh = 0, minutes = 0, jobs = 1;
};

}  // namespace

int run_command(std::span<char* const> arguments) {
  Campaign campaign;
  Numbers numbers;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    if (option == "--help") return std::fputs(kUsage, stdout) < 0 ? 1 : 0;
    if (option == "--marks") {
      campaign.prints_marks = true;
      continue;
    }
    if (i + 1 == arguments.size()) return wrong("not understood", option);
    const std::string value = arguments[++i];
    std::uint64_t seed = 0;
    bool good = true;
    if (option == "--trace") {
      campaign.trace_path = value;
    } else if (option == "--seeds") {
      good = read_seeds(value, campaign.seeds);
    } else if (option == "--seed") {
      good = read_number(value, seed);
      campaign.seeds.push_back(seed);
    } else if (option == "--from") {
      good = read_number(value, numbers.from);
    } else if (option == "--runs") {
      good = read_number(value, numbers.runs);
    } else if (option == "--fresh") {
      good = read_number(value, numbers.fresh);
    } else if (option == "--minutes") {
      good = read_number(value, numbers.minutes);
    } else if (option == "--failures") {
      good = read_number(value, campaign.most_failures);
    } else if (option == "--jobs") {
      good = read_number(value, numbers.jobs) && numbers.jobs != 0;
    } else {
      return wrong("no such option", option);
    }
    if (!good) return wrong("not a value for this option", value);
  }
  for (std::uint64_t i = 0; i < numbers.runs; ++i) campaign.seeds.push_back(numbers.from + i);
  for (std::uint64_t i = 0; i < numbers.fresh; ++i) campaign.seeds.push_back(chance());
  campaign.endless_seed = chance();
  campaign.minutes = numbers.minutes;
  campaign.jobs = numbers.jobs;
  if (campaign.seeds.empty() && campaign.minutes == 0) return wrong("nothing to do", "");
  if (!campaign.trace_path.empty() && campaign.seeds.size() != 1)
    return wrong("a trace is of one run", campaign.trace_path);
  return conduct(campaign);
}

}  // namespace lunway::simulator
