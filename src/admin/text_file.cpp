// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace lunway::admin {

Result<std::string> read_text_file(const std::string& path, std::size_t limit_bytes) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(errno, "opening " + path);
  std::string text;
  std::array<char, 4096> part;
  ssize_t count = 0;
  while ((count = ::read(descriptor, part.data(), part.size())) > 0 && text.size() <= limit_bytes) {
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  const int code = errno;
  ::close(descriptor);
  if (count < 0) return system_failure(code, "reading " + path);
  if (text.size() > limit_bytes) return failure(EFBIG, fmt::format("{} is longer than {} bytes", path, limit_bytes));
  return text;
}

}  // namespace lunway::admin
