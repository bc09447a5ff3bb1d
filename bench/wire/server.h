// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The least that a server in one thread can do per request: it counts the bytes that come, and sends as many answers as
// that makes, all in one call.

#pragma once

#include "shape.h"

namespace lunway::bench {

/// Prints "ready PORT", takes the connections, serves until the last one has closed.
void serve(const Shape& shape);

}  // namespace lunway::bench
