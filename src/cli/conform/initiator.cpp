// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// lunway conform initiator: the suite plays the target.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/conform/commands.h"
#include "cli/conform/run_arguments.h"
#include "cli/conform/run_display.h"
#include "conformance/initiator/runner.h"
#include "runtime/signals.h"

namespace lunway::cli {
namespace {

struct ConformInitiatorArguments {
  std::string listen = "127.0.0.1";
  std::string drive{};
  std::string drive_read{};
  std::string drive_write{};
  std::string drive_discover{};
  std::string chap{};
  std::string mutual{};
  RunArguments run;
};

/// "user%secret"
Outcome<std::optional<conformance::Account>> account(const std::string& text, const std::string& option) {
  if (text.empty()) return std::nullopt;
  const std::size_t percent = text.find('%');
  if (percent == std::string::npos) return wrong_call(option + " takes USER%SECRET");
  return conformance::Account{.name = text.substr(0, percent), .secret = text.substr(percent + 1)};
}

Outcome<conformance::InitiatorUnderTest> initiator_under_test(const ConformInitiatorArguments& arguments) {
  conformance::InitiatorUnderTest initiator;
  const auto listen = runtime::Address::parse(arguments.listen, 0);
  if (!listen) return wrong_call(listen.error().message);
  initiator.listen = *listen;
  initiator.commands = {arguments.drive, arguments.drive_read, arguments.drive_write, arguments.drive_discover};
  const auto own = account(arguments.chap, "--chap");
  if (!own) return std::unexpected(own.error());
  const auto target = account(arguments.mutual, "--mutual");
  if (!target) return std::unexpected(target.error());
  initiator.account = *own;
  initiator.target_account = *target;
  return initiator;
}

Outcome<> conform_initiator(const ConformInitiatorArguments& arguments) {
  runtime::ignore_broken_pipes();
  const auto tests = chosen_tests(conformance::Judged::initiator, arguments.run);
  if (!tests) return std::unexpected(tests.error());
  const auto expectations = read_expectations(conformance::Judged::initiator, arguments.run);
  if (!expectations) return std::unexpected(expectations.error());
  const auto initiator = initiator_under_test(arguments);
  if (!initiator) return std::unexpected(initiator.error());

  const conformance::RunOptions options = run_options(arguments.run);
  const conformance::InitiatorFacts facts = conformance::probe_initiator(*initiator, options);
  if (!facts.trouble.empty()) return failed("nothing can be tested: " + facts.trouble);
  auto run = watch_run(conformance::Judged::initiator, arguments.drive, tests->size(),
                       [&](conformance::RunObserver& observer) {
                         return conformance::run_initiator_tests(*tests, *initiator, facts, options, &observer);
                       });
  return finish_run(std::move(run), *expectations, arguments.run);
}

}  // namespace

void add_conform_initiator(CLI::App& conform, Chosen& chosen) {
  const auto arguments = std::make_shared<ConformInitiatorArguments>();
  CLI::App& command = add_command(conform, "initiator", "Judge an initiator: the suite plays the target",
                                  "lunway conform initiator --drive 'iscsi-inq {url}' --drive-discover 'iscsi-ls "
                                  "iscsi://{portal}'");
  command.add_option("--listen", arguments->listen, "the address on which the tests listen, each on a port of its own")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command
      .add_option("--drive", arguments->drive,
                  "starts the initiator; {url}, {portal}, {target} and {lun} are what it connects to")
      ->type_name("COMMAND")
      ->required();
  command.add_option("--drive-read", arguments->drive_read, "the same, and makes it read")->type_name("COMMAND");
  command.add_option("--drive-write", arguments->drive_write, "the same, and makes it write")->type_name("COMMAND");
  command.add_option("--drive-discover", arguments->drive_discover, "the same, and makes it ask for targets")
      ->type_name("COMMAND");
  command.add_option("--chap", arguments->chap, "what {url} says of CHAP in the tests that are about it")
      ->type_name("USER%SECRET");
  command.add_option("--mutual", arguments->mutual, "what the target is to prove in the tests of mutual CHAP")
      ->type_name("USER%SECRET");
  add_run_options(command, arguments->run);
  choose(command, chosen, arguments, conform_initiator);
}

}  // namespace lunway::cli
