// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <algorithm>
#include <vector>

#include "cli/command.h"
#include "cli/file.h"
#include "cli/peer.h"
#include "cli/sized_option.h"
#include "cli/unit_bytes.h"

namespace lunway::cli {
namespace {

/// What is held in memory at once; the library splits it into commands and keeps several in flight.
constexpr std::uint64_t kPieceBytes = std::uint64_t{16} << 20;

struct ReadArguments {
  std::string url;
  std::string offset = "0";
  std::string length;
  std::string output = "-";
  PeerArguments peer;
};

Outcome<> stream_out(Unit& unit, std::uint64_t offset, std::uint64_t length, File& file) {
  std::vector<std::byte> buffer(std::min(length, kPieceBytes));
  while (length != 0) {
    const MutableBytes piece(buffer.data(), std::min<std::uint64_t>(length, buffer.size()));
    if (const Outcome<> read = read_bytes(unit, offset, piece); !read) return read;
    if (const Outcome<> written = file.write(piece); !written) return written;
    offset += piece.size();
    length -= piece.size();
  }
  return {};
}

Outcome<> read(const ReadArguments& arguments) {
  const auto offset = size_option("--offset", arguments.offset);
  if (!offset) return std::unexpected(offset.error());
  const auto length = size_option("--length", arguments.length.empty() ? "0" : arguments.length);
  if (!length) return std::unexpected(length.error());
  const auto peer = resolve_unit(arguments.url, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  auto unit = open_unit(*peer);
  if (!unit) return std::unexpected(unit.error());
  if (const Outcome<> fits = check_range(*unit, *offset, *length); !fits) return fits;
  auto file = File::open_to_write(arguments.output);
  if (!file) return std::unexpected(file.error());
  if (file->is_regular() && arguments.output != "-") {
    if (const Outcome<> emptied = file->resize(0); !emptied) return emptied;
  }
  const std::uint64_t wanted = arguments.length.empty() ? unit->capacity.bytes() - *offset : *length;
  if (const Outcome<> streamed = stream_out(*unit, *offset, wanted, *file); !streamed) return streamed;
  if (const auto out = unit->session.logout(); !out) return failed(out.error(), peer->url);
  return {};
}

}  // namespace

void add_read(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<ReadArguments>();
  CLI::App& command =
      add_command(program, "read", "Read bytes of a LUN into a file or standard output",
                  "lunway read iscsi://127.0.0.1/iqn.2026-11.io.example:db/0 --length 1MiB -o head.img");
  command.add_option("URL", arguments->url, "iscsi://HOST[:PORT]/TARGET/LUN")->required()->type_name("");
  command.add_option("--offset", arguments->offset, "where to start")->type_name("SIZE")->capture_default_str();
  command.add_option("--length", arguments->length, "how much; default up to the end")->type_name("SIZE");
  command.add_option("-o,--output", arguments->output, "where to; default standard output")->type_name("FILE");
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, read);
}

}  // namespace lunway::cli
