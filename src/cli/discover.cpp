// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/peer.h"

namespace lunway::cli {
namespace {

struct DiscoverArguments {
  std::string portal;
  PeerArguments peer;
  bool json = false;
};

void print_targets_json(const std::vector<initiator::DiscoveredTarget>& targets) {
  Json list = Json::array();
  for (const auto& target : targets) {
    Json portals = Json::array();
    for (const auto& portal : target.portals) {
      portals.push_back({{"address", portal.address}, {"group_tag", portal.group_tag}});
    }
    list.push_back({{"name", target.name}, {"portals", std::move(portals)}});
  }
  print_json({{"targets", std::move(list)}});
}

Outcome<> discover(const DiscoverArguments& arguments) {
  const bool is_url = arguments.portal.starts_with("iscsi://");
  const auto peer = resolve_peer(is_url ? arguments.portal : "iscsi://" + arguments.portal, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  const auto targets = initiator::Session::discover(peer->url, peer->options);
  if (!targets) return failed(targets.error(), peer->url);
  if (arguments.json) {
    print_targets_json(*targets);
    return {};
  }
  for (const auto& target : *targets) {
    for (const auto& portal : target.portals) fmt::print("{},{} {}\n", portal.address, portal.group_tag, target.name);
  }
  return {};
}

}  // namespace

void add_discover(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<DiscoverArguments>();
  CLI::App& command = add_command(program, "discover", "List the targets behind a portal (SendTargets=All)",
                                  "lunway discover 127.0.0.1:3260");
  command.add_option("PORTAL", arguments->portal, "[USER@]HOST[:PORT]")->required()->type_name("");
  add_peer_options(command, arguments->peer);
  command.add_flag("--json", arguments->json, "as JSON");
  choose(command, chosen, arguments, discover);
}

}  // namespace lunway::cli
