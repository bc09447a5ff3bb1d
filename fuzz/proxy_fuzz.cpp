// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A proxy without rules passes every byte of either side as it came, however TCP cuts it; one with rules survives it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/testing/recorder.h"

namespace lunway::proxy {
namespace {

constexpr std::string_view kFaults =
    "corrupt=header every=7\ncorrupt=data repair every=5\ncorrupt=data-digest every=3\nreorder=2 every=4\n"
    "duplicate every=6\ndelay=1ms probability=0.5\ndrop every=9\nreset=30 skip=20\n";

// The length of each piece, and whose it is, stand before it.
struct Cut {
  wire::Role from;
  Bytes piece;
};

Cut take_cut(Bytes& input) {
  const unsigned choice = load_u8(input.data());
  input = input.subspan(1);
  const Bytes piece = input.first(std::min<std::size_t>(choice >> 1, input.size()));
  input = input.subspan(piece.size());
  return {.from = (choice & 1) != 0 ? wire::Role::target : wire::Role::initiator, .piece = piece};
}

// So that what follows carries digests.
void log_in(Exchange& exchange, wire::Digests digests) {
  const std::string keys = testing::pairs({digests.header ? "HeaderDigest=CRC32C" : "HeaderDigest=None",
                                           digests.data ? "DataDigest=CRC32C" : "DataDigest=None"});
  exchange.receive(Instant(), wire::Role::initiator, testing::login_request(keys));
  exchange.receive(Instant(), wire::Role::target, testing::login_response(keys));
  for (const wire::Role from : {wire::Role::initiator, wire::Role::target}) {
    testing::drain(exchange, from, Instant());
  }
}

void run(Bytes input, bool has_rules, bool logs_in, wire::Digests digests) {
  testing::Recorder recorder;
  RuleBook rules(*parse_rules(has_rules ? kFaults : ""));
  const AddressPolicy policy = has_rules ? AddressPolicy::all : AddressPolicy::keep;
  Exchange exchange({.number = 1, .seed = 1, .begun = Instant(), .addresses = {.policy = policy}}, rules, recorder);
  if (logs_in) log_in(exchange, digests);

  std::array<std::vector<std::byte>, 2> said;
  std::array<std::vector<std::byte>, 2> passed;
  const auto keep = [](std::vector<std::byte>& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); };
  Instant now;
  while (!input.empty()) {
    const Cut cut = take_cut(input);
    const auto side = static_cast<std::size_t>(cut.from);
    // A copy of its own, so that a view that outlives its call is seen.
    const std::vector<std::byte> piece(cut.piece.begin(), cut.piece.end());
    exchange.receive(now, cut.from, piece);
    keep(said[side], piece);
    keep(passed[side], testing::drain(exchange, cut.from, now));
    now += std::chrono::microseconds(100);
  }
  for (const wire::Role from : {wire::Role::initiator, wire::Role::target}) {
    exchange.finish(now, from);
    keep(passed[static_cast<std::size_t>(from)], testing::drain(exchange, from, now + std::chrono::seconds(1)));
    if (exchange.outbox(from).reached_end() == Outbox::End::none) std::abort();
  }
  if (!has_rules && said != passed) std::abort();
}

}  // namespace

// libFuzzer knows this function by its name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input = std::as_bytes(std::span(data, size));
  const unsigned choice = load_u8(input.data());
  run(input.subspan(1), (choice & 1) != 0, (choice & 2) != 0, {.header = (choice & 4) != 0, .data = (choice & 8) != 0});
  return 0;
}

}  // namespace lunway::proxy
