// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Which commands may be sent again when nobody knows whether the target has carried them out.

#pragma once

#include <string>

#include "base/bytes.h"

namespace lunway::initiator {

/// Twice is the same as once: what only asks, what writes given data to given places, what flushes. Commands that are
/// not known here are not: COMPARE AND WRITE finds its own data, a reservation or a tape's READ depends on what was
/// before.
bool is_repeatable(Bytes cdb);

/// "COMPARE AND WRITE", "command 5Fh"
std::string command_name(Bytes cdb);

}  // namespace lunway::initiator
