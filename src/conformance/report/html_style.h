// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The looks of the pages, and the few lines of script that search them. Everything but the search works without.

#pragma once

#include <string_view>

namespace lunway::conformance {

extern const std::string_view kStyle;
extern const std::string_view kScript;
/// What a Content-Security-Policy allows to run: the SHA-256 of kScript, "sha256-...".
extern const std::string_view kScriptHash;

}  // namespace lunway::conformance
