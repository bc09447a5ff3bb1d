// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Small files of state that are either the old or the new version after a crash, never a mixture.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lunway::target {

/// The whole of a small file.
Result<std::string> read_file(const std::string& path);

/// Replaces the file's content as one step; on stable storage when it returns. The file is for its owner only (0600).
Result<> replace_file(const std::string& path, std::string_view content);

}  // namespace lunway::target
