// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/compare_and_write.h"

#include <cerrno>
#include <string>
#include <utility>

#include "initiator/cdb.h"
#include "initiator/errors.h"
#include "initiator/sense.h"

namespace lunway::initiator {

CompareAndWrite::CompareAndWrite(Commander& commander, const Range& range, std::shared_ptr<Comparison> found, Done done)
    : commander_(commander),
      lba_(range.lba),
      size_(range.expected.size()),
      found_(std::move(found)),
      done_(std::move(done)) {
  if (range.replacement.size() != size_) return;
  data_.reserve(2 * size_);
  data_.insert(data_.end(), range.expected.begin(), range.expected.end());
  data_.insert(data_.end(), range.replacement.begin(), range.replacement.end());
}

void CompareAndWrite::start(const Result<UnitFacts>& facts) {
  if (!facts) return done_(std::unexpected(facts.error()));
  if (aborted_) return done_(std::unexpected(to_error(session::TaskFailure{})));
  if (auto good = check(*facts); !good) return done_(std::move(good));
  const auto blocks = static_cast<std::uint8_t>(size_ / facts->capacity.block_size);
  const auto task = commander_.submit({.cdb = compare_and_write_cdb(lba_, blocks).to_vector(), .data_out = data_},
                                      [this](const Result<ScsiResult>& result) { answered(result); });
  if (!task) return done_(std::unexpected(task.error()));
  task_ = *task;
}

Result<> CompareAndWrite::check(const UnitFacts& facts) const {
  const auto wrong = [](std::string message) {
    return std::unexpected(Error{ErrorKind::invalid_argument, EINVAL, std::move(message)});
  };
  const std::size_t block_size = facts.capacity.block_size;
  if (data_.size() != 2 * size_) return wrong("what is expected and what is to be written differ in length");
  if (size_ == 0 || size_ % block_size != 0)
    return wrong("the length is no multiple of the block size, " + std::to_string(block_size));
  if (size_ / block_size > facts.max_compare_blocks)
    return wrong("the target compares at most " + std::to_string(facts.max_compare_blocks) + " blocks in one command");
  return {};
}

void CompareAndWrite::answered(const Result<ScsiResult>& result) {
  if (!result) return done_(std::unexpected(result.error()));
  const bool differs = result->sense && result->sense->key == kSenseKeyMiscompare;
  if (!result->good() && !differs) return done_(std::unexpected(to_error(*result)));
  found_->written = result->good();
  if (differs && result->sense->information && *result->sense->information < size_)
    found_->difference = result->sense->information;
  done_({});
}

void CompareAndWrite::abort() {
  aborted_ = true;
  if (task_) commander_.abort(*task_);
}

}  // namespace lunway::initiator
