// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The coverage of the ledger as people read it: `lunway conform coverage [--markdown] [--open]`.

#pragma once

#include <cstdint>
#include <string>

#include "conformance/ledger/coverage.h"

namespace lunway::conformance {

enum class Markup : std::uint8_t { text, markdown };

/// One line for each chapter with something due, and one for all.
std::string coverage_table(const Coverage& coverage, Markup markup);

/// The rows without any proof, by role; empty when there are none.
std::string open_rows(const Coverage& coverage, Markup markup);

/// The exceptions with their reasons, by role.
std::string exception_list(Markup markup);

}  // namespace lunway::conformance
