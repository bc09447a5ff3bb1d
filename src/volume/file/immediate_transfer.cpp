// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "volume/file/immediate_transfer.h"

#include <unistd.h>

#include <cerrno>

namespace lunway::volume {

Result<void> transfer_now(int descriptor, const VolumeRequest& request) {
  const bool reads = request.verb == VolumeRequest::Verb::read;
  auto offset = static_cast<off_t>(request.offset);
  MutableBytes rest = request.buffer;
  while (!rest.empty()) {
    const ssize_t moved = reads ? ::pread(descriptor, rest.data(), rest.size(), offset)
                                : ::pwrite(descriptor, rest.data(), rest.size(), offset);
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) return system_failure(errno, reads ? "reading a file" : "writing a file");
    if (moved == 0) return failure(reads ? ENODATA : EIO, "the file ends before that");
    rest = rest.subspan(static_cast<std::size_t>(moved));
    offset += moved;
  }
  return {};
}

}  // namespace lunway::volume
