// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How many descriptors the process may have open: a connection needs one.

#pragma once

#include <cstddef>

namespace lunway::runtime {

/// Raises the soft limit to the hard one and returns what it is then. The soft limit is low for the sake of programs
/// that use select(), which this one does not. Before threads are started.
std::size_t raise_descriptor_limit();

}  // namespace lunway::runtime
