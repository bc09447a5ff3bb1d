// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lunway::cli {
namespace {

template <class Call>
ssize_t again_when_interrupted(Call call) {
  ssize_t result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

File::~File() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

std::unexpected<Failure> File::failure_of(const char* doing) const {
  return failed(fmt::format("{} {}: {}", doing, path_, std::strerror(errno)));
}

Outcome<File> File::open_to_read(const std::string& path) {
  if (path == "-") return File("standard input", STDIN_FILENO);
  File file(path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.descriptor_ < 0) return file.failure_of("opening");
  return file;
}

Outcome<File> File::open_to_write(const std::string& path) {
  if (path == "-") return File("standard output", STDOUT_FILENO);
  File file(path, ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.descriptor_ < 0) return file.failure_of("opening");
  return file;
}

Outcome<std::uint64_t> File::size_bytes() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return failure_of("looking at");
  if (S_ISREG(status.st_mode)) return static_cast<std::uint64_t>(status.st_size);
  if (!S_ISBLK(status.st_mode)) return 0U;
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  if (end < 0) return failure_of("seeking in");
  return static_cast<std::uint64_t>(end);
}

bool File::is_regular() const {
  struct stat status{};
  return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
}

Outcome<std::size_t> File::read(MutableBytes into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const MutableBytes rest = into.subspan(done);
    const ssize_t count = again_when_interrupted([&] { return ::read(descriptor_, rest.data(), rest.size()); });
    if (count < 0) return failure_of("reading");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Outcome<> File::write(Bytes from) {
  while (!from.empty()) {
    const ssize_t count = again_when_interrupted([&] { return ::write(descriptor_, from.data(), from.size()); });
    if (count < 0) return failure_of("writing");
    from = from.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Outcome<> File::read_at(std::uint64_t offset, MutableBytes into) {
  while (!into.empty()) {
    const auto at = static_cast<off_t>(offset);
    const ssize_t count = again_when_interrupted([&] { return ::pread(descriptor_, into.data(), into.size(), at); });
    if (count < 0) return failure_of("reading");
    if (count == 0) return failed(fmt::format("{} became shorter while it was read", path_));
    into = into.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Outcome<> File::write_at(std::uint64_t offset, Bytes from) {
  while (!from.empty()) {
    const auto at = static_cast<off_t>(offset);
    const ssize_t count = again_when_interrupted([&] { return ::pwrite(descriptor_, from.data(), from.size(), at); });
    if (count < 0) return failure_of("writing");
    from = from.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Outcome<> File::resize(std::uint64_t size_bytes) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size_bytes)) != 0) return failure_of("resizing");
  return {};
}

Outcome<> File::sync() {
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) return failure_of("syncing");
  return {};
}

std::pair<std::uint64_t, std::uint64_t> File::next_data(std::uint64_t offset, std::uint64_t end) const {
  const off_t data = ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? std::pair(end, end) : std::pair(offset, end);
  const off_t hole = ::lseek(descriptor_, data, SEEK_HOLE);
  const auto first = std::min(static_cast<std::uint64_t>(data), end);
  return {first, hole < 0 ? end : std::min(static_cast<std::uint64_t>(hole), end)};
}

}  // namespace lunway::cli
