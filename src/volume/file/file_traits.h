// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a file, once open, can do for a volume.

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "volume/volume.h"

namespace lunway::volume {

struct FileShape {
  enum class Kind : std::uint8_t { regular, block_device };

  Kind kind = Kind::regular;
  std::uint64_t size_bytes = 0;
  std::uint32_t preferred_block_size = 4096;
  /// Of a regular file: its file system has no other place for it than memory.
  bool is_in_memory = false;
  /// Of a block device.
  unsigned device_major = 0;
  unsigned device_minor = 0;
};

/// Fails for what holds no blocks: folders, pipes, sockets, character devices.
Result<FileShape> shape_of(int descriptor, const std::string& path);

/// Asks the file system what it can do by trying behind the end of the file, where no data is.
VolumeTraits traits_of(int descriptor, const FileShape& shape, bool read_only);

}  // namespace lunway::volume
