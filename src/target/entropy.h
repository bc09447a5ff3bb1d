// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The system's random numbers: for CHAP challenges, session handles and disk identities.

#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace lunway::target {

/// Fills `bytes` from the kernel's generator. Thread-safe. Does not fail: a kernel without randomness ends the program,
/// because every promise about challenges and identities would be void.
void fill_random(MutableBytes bytes);

std::uint64_t random_number();

}  // namespace lunway::target
