// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/sanitize_execution.h"

#include <cerrno>
#include <string>
#include <utility>

#include "target/medium.h"
#include "target/shard_server.h"
#include "target/stable_file.h"

namespace lunway::target {

void SanitizeExecution::start() {
  if (!disk_->unit.sanitize_record().empty()) shard_.log(LogLevel::event, disk_->name + ": sanitizing");
  keep_record(&SanitizeExecution::begin);
}

/// Where there is no place for it, a restart will know of nothing.
void SanitizeExecution::keep_record(void (SanitizeExecution::*kept)()) {
  if (disk_->sanitize_path.empty()) return (this->*kept)();
  is_keeping_ = true;
  shard_.context().keeper->post(
      [self = shared_from_this(), kept, record = disk_->unit.sanitize_record()](runtime::Loop&) {
        const bool is_kept = replace_file(self->disk_->sanitize_path, record).has_value();
        self->shard_.loop().post([self, kept, is_kept](runtime::Loop&) {
          self->is_keeping_ = false;
          if (!is_kept) {
            self->shard_.log(LogLevel::problem,
                             self->disk_->name + ": the state of its sanitize operation could not be kept");
          }
          (self.get()->*kept)();
        });
      });
}

void SanitizeExecution::begin() {
  disk_->unit.sanitize_is_recorded();
  if (is_stopping_ || disk_->unit.sanitize_record().empty()) return end();
  run(disk_->unit.begin_sanitize(*this, *this));
}

void SanitizeExecution::run(scsi::Step step) {
  if (const auto* finish = std::get_if<scsi::Finish>(&step)) {
    const bool well = finish->status == scsi::Status::good;
    shard_.log(LogLevel::event, disk_->name + (well ? ": sanitized" : ": sanitizing failed"));
    return well ? keep_record(&SanitizeExecution::end) : end();
  }
  if (const auto* access = std::get_if<scsi::Access>(&step)) return use_medium(*access);
  is_waiting_ = true;
}

/// A volume that answers at once must not keep the loop from its sessions: the next step is for its next turn.
void SanitizeExecution::use_medium(const scsi::Access& access) {
  request_ = request_of(access);
  if (access.verb == scsi::Access::Verb::flush && disk_->volume->traits().flush_lanes != 0) {
    error_ = 0;
    return flush_.start(shard_.loop(), disk_->flushes, *disk_->volume);
  }
  const volume::Started started = disk_->volume->start(request_);
  if (const IoOp* op = std::get_if<IoOp>(&started)) {
    error_ = 0;
    return shard_.loop().ring().execute(operation_, *op);
  }
  const auto& result = std::get<Result<>>(started);
  error_ = result ? 0 : result.error().code;
  shard_.loop().ring().defer(operation_);
}

void SanitizeExecution::medium_ended(const runtime::Outcome& outcome) {
  const auto keep = shared_from_this();
  if (is_stopping_) {
    disk_->unit.abandon(*this);
    return end();
  }
  run(disk_->unit.resume(*this, outcome_of(request_.verb, outcome.ok() ? error_ : outcome.error)));
}

void SanitizeExecution::wake(scsi::Task& /*task*/) {
  shard_.loop().post([weak = weak_from_this()](runtime::Loop&) {
    const auto self = weak.lock();
    if (self == nullptr || !std::exchange(self->is_waiting_, false)) return;
    self->run(self->disk_->unit.resume(*self, scsi::Outcome::done()));
  });
}

void SanitizeExecution::stop() {
  if (std::exchange(is_stopping_, true) || is_keeping_ || operation_.in_flight()) return;
  const bool gave_up = flush_.give_up();
  if (flush_.is_under_way()) return;
  if (std::exchange(is_waiting_, false) || gave_up) disk_->unit.abandon(*this);
  end();
}

void SanitizeExecution::end() { shard_.sanitize_ended(*this); }

Result<> restore_sanitize(Disk& disk) {
  if (disk.sanitize_path.empty()) return {};
  const auto record = read_file(disk.sanitize_path);
  if (!record && record.error().code != ENOENT) return std::unexpected(record.error());
  if (!record || record->empty() || disk.unit.restore_sanitize(bytes_of(*record))) return {};
  return failure(EINVAL, disk.sanitize_path + " is damaged: it says that " + disk.name +
                             " was being sanitized, and not how; remove it to serve the disk as it is");
}

}  // namespace lunway::target
