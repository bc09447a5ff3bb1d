// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Reads and writes of files that a file system keeps in memory (tmpfs): the call is a copy, so it is made at once. A
// ring would hand it to a thread, for such file systems do not say beforehand that a call will not wait. It does wait
// where a page has been swapped out, as it does for our own memory.

#pragma once

#include "base/result.h"
#include "volume/volume.h"

namespace lunway::volume {

/// `request` is a read or a write. All of it is moved, or the error says why not: ENODATA behind the end of the file.
Result<void> transfer_now(int descriptor, const VolumeRequest& request);

}  // namespace lunway::volume
