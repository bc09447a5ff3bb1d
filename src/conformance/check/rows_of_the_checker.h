// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The rows that the passive checker proves, for each role that they bind: it sees every PDU of every test.

#pragma once

#include <span>

#include "conformance/ledger/rows.h"

namespace lunway::conformance {

std::span<const Rows> rows_of_the_checker();

}  // namespace lunway::conformance
