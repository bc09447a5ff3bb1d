// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/transfer.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "initiator/cdb.h"
#include "initiator/errors.h"

namespace lunway::initiator {

Transfer::Transfer(Commander& commander, const Options& options, const Range& range, Done done)
    : commander_(commander),
      range_(range),
      done_(std::move(done)),
      depth_(std::max(1U, options.depth)),
      max_bytes_(options.max_transfer_bytes) {}

void Transfer::start(const Result<UnitFacts>& facts) {
  if (failure_) return settle();  // aborted before
  if (!facts) return fail(facts.error());
  if (auto checked = check(*facts); !checked) return fail(std::move(checked.error()));
  block_size_ = facts->capacity.block_size;
  const std::uint64_t blocks = std::clamp(max_bytes_ / block_size_, 1U, facts->max_transfer_blocks);
  chunk_bytes_ = static_cast<std::size_t>(blocks * block_size_);
  fill();
}

Result<> Transfer::check(const UnitFacts& facts) const {
  const Capacity& capacity = facts.capacity;
  const auto wrong = [](std::string message) {
    return std::unexpected(Error{ErrorKind::invalid_argument, EINVAL, std::move(message)});
  };
  if (range_.size() % capacity.block_size != 0)
    return wrong("the length is no multiple of the block size, " + std::to_string(capacity.block_size));
  const std::uint64_t blocks = range_.size() / capacity.block_size;
  if (range_.lba > capacity.blocks || blocks > capacity.blocks - range_.lba)
    return wrong("the range goes past the end of the unit, " + std::to_string(capacity.blocks) + " blocks");
  return {};
}

void Transfer::fill() {
  while (!failure_ && next_ < range_.size() && tasks_.size() < depth_ && send_next()) {
  }
  settle();
}

bool Transfer::send_next() {
  const std::size_t size = std::min(chunk_bytes_, range_.size() - next_);
  const std::uint64_t lba = range_.lba + next_ / block_size_;
  const auto blocks = static_cast<std::uint32_t>(size / block_size_);
  Command command;
  if (range_.in.empty()) {
    command.cdb = write_cdb(lba, blocks).to_vector();
    command.data_out = range_.out.subspan(next_, size);
  } else {
    command.cdb = read_cdb(lba, blocks).to_vector();
    command.data_in = range_.in.subspan(next_, size);
  }
  const auto id = std::make_shared<TaskId>();
  auto task = commander_.submit(std::move(command), [this, id, size](const Result<ScsiResult>& result) {
    tasks_.erase(*id);
    if (!result)
      fail(result.error());
    else if (!result->good())
      fail(to_error(*result));
    else if (result->residual != 0 || (!range_.in.empty() && result->bytes_in != size))
      fail({ErrorKind::protocol, 0, "the target moved another number of bytes than it was asked for"});
    else
      fill();
  });
  if (!task) {
    failure_ = task.error();
    return false;
  }
  *id = *task;
  tasks_.insert(*task);
  next_ += size;
  return true;
}

void Transfer::abort() {
  if (!failure_) failure_ = to_error(session::TaskFailure{});
  for (const TaskId task : tasks_) commander_.abort(task);
}

void Transfer::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
  settle();
}

void Transfer::settle() {
  if (!tasks_.empty() || (!failure_ && next_ < range_.size())) return;
  Done done = std::move(done_);
  done(failure_ ? Result<>(std::unexpected(std::move(*failure_))) : Result<>{});
}

}  // namespace lunway::initiator
