// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Persistent reservations that survive a restart (APTPL): a file for each disk in the state directory.

#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "target/disk.h"

namespace lunway::target {

class ShardServer;

/// Gives the disk what was stored of it. Before its first session. A damaged file is an error.
Result<> restore_reservations(Disk& disk);

/// Stores `record`, on a thread that may block, and says on any thread whether it is on stable storage. False where
/// there is no state directory.
void store_reservations(ShardServer& shard, const Disk& disk, Bytes record, std::function<void(bool)> stored);

}  // namespace lunway::target
