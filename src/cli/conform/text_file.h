// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Whole files of text, as reports and expectations are.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lunway::cli {

Result<std::string> read_text_file(const std::string& path);
/// Replaces what is there.
Result<> write_text_file(const std::string& path, std::string_view text);

}  // namespace lunway::cli
