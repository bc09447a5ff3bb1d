// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// All tests there are.

#pragma once

#include <span>
#include <string_view>

#include "conformance/script/test.h"

namespace lunway::conformance {

/// The tests that judge one role, in the order of their sections. Static.
std::span<const Test* const> all_tests(Judged judged);

/// nullptr when there is none.
const Test* find_test(Judged judged, std::string_view id);

}  // namespace lunway::conformance
