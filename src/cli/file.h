// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A file descriptor that closes itself, and whole reads and writes on it.

#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "cli/outcome.h"

namespace lunway::cli {

class File {
 public:
  /// "-" is standard input (for reading) or standard output (for writing), which stays open.
  static Outcome<File> open_to_read(const std::string& path);
  /// Made when it is missing; its contents are kept.
  static Outcome<File> open_to_write(const std::string& path);

  File(File&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File();

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }

  /// Zero for what has no size, such as a pipe.
  Outcome<std::uint64_t> size_bytes() const;
  bool is_regular() const;

  /// As much as there is up to the size of `into`; less only at the end.
  Outcome<std::size_t> read(MutableBytes into);
  Outcome<> write(Bytes from);
  Outcome<> read_at(std::uint64_t offset, MutableBytes into);
  Outcome<> write_at(std::uint64_t offset, Bytes from);
  /// Cuts or extends; what is new is a hole.
  Outcome<> resize(std::uint64_t size_bytes);
  Outcome<> sync();

  /// The first offset from `offset` on that is data, and the first after that which is a hole. Both are `end` when
  /// there is no more; a file system that knows no holes has none.
  std::pair<std::uint64_t, std::uint64_t> next_data(std::uint64_t offset, std::uint64_t end) const;

 private:
  File(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::unexpected<Failure> failure_of(const char* doing) const;

  std::string path_;
  int descriptor_;
};

}  // namespace lunway::cli
