// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sizes as people write them: "512", "4k", "20GiB".

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lunway::admin {

/// A whole number of bytes. The units k, M, G, T and P, with or without "iB", are powers of 1024; kB, MB, GB, TB and PB
/// are powers of 1000. Upper and lower case are the same.
Result<std::uint64_t> parse_size(std::string_view text);

/// "300.0 MiB", "512 bytes".
std::string format_size(std::uint64_t bytes);

}  // namespace lunway::admin
