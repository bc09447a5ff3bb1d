// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A file as one end of a copy.

#pragma once

#include "cli/file.h"
#include "cli/transfer/side.h"

namespace lunway::cli {

class FileSide final : public Side {
 public:
  static Outcome<std::unique_ptr<Side>> source(const std::string& path);
  /// A regular file is replaced by one of `size_bytes` that is a hole; a device keeps its size and its contents.
  static Outcome<std::unique_ptr<Side>> destination(const std::string& path, std::uint64_t size_bytes);

  std::string name() const override { return file_.path(); }
  std::uint64_t size_bytes() const override { return size_bytes_; }
  std::uint32_t block_bytes() const override { return 1; }
  void read(std::uint64_t offset, MutableBytes into, Done done) override { done(file_.read_at(offset, into)); }
  void write(std::uint64_t offset, Bytes from, Done done) override { done(file_.write_at(offset, from)); }
  void zero(std::uint64_t offset, std::uint64_t length, Done done) override;
  std::uint64_t max_zero_bytes() const override { return std::uint64_t{64} << 20; }
  std::pair<std::uint64_t, std::uint64_t> next_data(std::uint64_t offset, std::uint64_t end) const override {
    return file_.next_data(offset, end);
  }
  Outcome<> read_now(std::uint64_t offset, MutableBytes into) override { return file_.read_at(offset, into); }
  Outcome<> write_now(std::uint64_t offset, Bytes from) override { return file_.write_at(offset, from); }
  Outcome<> finish() override { return file_.sync(); }
  int descriptor() const override { return -1; }
  void service() override {}

 private:
  FileSide(File file, std::uint64_t size_bytes, bool reads_as_zero)
      : file_(std::move(file)), size_bytes_(size_bytes), reads_as_zero_(reads_as_zero) {}

  File file_;
  std::uint64_t size_bytes_;
  bool reads_as_zero_;  // where nothing has been written yet
};

}  // namespace lunway::cli
