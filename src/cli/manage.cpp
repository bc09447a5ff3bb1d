// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One task management function, for a unit whose commands hang or whose state is to be asked after.
//= rfc7143#11.5

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/peer.h"

namespace lunway::cli {
namespace {

using initiator::TaskManagement;

struct ManageArguments {
  std::string function;
  std::string url;
  bool fast_abort = false;
  bool json = false;
  PeerArguments peer;
};

constexpr std::array<std::pair<std::string_view, TaskManagement>, 9> kFunctions{{
    {"abort-task-set", TaskManagement::abort_task_set},
    {"clear-aca", TaskManagement::clear_aca},
    {"clear-task-set", TaskManagement::clear_task_set},
    {"lun-reset", TaskManagement::lun_reset},
    {"target-warm-reset", TaskManagement::target_warm_reset},
    {"target-cold-reset", TaskManagement::target_cold_reset},
    {"query-task-set", TaskManagement::query_task_set},
    {"i-t-nexus-reset", TaskManagement::i_t_nexus_reset},
    {"query-asynchronous-event", TaskManagement::query_asynchronous_event},
}};

std::vector<std::string> words() {
  std::vector<std::string> words;
  words.reserve(kFunctions.size());
  for (const auto& [word, function] : kFunctions) words.emplace_back(word);
  return words;
}

/// A target that carries these out drops the connection, and its answer may be lost with it.
//= rfc7143#11.5.1
//= rfc7144#6.4.2
bool ends_the_session(TaskManagement function) {
  return function == TaskManagement::target_cold_reset || function == TaskManagement::i_t_nexus_reset;
}

void print_answer(const ManageArguments& arguments, const std::optional<initiator::ManagementResult>& result) {
  const std::string says = result ? result->to_string() : "the target has dropped the connection";
  if (!arguments.json) return fmt::print("{}: {}\n", arguments.function, says);
  Json answer = {{"function", arguments.function}, {"answered", result.has_value()}, {"says", says}};
  if (result) answer["found"] = result->found;
  if (result && result->event) {
    answer["event"] = {{"key", result->event->key}, {"asc", result->event->asc}, {"ascq", result->event->ascq}};
  }
  print_json(answer);
}

Outcome<> manage(const ManageArguments& arguments) {
  auto peer = resolve_unit(arguments.url, arguments.peer);
  if (!peer) return std::unexpected(peer.error());
  if (arguments.fast_abort) peer->options.task_reporting = initiator::TaskReporting::fast_abort;
  // What ends the session is to leave it ended.
  peer->options.reconnect_time = {};
  auto session = initiator::Session::connect(peer->url, peer->options);
  if (!session) return failed(session.error(), peer->url);
  const TaskManagement function =
      std::ranges::find(kFunctions, arguments.function, [](const auto& one) { return one.first; })->second;
  const auto result = session->manage(function);
  if (result) {
    print_answer(arguments, *result);
  } else if (ends_the_session(function) && result.error().kind == initiator::ErrorKind::connection_lost) {
    print_answer(arguments, std::nullopt);
  } else {
    return failed(result.error(), peer->url);
  }
  if (ends_the_session(function)) return {};
  if (const auto out = session->logout(); !out) return failed(out.error(), peer->url);
  return {};
}

}  // namespace

void add_manage(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<ManageArguments>();
  CLI::App& command = add_command(program, "manage", "Send a task management function: a reset, an abort, a query",
                                  "lunway manage lun-reset iscsi://127.0.0.1/iqn.2026-11.io.example:db/0");
  const std::vector<std::string> all = words();
  const auto middle = all.begin() + 5;
  command
      .add_option("FUNCTION", arguments->function,
                  fmt::format("{},\n{}", fmt::join(all.begin(), middle, ", "), fmt::join(middle, all.end(), ", ")))
      ->required()
      ->check(CLI::IsMember(all).description(""))
      ->type_name("");
  command.add_option("URL", arguments->url, "iscsi://HOST[:PORT]/TARGET/LUN")->required()->type_name("");
  command.add_flag("--fast-abort", arguments->fast_abort, "offer TaskReporting=FastAbort");
  command.add_flag("--json", arguments->json, "as JSON");
  add_peer_options(command, arguments->peer);
  choose(command, chosen, arguments, manage);
}

}  // namespace lunway::cli
