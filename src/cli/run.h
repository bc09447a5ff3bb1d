// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// From the words of a command line to an exit code. main() without the process around it, so that tests can call it.

#pragma once

#include <string>
#include <vector>

#include "cli/outcome.h"

namespace lunway::cli {

/// `words` are the arguments without the program's own name. Prints what there is to say.
ExitCode run(std::vector<std::string> words);

}  // namespace lunway::cli
