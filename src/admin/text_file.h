// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Small files that people write by hand.

#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace lunway::admin {

/// The whole file. One that is longer than `limit_bytes` is an error: it is not what its reader expects.
Result<std::string> read_text_file(const std::string& path, std::size_t limit_bytes);

}  // namespace lunway::admin
