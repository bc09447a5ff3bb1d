// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The faults that make a mutant of an implementation that conforms. Each is one named departure from the RFC, made of
// what passes between the implementation and its peer: what it says is changed on the way out, or what it would have
// refused is repaired on the way in, so that it never sees it.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "mutant/passage.h"

namespace lunway::mutant {

/// All text is static.
struct Fault {
  /// A slug that says what the mutant does wrong.
  std::string_view name;
  /// Whose implementation it makes a mutant of.
  wire::Role made_of;
  /// Looks at each PDU of each connection, in both directions; may be nullptr.
  void (*apply)(Passage& passage);
  /// The peer is not told when the implementation closes the connection.
  bool keeps_connections = false;
};

/// The faults of implementations of that role, in the order of the RFC's sections.
std::vector<const Fault*> all_faults(wire::Role made_of);

/// nullptr when there is none.
const Fault* find_fault(wire::Role made_of, std::string_view name);

}  // namespace lunway::mutant
