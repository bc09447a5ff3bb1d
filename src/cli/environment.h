// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Environment variables as an argument, so that tests have their own.

#pragma once

#include <cstdlib>
#include <functional>
#include <string>

namespace lunway::cli {

/// The value of a variable; empty when it is not set.
using Environment = std::function<std::string(const std::string& name)>;

inline std::string process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace lunway::cli
