// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/peer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "admin/secret_file.h"
#include "text/chap_digest.h"

namespace lunway::cli {
namespace {

/// The secret to go with `user`, when there is a user and the URL did not bring it.
Outcome<> find_secret(const std::string& user, std::string& secret, const std::string& option_file,
                      const std::string& option, const std::string& variable, const Environment& environment) {
  if (user.empty()) {
    if (option_file.empty()) return {};
    return wrong_call(fmt::format("{} needs a user: say it in the URL, as in iscsi://USER@HOST/...", option));
  }
  if (!option_file.empty()) secret.clear();
  if (!secret.empty()) return {};
  const std::string file = option_file.empty() ? environment(variable) : option_file;
  if (file.empty()) {
    return wrong_call(fmt::format("the secret of CHAP user \"{}\" is missing: name its file with {} or in {}", user,
                                  option, variable));
  }
  Result<std::string> read = admin::read_secret_file(file);
  if (!read) return failed(read.error());
  secret = std::move(*read);
  return {};
}

Outcome<> choose_algorithms(const std::vector<std::string>& names, std::vector<std::uint8_t>& into) {
  if (names.empty()) return {};
  into.clear();
  for (const std::string& name : names) {
    const auto algorithm = text::chap_algorithm(name);
    if (!algorithm) {
      return wrong_call(fmt::format("--chap-algorithms: \"{}\" is none of MD5, SHA-1, SHA-256, SHA3-256", name));
    }
    into.push_back(std::to_underlying(*algorithm));
  }
  return {};
}

}  // namespace

void add_peer_options(CLI::App& command, PeerArguments& arguments) {
  command.add_option("--initiator-name", arguments.initiator_name, "the iSCSI name to log in as")->type_name("IQN");
  command.add_option("--chap-user", arguments.chap_user, "CHAP user, if the URL does not say it")->type_name("NAME");
  command
      .add_option("--chap-secret-file", arguments.chap_secret_file,
                  "file with the CHAP secret (else: $LUNWAY_CHAP_SECRET_FILE)")
      ->type_name("FILE");
  command.add_option("--mutual-user", arguments.mutual_user, "user that the target must prove to be")
      ->type_name("NAME");
  command
      .add_option("--mutual-secret-file", arguments.mutual_secret_file,
                  "file with the target's secret (else: $LUNWAY_MUTUAL_SECRET_FILE)")
      ->type_name("FILE");
  command
      .add_option("--chap-algorithms", arguments.chap_algorithms,
                  "what to offer, best first: SHA3-256, SHA-256, SHA-1, MD5 (tgt 1.0.85 wants MD5 alone)")
      ->type_name("NAME,...")
      ->delimiter(',');
  command.add_option("--timeout", arguments.timeout_s, "seconds that a login or a command may take")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86400.0).description(""))
      ->capture_default_str();
}

Outcome<Peer> resolve_peer(const std::string& text, const PeerArguments& arguments, const Environment& environment) {
  initiator::Result<initiator::Url> url = initiator::Url::parse(text);
  if (!url) return wrong_call(url.error().message + "; a URL is iscsi://HOST[:PORT]/TARGET/LUN");
  Peer peer{.url = std::move(*url), .options = {}};
  if (!arguments.chap_user.empty()) peer.url.user = arguments.chap_user;
  if (!arguments.mutual_user.empty()) peer.url.target_user = arguments.mutual_user;
  if (const auto found = find_secret(peer.url.user, peer.url.secret, arguments.chap_secret_file, "--chap-secret-file",
                                     "LUNWAY_CHAP_SECRET_FILE", environment);
      !found) {
    return std::unexpected(found.error());
  }
  if (const auto found = find_secret(peer.url.target_user, peer.url.target_secret, arguments.mutual_secret_file,
                                     "--mutual-secret-file", "LUNWAY_MUTUAL_SECRET_FILE", environment);
      !found) {
    return std::unexpected(found.error());
  }
  if (const auto chosen = choose_algorithms(arguments.chap_algorithms, peer.options.chap_algorithms); !chosen) {
    return std::unexpected(chosen.error());
  }
  if (!arguments.initiator_name.empty()) peer.options.initiator_name = arguments.initiator_name;
  const auto timeout = std::chrono::milliseconds(static_cast<std::int64_t>(arguments.timeout_s * 1000));
  peer.options.login_timeout = std::min(peer.options.login_timeout, timeout);
  peer.options.connect_timeout = std::min(peer.options.connect_timeout, timeout);
  peer.options.command_timeout = timeout;
  peer.options.on_event = [](std::string_view event) { fmt::print(stderr, "lunway: {}\n", event); };
  return peer;
}

Outcome<Peer> resolve_unit(const std::string& text, const PeerArguments& arguments, const Environment& environment) {
  Outcome<Peer> peer = resolve_peer(text, arguments, environment);
  if (peer && peer->url.target.empty()) {
    return wrong_call(fmt::format("{} names no target; list what there is with: lunway discover {}",
                                  peer->url.to_string(), portal_of(peer->url)));
  }
  return peer;
}

Outcome<Unit> open_unit(const Peer& peer) {
  auto session = initiator::Session::connect(peer.url, peer.options);
  if (!session) return failed(session.error(), peer.url);
  auto inquiry = session->inquiry();
  if (!inquiry) return failed(inquiry.error(), peer.url);
  if (inquiry->peripheral_qualifier != 0) {
    const auto luns = session->report_luns();
    return failed(fmt::format("there is no LUN {} at {}{}", peer.url.lun, peer.url.target,
                              luns ? fmt::format("; it has LUN {}", fmt::join(*luns, ", ")) : std::string()));
  }
  auto capacity = session->capacity();
  if (!capacity) return failed(capacity.error(), peer.url);
  if (capacity->block_size == 0 || capacity->blocks == 0) {
    return failed(fmt::format("LUN {} at {} holds no blocks", peer.url.lun, peer.url.target));
  }
  return Unit{std::move(*session), std::move(*inquiry), *capacity};
}

}  // namespace lunway::cli
