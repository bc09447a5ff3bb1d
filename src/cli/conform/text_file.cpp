// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/conform/text_file.h"

#include <cerrno>
#include <fstream>
#include <iterator>

namespace lunway::cli {

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return system_failure(errno, "cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<> write_text_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.flush();
  if (!file) return system_failure(errno, "cannot write " + path);
  return {};
}

}  // namespace lunway::cli
