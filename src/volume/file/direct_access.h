// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A file whose blocks pass the page cache by: open(2), O_DIRECT.

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "volume/file/file_traits.h"

namespace lunway::volume {

/// Puts the open file into that mode. The result is what offset, length and memory of each transfer must be multiples
/// of, at most 4096. An error where the file system cannot, or not for this file.
Result<std::uint32_t> bypass_page_cache(int descriptor, const FileShape& shape, const std::string& path);

}  // namespace lunway::volume
