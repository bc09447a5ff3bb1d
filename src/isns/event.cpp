// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/event.h"

#include <utility>

namespace lunway::isns {
namespace {

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

std::string sentence(const Registered& event) {
  return "registered " + counted(event.targets, "target") + " and " + counted(event.portals, "portal");
}

std::string sentence(const Refused& event) {
  return "the server refused " + std::string(describe(event.function)) + ": " + std::string(describe(event.status)) +
         " (" + std::to_string(static_cast<std::uint32_t>(event.status)) + ")";
}

std::string sentence(const Lost& event) {
  switch (event.reason) {
    case Lost::Reason::no_connection:
      return "the server cannot be reached";
    case Lost::Reason::closed:
      return "the server closed the connection";
    case Lost::Reason::no_answer:
      return "the server does not answer";
    case Lost::Reason::violation:
      return "the server sent " + std::string(describe(event.violation.value_or(Violation::value)));
  }
  std::unreachable();
}

std::string sentence(const Forgotten&) { return "the server has forgotten the registration"; }

std::string sentence(const Deregistered& event) {
  return event.confirmed ? "deregistered" : "ended without a deregistration; the server will let it expire";
}

}  // namespace

std::string describe(const Event& event) {
  return std::visit([](const auto& one) { return sentence(one); }, event);
}

}  // namespace lunway::isns
