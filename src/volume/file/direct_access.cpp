// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "volume/file/direct_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>

namespace lunway::volume {
namespace {

constexpr std::uint32_t kLeastAlignment = 512;
/// That of the memory that requests come with.
constexpr std::uint32_t kMostAlignment = 4096;

std::unexpected<Error> impossible(const std::string& path) {
  return failure(EINVAL, path + ": its file system cannot pass the page cache by (O_DIRECT): leave direct out");
}

/// What the system says, zero for "not with this file". Nothing from a kernel or a file system that does not know.
std::optional<std::uint32_t> told_alignment([[maybe_unused]] int descriptor) {
#ifdef STATX_DIOALIGN  // Linux 6.1
  struct statx status = {};
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) != 0) return std::nullopt;
  if ((status.stx_mask & STATX_DIOALIGN) == 0) return std::nullopt;
  if (status.stx_dio_mem_align == 0 || status.stx_dio_offset_align == 0) return 0;
  return std::max({status.stx_dio_mem_align, status.stx_dio_offset_align, kLeastAlignment});
#else
  return std::nullopt;
#endif
}

/// The least that a read succeeds with; zero when none does.
std::uint32_t tried_alignment(int descriptor) {
  alignas(kMostAlignment) std::array<std::byte, std::size_t{2} * kMostAlignment> memory;
  for (std::uint32_t alignment = kLeastAlignment; alignment <= kMostAlignment; alignment *= 2) {
    // An odd multiple of it, so that it is not aligned to more by chance.
    if (pread(descriptor, memory.data() + alignment, alignment, 0) >= 0 || errno != EINVAL) return alignment;
  }
  return 0;
}

}  // namespace

Result<std::uint32_t> bypass_page_cache(int descriptor, const FileShape& shape, const std::string& path) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return system_failure(errno, "examining " + path);
  if (fcntl(descriptor, F_SETFL, flags | O_DIRECT) != 0) {
    if (errno == EINVAL) return impossible(path);
    return system_failure(errno, "opening " + path + " with O_DIRECT");
  }
  // Linux 6.6 lets tmpfs have the flag, and copies as before.
  if (shape.is_in_memory) return 1;
  const std::optional<std::uint32_t> told = told_alignment(descriptor);
  const std::uint32_t alignment = told ? *told : tried_alignment(descriptor);
  if (alignment == 0) return impossible(path);
  if (alignment > kMostAlignment) {
    return failure(EINVAL, path + ": without the page cache its transfers have to be aligned to " +
                               std::to_string(alignment) + " bytes, which is more than 4096: leave direct out");
  }
  return alignment;
}

}  // namespace lunway::volume
