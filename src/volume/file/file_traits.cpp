// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "volume/file/file_traits.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace lunway::volume {
namespace {

constexpr std::uint32_t kLeastPreferred = 512;
constexpr std::uint32_t kMostPreferred = 1U << 20;

std::uint32_t as_preferred(std::uint64_t bytes) {
  const std::uint64_t bounded = std::clamp<std::uint64_t>(bytes, kLeastPreferred, kMostPreferred);
  return static_cast<std::uint32_t>(std::bit_floor(bounded));
}

bool is_refused(int code) { return code == EOPNOTSUPP || code == EINVAL || code == ENOSYS || code == ENODEV; }

bool can_fallocate(int descriptor, int mode, std::uint64_t behind_the_end) {
  constexpr off_t kProbe = 4096;
  const int done = fallocate(descriptor, mode | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(behind_the_end), kProbe);
  return done == 0 || !is_refused(errno);
}

bool is_in_memory(int descriptor) {
  struct statfs system = {};
  return fstatfs(descriptor, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

/// Whether the device can make zeros without being sent any. A partition shares the queue of its disk.
bool device_writes_zeros(const FileShape& shape) {
  const std::string device =
      "/sys/dev/block/" + std::to_string(shape.device_major) + ":" + std::to_string(shape.device_minor);
  for (const char* const queue : {"/queue", "/../queue"}) {
    const std::string path = device + queue + "/write_zeroes_max_bytes";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
    unsigned long long most = 0;
    if (file && std::fscanf(file.get(), "%llu", &most) == 1) return most != 0;
  }
  return false;
}

}  // namespace

Result<FileShape> shape_of(int descriptor, const std::string& path) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) return system_failure(errno, "examining " + path);
  FileShape shape;
  if (S_ISREG(status.st_mode)) {
    shape.size_bytes = static_cast<std::uint64_t>(status.st_size);
    shape.preferred_block_size = as_preferred(static_cast<std::uint64_t>(status.st_blksize));
    shape.is_in_memory = is_in_memory(descriptor);
    return shape;
  }
  if (!S_ISBLK(status.st_mode)) return failure(EINVAL, path + " is neither a regular file nor a block device");

  shape.kind = FileShape::Kind::block_device;
  shape.device_major = major(status.st_rdev);
  shape.device_minor = minor(status.st_rdev);
  if (ioctl(descriptor, BLKGETSIZE64, &shape.size_bytes) != 0)
    return system_failure(errno, "asking the size of " + path);
  unsigned physical = 0;
  if (ioctl(descriptor, BLKPBSZGET, &physical) == 0) shape.preferred_block_size = as_preferred(physical);
  return shape;
}

VolumeTraits traits_of(int descriptor, const FileShape& shape, bool read_only) {
  VolumeTraits traits;
  traits.writable = !read_only;
  traits.has_volatile_cache = !read_only;
  traits.preferred_block_size = shape.preferred_block_size;
  if (read_only) return traits;
  if (shape.kind == FileShape::Kind::block_device) {
    traits.can_discard = device_writes_zeros(shape);
    // Without help of the device the kernel writes the zeros.
    traits.can_zero = true;
    return traits;
  }
  traits.can_zero = can_fallocate(descriptor, FALLOC_FL_ZERO_RANGE, shape.size_bytes);
  // Second, for it takes away what the first may have allocated.
  traits.can_discard = can_fallocate(descriptor, FALLOC_FL_PUNCH_HOLE, shape.size_bytes);
  return traits;
}

}  // namespace lunway::volume
