// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "runtime/file_task.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace lunway::runtime {

namespace {

/// What Linux moves in one call at most, less a page: so long transfers stay aligned.
constexpr std::uint64_t kTransferMax = 0x7ffff000;

/// Written where neither zeroing nor punching works. Aligned, for files opened with O_DIRECT.
constexpr std::size_t kZerosSize = std::size_t{256} << 10;
alignas(4096) std::byte g_zeros[kZerosSize];

}  // namespace

FileTask::Method FileTask::first_method(const IoOp& op) {
  switch (op.kind) {
    case IoOp::Kind::read:
    case IoOp::Kind::write:
      return Method::transfer;
    case IoOp::Kind::sync_data:
      return Method::sync;
    case IoOp::Kind::punch:
      return op.length != 0 ? Method::punch_hole : Method::write_zeros;  // fallocate(2) refuses length 0
    case IoOp::Kind::zero:
      return op.length != 0 ? Method::zero_range : Method::write_zeros;
    case IoOp::Kind::map:
      return Method::find_data;
  }
  return Method::transfer;
}

FileTask::Step FileTask::step() const {
  const std::uint64_t offset = op_.offset + done_;
  switch (method_) {
    case Method::transfer: {
      const MutableBytes rest = op_.memory.subspan(done_);
      return {.call = op_.kind == IoOp::Kind::read ? Step::Call::read : Step::Call::write,
              .offset = offset,
              .length = std::min<std::uint64_t>(rest.size(), kTransferMax),
              .memory = rest.data()};
    }
    case Method::sync:
      return {.call = Step::Call::sync_data};
    case Method::write_zeros:
      return {.call = Step::Call::write,
              .offset = offset,
              .length = std::min<std::uint64_t>(op_.length - done_, kZerosSize),
              .memory = g_zeros};
    case Method::punch_hole:
    case Method::punch_as_zero:
      return {.call = Step::Call::allocate,
              .allocate_mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              .offset = offset,
              .length = op_.length};
    case Method::zero_range:
      return {.call = Step::Call::allocate,
              .allocate_mode = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
              .offset = offset,
              .length = op_.length};
    case Method::find_data:
      return {.call = Step::Call::seek_data, .offset = offset};
    case Method::find_hole:
      return {.call = Step::Call::seek_hole, .offset = offset};
  }
  return {};
}

std::optional<Outcome> FileTask::advance(std::int64_t answer) {
  if (answer == -EINTR) return std::nullopt;
  if (op_.kind == IoOp::Kind::map) return advance_map(answer);
  if (answer < 0) {
    // EINVAL: to a block device, for a range that cuts its blocks.
    if ((answer == -EOPNOTSUPP || answer == -EINVAL) && fall_back()) return std::nullopt;
    return Outcome{.error = static_cast<int>(-answer), .value = done_};
  }

  if (method_ == Method::sync) return Outcome{};
  if (method_ != Method::transfer && method_ != Method::write_zeros) return Outcome{.value = op_.length};

  const std::uint64_t wanted = method_ == Method::transfer ? op_.memory.size() : op_.length;
  done_ += static_cast<std::uint64_t>(answer);
  assert(done_ <= wanted);
  if (done_ == wanted) return Outcome{.value = done_};
  if (answer == 0) return Outcome{.error = op_.kind == IoOp::Kind::read ? ENODATA : EIO, .value = done_};
  return std::nullopt;
}

/// What the file system does not tell counts as data. Behind the last data, SEEK_DATA says ENXIO.
std::optional<Outcome> FileTask::advance_map(std::int64_t answer) {
  const std::uint64_t end = op_.offset + op_.length;
  const bool is_hole = method_ == Method::find_data && (answer >= 0 || answer == -ENXIO);
  append_extent(answer >= 0 ? std::min(static_cast<std::uint64_t>(answer), end) : end, !is_hole);
  if (op_.offset + done_ == end || extents_ == op_.extents.size()) return Outcome{.value = extents_};
  method_ = method_ == Method::find_data ? Method::find_hole : Method::find_data;
  return std::nullopt;
}

void FileTask::append_extent(std::uint64_t end, bool has_space) {
  const std::uint64_t begin = op_.offset + done_;
  if (end <= begin || extents_ == op_.extents.size()) return;
  op_.extents[extents_++] = {.offset = begin, .length = end - begin, .has_space = has_space};
  done_ = end - op_.offset;
}

bool FileTask::fall_back() {
  switch (method_) {
    case Method::zero_range:
      method_ = Method::punch_as_zero;
      return true;
    case Method::punch_hole:  // the promise left to keep is that the range reads as zero
    case Method::punch_as_zero:
      method_ = Method::write_zeros;
      return true;
    default:
      return false;
  }
}

std::int64_t perform(int descriptor, const FileTask::Step& step) {
  const auto offset = static_cast<off_t>(step.offset);
  std::int64_t answer = 0;
  switch (step.call) {
    case FileTask::Step::Call::read:
      answer = ::pread(descriptor, step.memory, step.length, offset);
      break;
    case FileTask::Step::Call::write:
      answer = ::pwrite(descriptor, step.memory, step.length, offset);
      break;
    case FileTask::Step::Call::sync_data:
      answer = ::fdatasync(descriptor);
      break;
    case FileTask::Step::Call::allocate:
      answer = ::fallocate(descriptor, step.allocate_mode, offset, static_cast<off_t>(step.length));
      break;
    // The position that these move is used by nobody: all transfers name theirs.
    case FileTask::Step::Call::seek_data:
      answer = ::lseek(descriptor, offset, SEEK_DATA);
      break;
    case FileTask::Step::Call::seek_hole:
      answer = ::lseek(descriptor, offset, SEEK_HOLE);
      break;
  }
  return answer < 0 ? -errno : answer;
}

}  // namespace lunway::runtime
