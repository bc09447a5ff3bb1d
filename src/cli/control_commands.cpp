// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/control_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <string_view>

#include "admin/size.h"

namespace lunway::cli {
namespace {

using Words = std::vector<std::string>;

Json wrong(std::string message) { return {{"error", std::move(message)}}; }

Json sessions(const Words&, const ControlledServer& server) {
  Json list = Json::array();
  for (const target::SessionStatus& session : server.sessions()) {
    list.push_back({{"session", session.tsih},
                    {"initiator", session.initiator},
                    {"target", session.target.empty() ? Json(nullptr) : Json(session.target)},
                    {"from", session.peer},
                    {"commands", session.commands}});
  }
  return {{"sessions", std::move(list)}};
}

Json luns(const Words&, const ControlledServer& server) {
  Json list = Json::array();
  for (const target::LunStatus& lun : server.luns()) {
    list.push_back({{"target", lun.target},
                    {"lun", lun.number},
                    {"volume", lun.volume},
                    {"bytes", lun.size_bytes},
                    {"serial", lun.serial_number},
                    {"state", lun.has_lost_writes ? "writes lost" : "good"}});
  }
  return {{"luns", std::move(list)}};
}

Json targets(const Words&, const ControlledServer& server) {
  Json list = Json::array();
  for (const target::TargetStatus& target : server.targets()) {
    list.push_back({{"target", target.name}, {"luns", target.luns}, {"sessions", target.sessions}});
  }
  return {{"targets", std::move(list)}};
}

Json status(const Words&, const ControlledServer& server) {
  return {{"portals", server.portals()},
          {"targets", server.targets().size()},
          {"luns", server.luns().size()},
          {"sessions", server.sessions().size()}};
}

Json reload(const Words&, const ControlledServer& server) {
  const auto changes = server.reload();
  if (changes) return {{"changes", *changes}};
  return {{"error", "nothing has changed"}, {"faults", changes.error()}};
}

Json drop(const Words& words, const ControlledServer& server) {
  std::uint16_t tsih = 0;
  const std::string& word = words[1];
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), tsih);
  if (error != std::errc() || end != word.data() + word.size()) return wrong("a session is named by its number");
  if (!server.drop(tsih)) return wrong(fmt::format("there is no session {}", tsih));
  return {{"dropped", tsih}};
}

Json resize(const Words& words, const ControlledServer& server) {
  const Result<std::uint64_t> size = admin::parse_size(words[2]);
  if (!size) return wrong(size.error().message);
  if (const Result<> resized = server.resize(words[1], *size); !resized) return wrong(resized.error().message);
  return {{"volume", words[1]}, {"bytes", *size}};
}

Json drain(const Words&, const ControlledServer& server) {
  server.drain();
  return {{"draining", true}};
}

struct Command {
  std::string_view name;
  std::size_t words;
  Json (*run)(const Words&, const ControlledServer&);
};

constexpr std::array kCommands = {
    Command{"status", 1, status},   Command{"sessions", 1, sessions}, Command{"luns", 1, luns},
    Command{"targets", 1, targets}, Command{"reload", 1, reload},     Command{"drop", 2, drop},
    Command{"resize", 3, resize},   Command{"drain", 1, drain},
};

}  // namespace

Json answer_control(const std::string& request, const ControlledServer& server) {
  std::istringstream stream(request);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  const auto command =
      std::ranges::find_if(kCommands, [&](const Command& one) { return !words.empty() && one.name == words[0]; });
  if (command == kCommands.end()) return wrong("this server does not know what is asked of it");
  if (words.size() != command->words) return wrong(fmt::format("{} wants {} words", command->name, command->words - 1));
  return command->run(words, server);
}

}  // namespace lunway::cli
