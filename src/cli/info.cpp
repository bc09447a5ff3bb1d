// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "admin/size.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/peer.h"
#include "cli/session_facts.h"
#include "cli/vpd_text.h"

namespace lunway::cli {
namespace {

struct InfoArguments {
  std::string url;
  bool json = false;
  PeerArguments peer;
};

struct VpdPage {
  std::uint8_t code = 0;
  std::vector<std::byte> bytes;
};

struct Information {
  std::vector<std::uint16_t> luns;
  std::vector<VpdPage> pages;
};

/// Page 00h lists the others. A unit without VPD is old, not wrong.
std::vector<VpdPage> read_vpd_pages(initiator::Session& session) {
  std::vector<VpdPage> pages;
  const auto list = session.vital_product_data(0x00);
  if (!list || list->size() < 4) return pages;
  for (const std::byte code : Bytes(*list).subspan(4)) {
    if (code == std::byte{0x00}) continue;
    auto page = session.vital_product_data(std::to_integer<std::uint8_t>(code));
    if (page) pages.push_back({std::to_integer<std::uint8_t>(code), std::move(*page)});
  }
  return pages;
}

std::string_view device_type(std::uint8_t type) {
  switch (type) {
    case 0x00:
      return "disk";
    case 0x01:
      return "tape";
    case 0x05:
      return "CD/DVD";
    case 0x0c:
      return "storage array controller";
    default:
      return "other";
  }
}

void print_facts(std::string_view title, const Facts& facts) {
  fmt::print("{}\n", title);
  for (const auto& [name, fact] : facts) fmt::print("  {:<43}{}\n", name, to_text(fact));
}

void print_text(const Unit& unit, const Information& more) {
  const auto& [session, inquiry, capacity] = unit;
  fmt::print("{}\n", session.url().to_string());
  Facts facts = session_facts(session.negotiated());
  facts.insert(facts.begin(), {"portal", session.portal()});
  facts.emplace_back("connections", std::uint64_t{session.connections().size()});
  for (const initiator::ConnectionFacts& connection : session.connections())
    facts.emplace_back(fmt::format("CID {} to", connection.cid), connection.portal);
  print_facts("session", facts);
  print_facts("negotiated", negotiated_facts(session.negotiated()));
  print_facts(
      "logical unit",
      {{"type", fmt::format("{} ({:02x}h)", device_type(inquiry.peripheral_type), inquiry.peripheral_type)},
       {"vendor, product, revision", fmt::format("{} {} {}", inquiry.vendor, inquiry.product, inquiry.revision)},
       {"capacity", fmt::format("{} ({} blocks of {} bytes)", admin::format_size(capacity.bytes()), capacity.blocks,
                                capacity.block_size)},
       {"physical block", fmt::format("{} bytes", capacity.physical_block_size)},
       {"thin provisioning", capacity.thin},
       {"LUNs of the target", fmt::format("{}", fmt::join(more.luns, ", "))}});
  fmt::print("vital product data\n");
  for (const VpdPage& page : more.pages) {
    fmt::print("  {:02x}h {}\n", page.code, vpd_page_name(page.code));
    for (const std::string& line : describe_vpd_page(page.bytes)) fmt::print("      {}\n", line);
  }
}

Json to_json(const Facts& facts) {
  Json object = Json::object();
  for (const auto& [name, fact] : facts) std::visit([&, &key = name](const auto& value) { object[key] = value; }, fact);
  return object;
}

void print_as_json(const Unit& unit, const Information& more) {
  const auto& [session, inquiry, capacity] = unit;
  Json pages = Json::object();
  for (const VpdPage& page : more.pages) {
    pages[fmt::format("{:02x}", page.code)] = {{"name", vpd_page_name(page.code)},
                                               {"says", describe_vpd_page(page.bytes)}};
  }
  Json connections = Json::array();
  for (const initiator::ConnectionFacts& connection : session.connections())
    connections.push_back({{"cid", connection.cid}, {"portal", connection.portal}});
  Json negotiated = to_json(session_facts(session.negotiated()));
  negotiated.update(to_json(negotiated_facts(session.negotiated())));
  print_json({{"url", session.url().to_string()},
              {"portal", session.portal()},
              {"connections", std::move(connections)},
              {"negotiated", std::move(negotiated)},
              {"inquiry",
               {{"type", inquiry.peripheral_type},
                {"vendor", inquiry.vendor},
                {"product", inquiry.product},
                {"revision", inquiry.revision}}},
              {"capacity",
               {{"bytes", capacity.bytes()},
                {"blocks", capacity.blocks},
                {"block_size", capacity.block_size},
                {"physical_block_size", capacity.physical_block_size},
                {"thin", capacity.thin}}},
              {"luns", more.luns},
              {"vpd", std::move(pages)}});
}

Outcome<> info(const InfoArguments& arguments) {
  const auto peer = resolve_unit(arguments.url, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  auto unit = open_unit(*peer);
  if (!unit) return std::unexpected(unit.error());
  Information more;
  if (auto luns = unit->session.report_luns()) more.luns = std::move(*luns);
  more.pages = read_vpd_pages(unit->session);
  if (arguments.json)
    print_as_json(*unit, more);
  else
    print_text(*unit, more);
  if (const auto out = unit->session.logout(); !out) return failed(out.error(), peer->url);
  return {};
}

}  // namespace

void add_info(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<InfoArguments>();
  CLI::App& command = add_command(program, "info", "Show a session, what it negotiated, and what the LUN is",
                                  "lunway info iscsi://127.0.0.1/iqn.2026-11.io.example:db/0?header_digest=crc32c");
  command.add_option("URL", arguments->url, "iscsi://HOST[:PORT]/TARGET/LUN")->required()->type_name("");
  command.add_flag("--json", arguments->json, "as JSON");
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, info);
}

}  // namespace lunway::cli
