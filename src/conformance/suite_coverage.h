// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How much of the ledger this suite proves: the tests of the catalogue, the passive checker and the written exceptions.

#pragma once

#include "conformance/ledger/coverage.h"

namespace lunway::conformance {

Coverage coverage_of_the_suite();

}  // namespace lunway::conformance
