// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include <vector>

#include "cli/command.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/peer.h"
#include "cli/sized_option.h"
#include "cli/unit_bytes.h"

namespace lunway::cli {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{16} << 20;

struct WriteArguments {
  std::string url;
  std::string offset = "0";
  std::string input = "-";
  bool json = false;
  PeerArguments peer;
};

/// Returns how many bytes there were.
Outcome<std::uint64_t> stream_in(File& file, Unit& unit, std::uint64_t offset) {
  std::vector<std::byte> buffer(kPieceBytes);
  std::uint64_t total = 0;
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return total;
    const Outcome<> written = write_bytes(unit, offset + total, MutableBytes(buffer).first(*count));
    if (!written) return std::unexpected(written.error());
    total += *count;
  }
}

Outcome<> write(const WriteArguments& arguments) {
  const auto offset = size_option("--offset", arguments.offset);
  if (!offset) return std::unexpected(offset.error());
  const auto peer = resolve_unit(arguments.url, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  auto file = File::open_to_read(arguments.input);
  if (!file) return std::unexpected(file.error());
  const auto size = file->size_bytes();
  if (!size) return std::unexpected(size.error());
  auto unit = open_unit(*peer);
  if (!unit) return std::unexpected(unit.error());
  // A file tells its size beforehand, so that nothing is written when it cannot all be; a pipe does not.
  if (const Outcome<> fits = check_range(*unit, *offset, *size); !fits) return fits;
  const auto total = stream_in(*file, *unit, *offset);
  if (!total) return std::unexpected(total.error());
  if (const auto flushed = unit->session.flush(); !flushed) return failed(flushed.error(), peer->url);
  if (const auto out = unit->session.logout(); !out) return failed(out.error(), peer->url);
  if (arguments.json) print_json({{"bytes", *total}, {"offset", *offset}});
  return {};
}

}  // namespace

void add_write(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<WriteArguments>();
  CLI::App& command =
      add_command(program, "write", "Write a file or standard input to a LUN",
                  "lunway write iscsi://127.0.0.1/iqn.2026-11.io.example:db/0 --offset 1MiB -i part.img");
  command.add_option("URL", arguments->url, "iscsi://HOST[:PORT]/TARGET/LUN")->required()->type_name("");
  command.add_option("--offset", arguments->offset, "where to start")->type_name("SIZE")->capture_default_str();
  command.add_option("-i,--input", arguments->input, "where from; default standard input")->type_name("FILE");
  command.add_flag("--json", arguments->json, "say what was done as JSON");
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, write);
}

}  // namespace lunway::cli
