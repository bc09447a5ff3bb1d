// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "admin/control_socket.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/json.h"
#include "cli/server_log.h"

namespace lunway::cli {
namespace {

/// Of a server that gives no sign of life.
constexpr int kPatienceSeconds = 60;

struct CtlArguments {
  std::vector<std::string> words{};
  std::string control{};
  bool json = false;
};

std::string text_of(const Json& value) {
  if (value.is_null()) return "-";
  return escape_for_log(value.is_string() ? value.get<std::string>()
                                          : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// Objects in columns below their keys.
void print_table(const Json& rows) {
  if (rows.empty()) return;
  std::vector<std::size_t> widths;
  for (const auto& [key, value] : rows.front().items()) widths.push_back(key.size());
  for (const Json& row : rows) {
    std::size_t column = 0;
    for (const auto& [key, value] : row.items()) {
      widths[column] = std::max(widths[column], text_of(value).size());
      ++column;
    }
  }
  const auto print_row = [&](const auto& text) {
    std::string line;
    std::size_t column = 0;
    for (const auto& [key, value] : rows.front().items()) {
      line += fmt::format("{:<{}}  ", text(key), widths[column++]);
    }
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  };
  print_row([](const std::string& key) { return key; });
  for (const Json& row : rows) print_row([&](const std::string& key) { return text_of(row[key]); });
}

void print_text(const Json& answer) {
  for (const auto& [key, value] : answer.items()) {
    if (!value.is_array()) {
      fmt::print("{}: {}\n", key, text_of(value));
    } else if (!value.empty() && value.front().is_object()) {
      print_table(value);
    } else {
      for (const Json& line : value) fmt::print("{}\n", text_of(line));
    }
  }
}

Outcome<> control(const CtlArguments& arguments) {
  const std::string path = arguments.control.empty() ? process_environment("LUNWAY_CONTROL") : arguments.control;
  if (path.empty()) return wrong_call("say which server: --control PATH, as given to lunway serve, or $LUNWAY_CONTROL");
  if (arguments.words.empty()) return wrong_call("say what to ask; see lunway ctl --help");
  const auto answer = admin::ask_control(path, fmt::format("{}", fmt::join(arguments.words, " ")), kPatienceSeconds);
  if (!answer) return failed(answer.error());
  const Json json = Json::parse(*answer, nullptr, false);
  if (!json.is_object()) return failed("the server behind " + path + " speaks another language");
  if (arguments.json) print_json(json);
  if (!json.contains("error")) {
    if (!arguments.json) print_text(json);
    return {};
  }
  for (const Json& fault : json.value("faults", Json::array())) fmt::print(stderr, "{}\n", text_of(fault));
  return failed(text_of(json["error"]));
}

}  // namespace

void add_ctl(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<CtlArguments>();
  CLI::App& command = add_command(program, "ctl", "Ask a running server, or tell it to change",
                                  "lunway ctl --control /run/lunway/control resize db 40GiB");
  command
      .add_option("REQUEST", arguments->words,
                  "status, sessions, luns, targets: what there is\n"
                  "reload: take over the changed configuration file\n"
                  "drop SESSION: cut a session off, by its number\n"
                  "resize VOLUME SIZE: grow the file behind a volume\n"
                  "drain: ask all initiators to log out, and end")
      ->type_name("");
  command.add_option("--control", arguments->control, "the server's control socket (else: $LUNWAY_CONTROL)")
      ->type_name("PATH");
  command.add_flag("--json", arguments->json, "the answer as JSON");
  choose(command, chosen, arguments, control);
}

}  // namespace lunway::cli
