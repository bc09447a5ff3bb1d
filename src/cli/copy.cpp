// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "admin/size.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/peer.h"
#include "cli/progress.h"
#include "cli/transfer/copier.h"
#include "cli/transfer/file_side.h"
#include "cli/transfer/unit_side.h"

namespace lunway::cli {
namespace {

struct CopyArguments {
  std::string source, destination;
  unsigned depth = 16;
  bool verify = false;
  bool json = false;
  PeerArguments peer;
};

bool is_url(const std::string& text) { return text.starts_with("iscsi://"); }

Outcome<std::unique_ptr<Side>> open_unit_side(const std::string& url, const PeerArguments& arguments) {
  const auto peer = resolve_unit(url, arguments);
  if (!peer) return std::unexpected(peer.error());
  return UnitSide::open(*peer);
}

Outcome<std::unique_ptr<Side>> open_source(const CopyArguments& arguments) {
  return is_url(arguments.source) ? open_unit_side(arguments.source, arguments.peer)
                                  : FileSide::source(arguments.source);
}

Outcome<std::unique_ptr<Side>> open_destination(const CopyArguments& arguments, std::uint64_t size_bytes) {
  auto side = is_url(arguments.destination) ? open_unit_side(arguments.destination, arguments.peer)
                                            : FileSide::destination(arguments.destination, size_bytes);
  if (side && (*side)->size_bytes() < size_bytes) {
    return failed(fmt::format("{} holds {} bytes, {} has {}: it does not fit", (*side)->name(), (*side)->size_bytes(),
                              arguments.source, size_bytes));
  }
  return side;
}

struct Totals {
  std::uint64_t bytes = 0;
  std::uint64_t zero_bytes = 0;
  Duration elapsed{};
  bool verified = false;
};

void print_totals(const Totals& totals, bool json) {
  if (json) {
    print_json({{"bytes", totals.bytes},
                {"zero_bytes", totals.zero_bytes},
                {"seconds", seconds(totals.elapsed)},
                {"verified", totals.verified}});
    return;
  }
  fmt::print("copied {} in {:.2f} s ({}), {} of it zeros{}\n", admin::format_size(totals.bytes),
             seconds(totals.elapsed), format_rate(totals.bytes, totals.elapsed), admin::format_size(totals.zero_bytes),
             totals.verified ? ", verified" : "");
}

Outcome<Totals> transfer(Side& from, Side& to, const CopyArguments& arguments) {
  Totals totals{.bytes = from.size_bytes()};
  {
    Progress progress("copy", totals.bytes, stderr);
    Copier copier(from, to, totals.bytes, arguments.depth, progress);
    if (const Outcome<> copied = copier.run(); !copied) return std::unexpected(copied.error());
    totals.zero_bytes = copier.zero_bytes();
    totals.elapsed = progress.elapsed();
  }
  if (arguments.verify) {
    Progress progress("verify", totals.bytes, stderr);
    const Outcome<> same = verify(from, to, totals.bytes, arguments.depth, progress);
    if (!same) return std::unexpected(same.error());
    totals.verified = true;
  }
  return totals;
}

Outcome<> copy(const CopyArguments& arguments) {
  if (!is_url(arguments.source) && !is_url(arguments.destination)) {
    return wrong_call("neither side is an iscsi:// URL; cp copies files");
  }
  auto from = open_source(arguments);
  if (!from) return std::unexpected(from.error());
  auto to = open_destination(arguments, (*from)->size_bytes());
  if (!to) return std::unexpected(to.error());
  const auto totals = transfer(**from, **to, arguments);
  if (!totals) return std::unexpected(totals.error());
  for (Side* side : {to->get(), from->get()}) {
    if (const Outcome<> finished = side->finish(); !finished) return finished;
  }
  print_totals(*totals, arguments.json);
  return {};
}

}  // namespace

void add_copy(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<CopyArguments>();
  CLI::App& command = add_command(program, "copy", "Copy a whole disk: file to LUN, LUN to file, LUN to LUN",
                                  "lunway copy --verify disk.img iscsi://127.0.0.1/iqn.2026-11.io.example:db/0");
  command.add_option("SOURCE", arguments->source, "a file or a URL")->required()->type_name("");
  command.add_option("DESTINATION", arguments->destination, "a file or a URL")->required()->type_name("");
  command.add_option("--depth", arguments->depth, "pieces of 1 MiB under way at once")
      ->type_name("N")
      ->check(CLI::Range(1U, 256U).description(""))
      ->capture_default_str();
  command.add_flag("--verify", arguments->verify, "read both sides again and compare");
  command.add_flag("--json", arguments->json, "say what was done as JSON");
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, copy);
}

}  // namespace lunway::cli
