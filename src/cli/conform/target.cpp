// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// lunway conform target URL: the suite plays the initiator.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/conform/commands.h"
#include "cli/conform/run_arguments.h"
#include "cli/conform/run_display.h"
#include "cli/peer.h"
#include "conformance/target/runner.h"
#include "runtime/signals.h"

namespace lunway::cli {
namespace {

struct ConformTargetArguments {
  std::string url{};
  bool dataloss = false;
  std::string restart{};
  RunArguments run;
  PeerArguments peer;
};

Outcome<conformance::TargetUnderTest> target_under_test(const ConformTargetArguments& arguments) {
  const auto peer = resolve_unit(arguments.url, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  const initiator::Url& url = peer->url;
  const auto addresses = runtime::resolve({.host = url.host, .port = url.port});
  if (!addresses) return failed(addresses.error());
  conformance::TargetUnderTest target;
  target.address = addresses->front();
  target.name = url.target;
  target.lun = url.lun;
  if (!url.user.empty()) target.account = {.name = url.user, .secret = url.secret};
  if (!url.target_secret.empty()) target.target_account = {.name = url.target_user, .secret = url.target_secret};
  target.may_write = arguments.dataloss;
  target.restart_command = arguments.restart;
  if (!arguments.peer.initiator_name.empty()) target.initiator_name_stem = arguments.peer.initiator_name;
  return target;
}

Outcome<> conform_target(const ConformTargetArguments& arguments) {
  runtime::ignore_broken_pipes();
  const auto tests = chosen_tests(conformance::Judged::target, arguments.run);
  if (!tests) return std::unexpected(tests.error());
  const auto expectations = read_expectations(conformance::Judged::target, arguments.run);
  if (!expectations) return std::unexpected(expectations.error());
  const auto target = target_under_test(arguments);
  if (!target) return std::unexpected(target.error());

  const conformance::RunOptions options = run_options(arguments.run);
  const conformance::TargetFacts facts = conformance::probe_target(*target, options);
  if (!facts.trouble.empty()) return failed("nothing can be tested: " + facts.trouble);
  auto run =
      watch_run(conformance::Judged::target, arguments.url, tests->size(), [&](conformance::RunObserver& observer) {
        return conformance::run_target_tests(*tests, *target, facts, options, &observer);
      });
  return finish_run(std::move(run), *expectations, arguments.run);
}

}  // namespace

void add_conform_target(CLI::App& conform, Chosen& chosen) {
  const auto arguments = std::make_shared<ConformTargetArguments>();
  CLI::App& command = add_command(conform, "target", "Judge a target: the suite plays the initiator",
                                  "lunway conform target --section 6.3 iscsi://127.0.0.1/iqn.2026-11.io.example:db/0");
  command.add_option("URL", arguments->url, "iscsi://HOST[:PORT]/TARGET/LUN")->required()->type_name("");
  command.add_flag("--dataloss", arguments->dataloss, "allow the tests to overwrite what is on the LUN");
  command.add_option("--restart", arguments->restart, "starts the target again when a test has ended it")
      ->type_name("COMMAND");
  add_run_options(command, arguments->run);
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, conform_target);
}

}  // namespace lunway::cli
