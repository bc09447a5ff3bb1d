// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/transfer/file_side.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace lunway::cli {
namespace {

constexpr std::size_t kZeroPieceBytes = std::size_t{1} << 20;

}  // namespace

Outcome<std::unique_ptr<Side>> FileSide::source(const std::string& path) {
  auto file = File::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  const auto size = file->size_bytes();
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return failed(fmt::format("{} is empty, or not a file whose size is known; use lunway write", path));
  return std::unique_ptr<Side>(new FileSide(std::move(*file), *size, false));
}

Outcome<std::unique_ptr<Side>> FileSide::destination(const std::string& path, std::uint64_t size_bytes) {
  auto file = File::open_to_write(path);
  if (!file) return std::unexpected(file.error());
  const bool fresh = file->is_regular();
  if (fresh) {
    for (const std::uint64_t size : {std::uint64_t{0}, size_bytes}) {
      if (const Outcome<> resized = file->resize(size); !resized) return std::unexpected(resized.error());
    }
  }
  const auto size = file->size_bytes();
  if (!size) return std::unexpected(size.error());
  return std::unique_ptr<Side>(new FileSide(std::move(*file), *size, fresh));
}

void FileSide::zero(std::uint64_t offset, std::uint64_t length, Done done) {
  if (reads_as_zero_) return done({});
  const std::vector<std::byte> zeros(std::min<std::uint64_t>(length, kZeroPieceBytes));
  while (length != 0) {
    const Bytes piece = Bytes(zeros).first(std::min<std::uint64_t>(length, zeros.size()));
    if (const Outcome<> written = file_.write_at(offset, piece); !written) return done(written);
    offset += piece.size();
    length -= piece.size();
  }
  done({});
}

}  // namespace lunway::cli
