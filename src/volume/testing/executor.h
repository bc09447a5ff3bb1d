// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Requests to their end at once, on the caller's thread: for tests and tools that have no ring.

#pragma once

#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <variant>

#include "base/io_op.h"
#include "base/result.h"
#include "volume/volume.h"

namespace lunway::volume {

inline Result<void> execute_map(const IoOp& op) {
  const std::uint64_t end = op.offset + op.length;
  std::uint64_t at = op.offset;
  for (Extent& extent : op.extents) {
    if (at == end) break;
    const off_t data = lseek(op.descriptor, static_cast<off_t>(at), SEEK_DATA);
    const bool is_data = data == static_cast<off_t>(at);
    const off_t next = is_data ? lseek(op.descriptor, static_cast<off_t>(at), SEEK_HOLE) : data;
    const std::uint64_t stop = next < 0 ? end : std::min(static_cast<std::uint64_t>(next), end);
    extent = {.offset = at, .length = stop - at, .has_space = is_data};
    at = stop;
  }
  return {};
}

inline Result<void> execute(const IoOp& op) {
  if (op.kind == IoOp::Kind::map) return execute_map(op);
  std::size_t done = 0;
  while (op.kind == IoOp::Kind::read || op.kind == IoOp::Kind::write) {
    if (done == op.memory.size()) return {};
    const MutableBytes rest = op.memory.subspan(done);
    const auto at = static_cast<off_t>(op.offset + done);
    const ssize_t moved = op.kind == IoOp::Kind::read ? pread(op.descriptor, rest.data(), rest.size(), at)
                                                      : pwrite(op.descriptor, rest.data(), rest.size(), at);
    if (moved < 0) return system_failure(errno, "moving blocks");
    if (moved == 0) return failure(EIO, "moving blocks: the file ended");
    done += static_cast<std::size_t>(moved);
  }
  if (op.kind == IoOp::Kind::sync_data) {
    if (fdatasync(op.descriptor) != 0) return system_failure(errno, "syncing");
    return {};
  }
  const int mode = op.kind == IoOp::Kind::punch ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
  if (fallocate(op.descriptor, mode | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(op.offset),
                static_cast<off_t>(op.length)) != 0) {
    return system_failure(errno, "giving space back");
  }
  return {};
}

inline Result<void> perform(Volume& volume, const VolumeRequest& request) {
  Started started = volume.start(request);
  if (auto* result = std::get_if<Result<void>>(&started)) return *result;
  return execute(std::get<IoOp>(started));
}

}  // namespace lunway::volume
