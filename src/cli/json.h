// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What --json prints: one object on one line, keys in the order in which they were set.

#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace lunway::cli {

using Json = nlohmann::ordered_json;

/// A peer's text may be no UTF-8: what is not becomes U+FFFD.
inline void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace lunway::cli
