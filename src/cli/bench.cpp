// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>

#include "cli/bench/crew.h"
#include "cli/bench/report.h"
#include "cli/bench/workload.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/peer.h"
#include "cli/sized_option.h"
#include "runtime/clock.h"
#include "runtime/descriptor_limit.h"

namespace lunway::cli {
namespace {

constexpr std::uint64_t kVerifiedBytesOfASession = std::uint64_t{256} << 20;
constexpr std::uint32_t kMaxSlotBytes = 1U << 24;

struct BenchArguments {
  std::string url;
  std::string rw = "randread";
  std::string block_size = "4KiB";
  std::string size;
  unsigned depth = 32;
  unsigned sessions = 1;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  double time_s = 10;
  bool verify = false;
  unsigned aborts_per_mille = 0;
  std::uint64_t reset_every = 0;
  std::uint64_t seed = 0;
  bool json = false;
  PeerArguments peer;
};

Duration processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

Outcome<std::vector<Unit>> open_units(const Peer& peer, unsigned sessions) {
  std::vector<Unit> units;
  for (unsigned i = 0; i < sessions; ++i) {
    auto unit = open_unit(peer);
    if (!unit) return std::unexpected(unit.error());
    units.push_back(std::move(*unit));
  }
  return units;
}

Outcome<Workload> plan(const BenchArguments& arguments, const initiator::Capacity& capacity) {
  const auto slot_bytes = size_option("--bs", arguments.block_size);
  if (!slot_bytes) return std::unexpected(slot_bytes.error());
  if (*slot_bytes == 0 || *slot_bytes > kMaxSlotBytes || *slot_bytes % capacity.block_size != 0)
    return wrong_call(fmt::format("--bs: must be a multiple of the unit's blocks of {} bytes, and at most 16 MiB",
                                  capacity.block_size));
  return Workload{.pattern = Pattern::parse(arguments.rw).value(),
                  .blocks_in_slot = static_cast<std::uint32_t>(*slot_bytes / capacity.block_size),
                  .block_bytes = capacity.block_size,
                  .depth = arguments.depth,
                  .time = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(arguments.time_s)),
                  .verify = arguments.verify,
                  .aborts_per_mille = arguments.aborts_per_mille,
                  .commands_between_resets = arguments.reset_every};
}

Outcome<std::uint64_t> bytes_to_use(const BenchArguments& arguments, const initiator::Capacity& capacity) {
  std::uint64_t bytes = capacity.bytes();
  if (arguments.verify) bytes = std::min(bytes, kVerifiedBytesOfASession * arguments.sessions);
  if (arguments.size.empty()) return bytes;
  const auto wanted = size_option("--size", arguments.size);
  if (!wanted) return std::unexpected(wanted.error());
  if (*wanted > capacity.bytes())
    return wrong_call(fmt::format("--size: the unit has {} bytes only", capacity.bytes()));
  return *wanted;
}

Outcome<Crew> assemble(const BenchArguments& arguments, const Workload& workload, std::vector<Unit>& units) {
  const auto bytes = bytes_to_use(arguments, units.front().capacity);
  if (!bytes) return std::unexpected(bytes.error());
  const auto regions = divide(*bytes / workload.slot_bytes(), arguments.sessions, workload);
  if (regions.front().slots < arguments.depth)
    return wrong_call("the unit, or --size, is too small for so many commands at once");
  std::mt19937_64 seeds(arguments.seed != 0 ? arguments.seed : std::random_device{}());
  std::vector<std::unique_ptr<Load>> loads;
  loads.reserve(units.size());
  for (std::size_t i = 0; i < units.size(); ++i)
    loads.push_back(std::make_unique<Load>(units[i].session, workload, regions[i], seeds()));
  return Crew(std::move(loads), arguments.threads);
}

/// A line once in a tenth of a second, on a terminal.
std::function<void(std::uint64_t)> live_line(const char* verb) {
  if (isatty(STDERR_FILENO) == 0) return [](std::uint64_t) {};
  return [verb, last = std::uint64_t{0}, at = runtime::read_clock()](std::uint64_t done) mutable {
    const Instant now = runtime::read_clock();
    const double rate = static_cast<double>(done - last) / std::chrono::duration<double>(now - at).count();
    fmt::print(stderr, "\r\x1b[K{}: {} commands, {:.0f}/s", verb, done, rate);
    std::fflush(stderr);
    last = done;
    at = now;
  };
}

void end_live_line() {
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\x1b[K");
}

Outcome<Report> measure(Crew& crew, const Workload& workload) {
  const Instant began = runtime::read_clock();
  const Duration busy = processor_time();
  const Outcome<> loaded = crew.run(began + workload.time, live_line("load"));
  Report report{.result = {}, .elapsed = runtime::read_clock() - began, .processor = processor_time() - busy};
  const Outcome<> verified = loaded && workload.verify ? crew.read_back(live_line("verify")) : loaded;
  end_live_line();
  if (!verified) return std::unexpected(verified.error());
  report.result = crew.result();
  report.verified = workload.verify;
  return report;
}

Outcome<> bench(const BenchArguments& arguments) {
  const auto peer = resolve_unit(arguments.url, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  runtime::raise_descriptor_limit();
  auto units = open_units(*peer, arguments.sessions);
  if (!units) return std::unexpected(units.error());
  const auto workload = plan(arguments, units->front().capacity);
  if (!workload) return std::unexpected(workload.error());
  auto crew = assemble(arguments, *workload, *units);
  if (!crew) return std::unexpected(crew.error());
  const auto report = measure(*crew, *workload);
  if (!report) return std::unexpected(report.error());
  if (arguments.json)
    print_json(to_json(*report));
  else
    fmt::print("{}", to_text(*report));
  for (Unit& unit : *units)
    if (const auto out = unit.session.logout(); !out) return failed(out.error(), peer->url);
  return {};
}

void add_load_options(CLI::App& command, BenchArguments& arguments) {
  command.add_option("--rw", arguments.rw, "what to do; all but read and randread overwrite the unit's data")
      ->check(CLI::IsMember(Pattern::words()).description(""))
      ->type_name("read|write|rw|randread|randwrite|randrw")
      ->capture_default_str();
  command.add_option("--bs", arguments.block_size, "bytes of each command")->type_name("SIZE")->capture_default_str();
  command.add_option("--size", arguments.size, "how much of the unit to use, from its start; all of it by default")
      ->type_name("SIZE");
  command.add_option("--depth", arguments.depth, "commands that a session has under way")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U).description(""))
      ->capture_default_str();
  command.add_option("--sessions", arguments.sessions, "sessions, each with a connection of its own")
      ->type_name("N")
      ->check(CLI::Range(1U, 16384U).description(""))
      ->capture_default_str();
  command.add_option("--threads", arguments.threads, "threads for the sessions; one a processor by default")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U).description(""));
  command.add_option("--time", arguments.time_s, "how long")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.01, 86400.0).description(""))
      ->capture_default_str();
}

