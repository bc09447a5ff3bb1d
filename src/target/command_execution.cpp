// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/command_execution.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "target/medium.h"
#include "target/reservation_store.h"
#include "target/served_session.h"
#include "target/shard_server.h"
#include "target/sweep.h"

namespace lunway::target {
namespace {

/// Write data is taken in pieces of this size: a long write holds one piece of memory, not all of it.
constexpr std::uint64_t kWriteChunkBytes = 1U << 20;

scsi::Outcome::Failure failure_of(session::TransferFailure failure) {
  using From = session::TransferFailure;
  using To = scsi::Outcome::Failure;
  switch (failure) {
    case From::none:
      return To::none;
    case From::unexpected_unsolicited_data:
      return To::unexpected_unsolicited_data;
    case From::incorrect_amount_of_data:
      return To::incorrect_amount_of_data;
    case From::protocol_service_crc_error:
      return To::protocol_service_crc_error;
  }
  std::unreachable();
}

}  // namespace

void CommandExecution::begin(const session::Submit& submit, Disk* disk, scsi::Nexus* nexus) {
  disk_ = disk;
  nexus_ = nexus;
  id_ = submit.task;
  medium_ = disk;
  ending_ = Ending::none;
  lost_copy_unit_ = false;
  data_in_ = {};
  const scsi::Command command{
      .cdb = submit.cdb,
      .expected_data_in = submit.read_length,
      .expected_data_out = submit.write_length,
      .attribute = static_cast<scsi::TaskAttribute>(submit.attribute),
      .luns = session_.lun_list(),
      .waker = this,
      .copy_host = &session_,
      .now = session_.shard().loop().now(),
  };
  run(disk == nullptr ? scsi::begin_without_unit(*this, session_.identity(), command)
                      : disk->unit.begin(*this, *nexus, command));
}

/// Goes on until the command has ended or has to wait for something.
void CommandExecution::run(scsi::Step step) {
  while (std::visit([&](auto wanted) { return start(step, wanted); }, scsi::Step(step))) {
  }
}

/// The step ended at once: the next one takes its place.
bool CommandExecution::advance(scsi::Step& step, const scsi::Outcome& outcome) {
  step = disk_->unit.resume(*this, outcome);
  return true;
}

bool CommandExecution::start(scsi::Step& /*step*/, const scsi::Finish& finish) {
  if (data_in_.empty()) data_in_ = finish.data_in;
  // A read that failed has a buffer, but nothing in it to send.
  const bool succeeded = finish.status == scsi::Status::good;
  if (!succeeded) data_in_ = {};
  state_ = State::answered;
  session_.engine().complete(
      id_, {.status = static_cast<wire::ScsiStatus>(finish.status),
            .sense = finish.sense,
            .data_in = data_in_.empty() ? std::span<const Bytes>() : std::span<const Bytes>(&data_in_, 1),
            .data_in_length = succeeded ? finish.data_in_length : 0,
            .data_out_length = finish.data_out_length,
            .fenced = finish.fenced});
  return false;
}

bool CommandExecution::start(scsi::Step& step, const scsi::ReadBlocks& read) {
  offset_ = read.offset;
  rest_ = read.length;
  if (start_reading(step)) return true;
  if (!buffer_) {
    state_ = State::waiting_for_buffer;
    session_.wait_for_buffer(*this);
  }
  return false;
}

bool CommandExecution::start_reading(scsi::Step& step) {
  buffer_ = session_.buffers().acquire(rest_);
  if (!buffer_) return false;
  data_in_ = buffer_.bytes();
  return move_blocks(step, {.verb = volume::VolumeRequest::Verb::read,
                            .offset = offset_,
                            .length = std::exchange(rest_, 0),
                            .buffer = buffer_.bytes()});
}

bool CommandExecution::buffer_available() {
  scsi::Step step;
  const bool goes_on = start_reading(step);
  if (!buffer_) return false;
  if (goes_on) run(step);
  return true;
}

bool CommandExecution::start(scsi::Step& /*step*/, const scsi::WriteBlocks& write) {
  offset_ = write.offset;
  rest_ = write.length;
  parameters_ = 0;
  solicit_chunk();
  return false;
}

void CommandExecution::solicit_chunk() {
  const std::uint64_t length = std::min(rest_, kWriteChunkBytes);
  if (!buffer_ || buffer_.size() != length) {
    buffer_.reset();
    buffer_ = session_.buffers().acquire(length);
  }
  // To wait here could be for ever: the memory may be held by commands whose data comes behind this one's.
  if (!buffer_) return refuse(scsi::Status::task_set_full);
  state_ = State::waiting_for_data;
  session_.engine().accept_data(id_, buffer_.bytes());
}

bool CommandExecution::start(scsi::Step& /*step*/, const scsi::ReceiveParameters& receive) {
  parameters_ = receive.memory.size();
  state_ = State::waiting_for_data;
  session_.engine().accept_data(id_, receive.memory);
  return false;
}

void CommandExecution::data_arrived(session::TransferFailure failure) {
  if (state_ != State::waiting_for_data) return;
  if (failure != session::TransferFailure::none) {
    return run(disk_->unit.resume(*this, scsi::Outcome::failed(failure_of(failure))));
  }
  if (parameters_ != 0) {
    return run(disk_->unit.resume(*this, scsi::Outcome::with_parameters(std::exchange(parameters_, 0))));
  }
  scsi::Step step;
  const std::uint64_t length = buffer_.size();
  const std::uint64_t offset = std::exchange(offset_, offset_ + length);
  rest_ -= length;
  if (move_blocks(step, {.verb = volume::VolumeRequest::Verb::write,
                         .offset = offset,
                         .length = length,
                         .buffer = buffer_.bytes()})) {
    run(step);
  }
}

bool CommandExecution::start(scsi::Step& step, const scsi::Access& access) {
  rest_ = 0;
  if (access.unit != nullptr) medium_ = &session_.disk_with(*access.unit);
  return use_medium(step, request_of(access));
}

bool CommandExecution::start(scsi::Step& step, const scsi::MapBlocks& map) {
  rest_ = 0;
  return use_medium(
      step,
      {.verb = volume::VolumeRequest::Verb::map, .offset = map.offset, .length = map.length, .extents = map.extents});
}

bool CommandExecution::start(scsi::Step& /*step*/, const scsi::Wait& /*wait*/) {
  state_ = State::waiting_for_others;
  return false;
}

bool CommandExecution::start(scsi::Step& /*step*/, const scsi::Persist& persist) {
  state_ = State::waiting_for_others;
  store_reservations(
      session_.shard(), *disk_, persist.record, [session = session_.weak_from_this(), id = id_](bool stored) {
        const auto outcome = stored ? scsi::Outcome::done() : scsi::Outcome::failed(scsi::Outcome::Failure::not_stored);
        if (const auto alive = session.lock()) alive->post_resume(id, outcome);
      });
  return false;
}

bool CommandExecution::start(scsi::Step& step, const scsi::SanitizeOrdered& /*ordered*/) {
  session_.shard().sanitize(disk_->shared_from_this());
  return advance(step, scsi::Outcome::done());
}

bool CommandExecution::start(scsi::Step& /*step*/, const scsi::AbortTasks& abort) {
  state_ = State::waiting_for_others;
  std::vector<std::shared_ptr<const scsi::NexusIdentity>> nexuses(abort.nexuses.begin(), abort.nexuses.end());
  sweep(session_.shard(), {.disks = {disk_->shared_from_this()},
                           .concerns =
                               [nexuses = std::move(nexuses)](const ServedSession& session) {
                                 return std::ranges::any_of(
                                     nexuses, [&](const auto& nexus) { return nexus.get() == &session.identity(); });
                               },
                           .except = this,
                           .done =
                               [session = session_.weak_from_this(), id = id_] {
                                 if (const auto alive = session.lock()) alive->post_resume(id, scsi::Outcome::done());
                               }});
  return false;
}

/// As use_medium(), for the data of a READ or WRITE, which may be fetched while other commands are looked at.
bool CommandExecution::move_blocks(scsi::Step& step, const volume::VolumeRequest& request) {
  if (!medium_->volume->prefetch(request)) return use_medium(step, request);
  request_ = request;
  state_ = State::waiting_for_medium;
  session_.prefetching(*this);
  return false;
}

void CommandExecution::move_prefetched() {
  const volume::Started moved = medium_->volume->start(request_);
  const Result<>& result = std::get<Result<>>(moved);
  go_on(result ? 0 : result.error().code);
}

/// True when the request ended at once and `step` is what comes next.
bool CommandExecution::use_medium(scsi::Step& step, const volume::VolumeRequest& request) {
  request_ = request;
  if (request.verb == volume::VolumeRequest::Verb::flush && medium_->volume->traits().flush_lanes != 0) {
    state_ = State::waiting_for_medium;
    flush_.start(session_.shard().loop(), medium_->flushes, *medium_->volume);
    return false;
  }
  const volume::Started started = medium_->volume->start(request);
  if (const IoOp* op = std::get_if<IoOp>(&started)) {
    state_ = State::waiting_for_medium;
    session_.ring().execute(operation_, *op);
    return false;
  }
  const Result<>& result = std::get<Result<>>(started);
  if (result && rest_ != 0) {
    solicit_chunk();
    return false;
  }
  return end_piece(step, outcome_of(request.verb, result ? 0 : result.error().code));
}

/// A copy lets others have their turn between its pieces, also with volumes that are done at once.
bool CommandExecution::end_piece(scsi::Step& step, const scsi::Outcome& outcome) {
  if (!uses(medium_->unit)) return advance(step, outcome);
  state_ = State::waiting_for_others;
  session_.post_resume(id_, outcome);
  return false;
}

void CommandExecution::medium_ended(const runtime::Outcome& outcome) {
  go_on(outcome.error);
  session_.drain();
}

/// The medium has no more to do with the request; `error` is an errno value, or 0.
void CommandExecution::go_on(int error) {
  const bool wants_more = error == 0 && rest_ != 0;
  if (ending_ == Ending::aborted || ending_ == Ending::abandoned ||
      (ending_ == Ending::unit_lost && (wants_more || uses(medium_->unit)))) {
    end_now();
  } else if (lost_copy_unit_) {
    end_copy();
  } else if (wants_more) {
    solicit_chunk();
  } else {
    if (error != 0) log_failure(error);
    run(disk_->unit.resume(*this, outcome_of(request_.verb, error)));
    if (ending_ == Ending::unit_lost && is_running() && state_ != State::waiting_for_medium) end_now();
  }
}

/// The initiator is told by sense data; who looks after the server finds out here.
void CommandExecution::log_failure(int error) const {
  if (request_.verb != volume::VolumeRequest::Verb::flush || medium_->unit.has_lost_writes()) return;
  session_.shard().log(LogLevel::problem, "volume " + medium_->name + ": flushing failed (" +
                                              std::generic_category().message(error) +
                                              "): blocks may be lost; it takes no more writes until it is opened anew");
}

/// Ends the command with a status of the task manager, not of the device.
void CommandExecution::refuse(scsi::Status status) {
  disk_->unit.abandon(*this);
  state_ = State::answered;
  session_.engine().complete(id_, {.status = static_cast<wire::ScsiStatus>(status), .sense = {}, .data_in = {}});
}

void CommandExecution::wake(scsi::Task& /*task*/) { session_.post_resume(id_, scsi::Outcome::done()); }

void CommandExecution::resume(session::TaskId task, const scsi::Outcome& outcome) {
  if (task != id_ || state_ != State::waiting_for_others) return;
  run(disk_->unit.resume(*this, outcome));
}

void CommandExecution::lose_unit() { end_early(Ending::unit_lost); }

void CommandExecution::abort() { end_early(Ending::aborted); }

void CommandExecution::abandon() { end_early(Ending::abandoned); }

void CommandExecution::lose_copy_unit() {
  if (!is_running() || ending_ != Ending::none) return;
  lost_copy_unit_ = true;
  if (!medium_has_it()) end_copy();
}

void CommandExecution::end_copy() {
  run(disk_->unit.resume(*this, scsi::Outcome::failed(scsi::Outcome::Failure::unit_lost)));
  session_.execution_ended();
}

void CommandExecution::end_early(Ending ending) {
  if (!is_running()) return;
  // In the order of the enumeration: an abort by the task's own session is owed its answer, whatever else ends the
  // task.
  ending_ = std::max(ending_, ending);
  if (state_ == State::waiting_for_buffer) session_.stop_waiting_for_buffer(*this);
  if (!medium_has_it()) end_now();
}

/// Whether the disk is at work for it. A flush that waits for its turn is no longer waited for.
bool CommandExecution::medium_has_it() { return state_ == State::waiting_for_medium && !flush_.give_up(); }

void CommandExecution::end_now() {
  if (disk_ != nullptr) disk_->unit.abandon(*this);
  state_ = State::answered;
  switch (ending_) {
    case Ending::aborted:
      session_.engine().aborted(id_);
      break;
    case Ending::unit_lost:
      answer_without_unit();
      break;
    default:
      session_.engine().abandon(id_);
  }
  session_.execution_ended();
}

/// As to any command that comes now.
void CommandExecution::answer_without_unit() {
  constexpr std::array<std::byte, 6> kTestUnitReady = {};
  data_in_ = {};
  run(scsi::begin_without_unit(*this, session_.identity(), {.cdb = kTestUnitReady, .luns = {}, .waker = this}));
}

void CommandExecution::release() {
  state_ = State::idle;
  buffer_.reset();
  data_in_ = {};
  disk_ = nullptr;
  nexus_ = nullptr;
}

}  // namespace lunway::target
