// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "text/auth_method.h"

#include <algorithm>

#include "text/value.h"

namespace lunway::text {
namespace {

std::optional<AuthMethod> find_among(std::string_view word, std::span<const AuthMethod> methods) {
  const auto found = std::ranges::find(methods, word, auth_method_text);
  return found == methods.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::string_view auth_method_text(AuthMethod method) { return method == AuthMethod::chap ? "CHAP" : kNone; }

std::string auth_method_list(std::span<const AuthMethod> best_first) {
  std::string list;
  for (const AuthMethod method : best_first) {
    if (!list.empty()) list.push_back(',');
    list.append(auth_method_text(method));
  }
  return list;
}

std::optional<AuthMethod> select_auth_method(std::string_view proposed, std::span<const AuthMethod> accepted) {
  while (!proposed.empty()) {
    if (const auto method = find_among(take_list_item(proposed), accepted)) return method;
  }
  return std::nullopt;
}

std::optional<AuthMethod> accepted_auth_method(std::string_view answer, std::span<const AuthMethod> proposed) {
  return find_among(answer, proposed);
}

}  // namespace lunway::text
