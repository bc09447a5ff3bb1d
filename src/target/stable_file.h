// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Small files of state that are either the old or the new version after a crash, never a mixture.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace lunway::target {

/// The whole of a small file.
Result<std::string> read_file(const std::string& path);

/// Replaces the file's content as one step; on stable storage when it returns. The file is for its owner only (0600).
Result<> replace_file(const std::string& path, std::string_view content);

/// Keeps other processes that ask for the same lock out, until it goes away.
class FileLock {
 public:
  /// Waits for it. The file is made when it is missing, and stays.
  static Result<FileLock> take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace lunway::target
