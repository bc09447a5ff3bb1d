// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// spec/conformance-exceptions.tsv, compiled in: rows that show on the wire and that a suite still cannot judge.

#pragma once

#include <span>
#include <string_view>

#include "conformance/ledger/rows.h"
#include "wire/opcode.h"

namespace lunway::conformance {

/// Why no test proves these rows for implementations of that role. All text is static.
struct Exception {
  Rows rows;
  wire::Role role;  ///< Of the implementation under test.
  std::string_view reason;
};

std::span<const Exception> exceptions();

}  // namespace lunway::conformance
