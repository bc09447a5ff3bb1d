// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/peer.h"

namespace lunway::cli {
namespace {

struct PingArguments {
  std::string url;
  unsigned count = 4;
  double interval_s = 1;
  unsigned payload_bytes = 56;
  bool json = false;
  PeerArguments peer;
};

/// Round trips in milliseconds.
struct RoundTrips {
  std::vector<double> ms;
  unsigned sent = 0;

  double least() const { return ms.empty() ? 0 : *std::ranges::min_element(ms); }
  double most() const { return ms.empty() ? 0 : *std::ranges::max_element(ms); }
  double mean() const {
    double sum = 0;
    for (const double one : ms) sum += one;
    return ms.empty() ? 0 : sum / static_cast<double>(ms.size());
  }
};

void print_summary(const RoundTrips& trips, const std::string& portal, bool json) {
  if (json) {
    print_json({{"portal", portal},
                {"sent", trips.sent},
                {"answered", trips.ms.size()},
                {"min_ms", trips.least()},
                {"avg_ms", trips.mean()},
                {"max_ms", trips.most()}});
  } else {
    fmt::print("{} sent, {} answered; min/avg/max {:.3f}/{:.3f}/{:.3f} ms\n", trips.sent, trips.ms.size(),
               trips.least(), trips.mean(), trips.most());
  }
}

Outcome<> ping(const PingArguments& arguments) {
  const auto peer = resolve_unit(arguments.url, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  auto session = initiator::Session::connect(peer->url, peer->options);
  if (!session) return failed(session.error(), peer->url);
  const std::vector<std::byte> payload(arguments.payload_bytes, std::byte{0x50});
  RoundTrips trips;
  while (trips.sent < arguments.count) {
    if (trips.sent != 0) std::this_thread::sleep_for(std::chrono::duration<double>(arguments.interval_s));
    ++trips.sent;
    const auto took = session->ping(payload);
    if (!took) {
      print_summary(trips, session->portal(), arguments.json);
      return failed(took.error(), peer->url);
    }
    trips.ms.push_back(std::chrono::duration<double, std::milli>(*took).count());
    if (arguments.json) continue;
    fmt::print("NOP-In of {} bytes from {}: seq={} time={:.3f} ms\n", payload.size(), session->portal(), trips.sent,
               trips.ms.back());
    std::fflush(stdout);
  }
  print_summary(trips, session->portal(), arguments.json);
  if (const auto out = session->logout(); !out) return failed(out.error(), peer->url);
  return {};
}

}  // namespace

void add_ping(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<PingArguments>();
  CLI::App& command = add_command(program, "ping", "Time NOP-Out round trips through a session",
                                  "lunway ping --count 10 iscsi://127.0.0.1/iqn.2026-11.io.example:db/0");
  command.add_option("URL", arguments->url, "iscsi://HOST[:PORT]/TARGET/LUN")->required()->type_name("");
  command.add_option("-c,--count", arguments->count, "how many")->type_name("N")->capture_default_str();
  command.add_option("-i,--interval", arguments->interval_s, "seconds between them")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0).description(""))
      ->capture_default_str();
  command.add_option("-s,--size", arguments->payload_bytes, "bytes of ping data")
      ->type_name("BYTES")
      ->check(CLI::Range(0U, 8192U).description(""))
      ->capture_default_str();
  command.add_flag("--json", arguments->json, "only the summary, as JSON");
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, ping);
}

}  // namespace lunway::cli