void add_trial_options(CLI::App& command, BenchArguments& arguments) {
  command.add_flag("--verify", arguments.verify, "stamp what is written and judge what is read");
  command.add_option("--aborts", arguments.aborts_per_mille, "abort so many of 1000 commands while they run")
      ->type_name("N")
      ->check(CLI::Range(0U, 1000U).description(""))
      ->capture_default_str();
  command
      .add_option("--reset-every", arguments.reset_every, "reset the logical unit after so many commands of a session")
      ->type_name("N");
  command.add_option("--seed", arguments.seed, "the same choices again; another each time by default")->type_name("N");
}

}  // namespace

void add_bench(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<BenchArguments>();
  CLI::App& command = add_command(program, "bench", "Measure how fast a LUN is, and whether it keeps what it is given",
                                  "lunway bench --rw randread --bs 4KiB --depth 32 --time 5 "
                                  "iscsi://127.0.0.1/iqn.2026-11.io.example:db/0");
  command.add_option("URL", arguments->url, "iscsi://HOST[:PORT]/TARGET/LUN")->required()->type_name("");
  add_load_options(command, *arguments);
  add_trial_options(command, *arguments);
  command.add_flag("--json", arguments->json, "the result as JSON");
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, bench);
}

}  // namespace lunway::cli
