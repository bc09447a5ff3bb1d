// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a device wanted to transfer against what the initiator expected.
//= rfc7143#11.4.5.2

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "wire/residual.h"

namespace lunway::session {

/// `presented` is the RFC's SPDTL, `expected` the EDTL, both of the same direction and in bytes.
constexpr wire::Residual residual(std::uint64_t presented, std::uint32_t expected) {
  using Kind = wire::Residual::Kind;
  if (presented == expected) return {};
  if (presented < expected) return {Kind::underflow, expected - static_cast<std::uint32_t>(presented)};
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return {Kind::overflow, static_cast<std::uint32_t>(std::min(presented - expected, kMost))};
}

}  // namespace lunway::session
