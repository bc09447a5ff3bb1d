// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Options whose value is a size: kept as text by the parser, turned into bytes by the command.

#pragma once

#include <cstdint>
#include <string>

#include "admin/size.h"
#include "cli/outcome.h"

namespace lunway::cli {

/// "--offset: "lots" is not a size ..."
inline Outcome<std::uint64_t> size_option(const std::string& option, const std::string& text) {
  const Result<std::uint64_t> bytes = admin::parse_size(text);
  if (!bytes) return wrong_call(option + ": " + bytes.error().message);
  return *bytes;
}

}  // namespace lunway::cli
