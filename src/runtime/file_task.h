// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A file operation as the system calls that carry it out, one after the other: short reads and writes go on where they
// stopped, and a file system that cannot punch or zero gets the next best call. Both rings walk through the same steps.

#pragma once

#include <cstdint>
#include <optional>

#include "base/io_op.h"
#include "runtime/outcome.h"

namespace lunway::runtime {

class FileTask {
 public:
  /// One system call.
  struct Step {
    enum class Call : std::uint8_t { read, write, sync_data, allocate, seek_data, seek_hole };
    Call call = Call::read;
    int allocate_mode = 0;  // of fallocate(2)
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::byte* memory = nullptr;
  };

  explicit FileTask(const IoOp& op) : op_(op), method_(first_method(op)) {}

  /// io_uring cannot make all of its calls: this one needs a thread that may block.
  bool needs_thread() const { return op_.kind == IoOp::Kind::map; }

  int descriptor() const { return op_.descriptor; }

  Step step() const;

  /// What the system said to step(): a count, or a negative errno. An outcome ends the task; nullopt asks for the next
  /// step. The end of the file inside a read is ENODATA, with the bytes before it as the outcome's value.
  std::optional<Outcome> advance(std::int64_t answer);

 private:
  enum class Method : std::uint8_t {
    transfer,
    sync,
    punch_hole,
    zero_range,
    punch_as_zero,
    write_zeros,
    find_data,  // and what lies before it is a hole
    find_hole,  // and what lies before it is data
  };

  static Method first_method(const IoOp& op);
  bool fall_back();
  std::optional<Outcome> advance_map(std::int64_t answer);
  void append_extent(std::uint64_t end, bool has_space);

  IoOp op_;
  std::uint64_t done_ = 0;
  std::size_t extents_ = 0;
  Method method_;
};

/// Makes one step on the calling thread. Blocks; returns what advance() takes.
std::int64_t perform(int descriptor, const FileTask::Step& step);

}  // namespace lunway::runtime
