// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "volume/volume.h"

#include <cerrno>
#include <string>

namespace lunway::volume {

Result<std::uint64_t> Volume::size_after_resize(std::optional<std::uint64_t> wanted_bytes) const {
  if (!wanted_bytes || *wanted_bytes == size_bytes()) return size_bytes();
  return failure(ENOTSUP, "its size of " + std::to_string(size_bytes()) + " bytes cannot change while it is served");
}

Result<std::uint64_t> Volume::resize(std::optional<std::uint64_t> wanted_bytes) {
  return size_after_resize(wanted_bytes);
}

}  // namespace lunway::volume
