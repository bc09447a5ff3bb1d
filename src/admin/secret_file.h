// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Secrets come from files, so that they are in no list of processes and in no shell's history.

#pragma once

#include <string>

#include "base/result.h"

namespace lunway::admin {

/// The first line of the file without its end. Empty files and files with more than one line are refused: they are most
/// likely not what was meant.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace lunway::admin
