// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The options that all commands with a URL share, and the session that they lead to.

#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/outcome.h"
#include "lunway/initiator.h"

namespace lunway::cli {

struct PeerArguments {
  std::string initiator_name{};
  std::string chap_user{}, chap_secret_file{};
  std::string mutual_user{}, mutual_secret_file{};
  std::vector<std::string> chap_algorithms{};
  double timeout_s = 30;
};

/// --initiator-name, --chap-..., --mutual-..., --timeout.
void add_peer_options(CLI::App& command, PeerArguments& arguments);

/// Where to log in and as whom.
struct Peer {
  initiator::Url url;
  initiator::Options options;
};

/// `text` is a URL. Secrets come from the URL, else from the option's file, else from the file that
/// LUNWAY_CHAP_SECRET_FILE (LUNWAY_MUTUAL_SECRET_FILE) names.
Outcome<Peer> resolve_peer(const std::string& text, const PeerArguments& arguments,
                           const Environment& environment = process_environment);

/// The same for a URL that must name a target.
Outcome<Peer> resolve_unit(const std::string& text, const PeerArguments& arguments,
                           const Environment& environment = process_environment);

/// A logical unit that is there, with a session of its own.
struct Unit {
  initiator::Session session;
  initiator::Inquiry inquiry;
  initiator::Capacity capacity;
};

/// Logs in and makes sure that the LUN exists and holds blocks.
Outcome<Unit> open_unit(const Peer& peer);

}  // namespace lunway::cli
