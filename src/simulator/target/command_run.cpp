// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "simulator/target/command_run.h"

#include <algorithm>
#include <utility>

#include "simulator/target/hosted_session.h"

namespace lunway::simulator {
namespace {

using Verb = volume::VolumeRequest::Verb;

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

Verb verb_of(scsi::Access::Verb verb) {
  if (verb == scsi::Access::Verb::read) return Verb::read;
  return verb == scsi::Access::Verb::write ? Verb::write : Verb::flush;
}

}  // namespace

CommandRun::CommandRun(HostedSession& session, const session::Submit& submit, HostedUnit* unit, scsi::Nexus* nexus)
    : session_(session), unit_(unit), nexus_(nexus), id_(submit.task) {}

void CommandRun::begin(const session::Submit& submit) {
  const scsi::Command command{.cdb = submit.cdb,
                              .expected_data_in = submit.read_length,
                              .expected_data_out = submit.write_length,
                              .attribute = static_cast<scsi::TaskAttribute>(submit.attribute),
                              .luns = session_.lun_list(),
                              .waker = this,
                              .copy_host = nullptr,
                              .now = session_.now()};
  run(unit_ == nullptr ? scsi::begin_without_unit(*this, session_.identity(), command)
                       : unit_->unit.begin(*this, *nexus_, command));
}

void CommandRun::run(scsi::Step step) {
  while (std::visit([&](auto wanted) { return start(step, wanted); }, scsi::Step(step))) {
  }
}

bool CommandRun::advance(scsi::Step& step, const scsi::Outcome& outcome) {
  waits_for_ = WaitsFor::nothing;
  step = unit_->unit.resume(*this, outcome);
  return true;
}

bool CommandRun::start(scsi::Step& /*step*/, const scsi::Finish& finish) {
  if (data_in_.empty()) data_in_ = finish.data_in;
  const bool succeeded = finish.status == scsi::Status::good;
  if (!succeeded) data_in_ = {};
  answered_ = true;
  session_.engine().complete(
      id_, {.status = static_cast<wire::ScsiStatus>(finish.status),
            .sense = finish.sense,
            .data_in = data_in_.empty() ? std::span<const Bytes>() : std::span<const Bytes>(&data_in_, 1),
            .data_in_length = succeeded ? finish.data_in_length : 0,
            .data_out_length = finish.data_out_length,
            .fenced = finish.fenced});
  return false;
}

bool CommandRun::start(scsi::Step& step, const scsi::ReadBlocks& read) {
  buffer_.assign(read.length, std::byte{0xee});
  data_in_ = buffer_;
  rest_ = 0;
  return use_medium(step, {.verb = Verb::read, .offset = read.offset, .length = read.length, .buffer = buffer_});
}

bool CommandRun::start(scsi::Step& /*step*/, const scsi::WriteBlocks& write) {
  offset_ = write.offset;
  rest_ = write.length;
  parameters_ = 0;
  solicit_chunk();
  return false;
}

void CommandRun::solicit_chunk() {
  waits_for_ = WaitsFor::data;
  buffer_.assign(std::min<std::uint64_t>(rest_, session_.write_chunk()), std::byte{0xdd});
  session_.engine().accept_data(id_, buffer_);
}

bool CommandRun::start(scsi::Step& /*step*/, const scsi::ReceiveParameters& receive) {
  parameters_ = receive.memory.size();
  waits_for_ = WaitsFor::data;
  session_.engine().accept_data(id_, receive.memory);
  return false;
}

void CommandRun::data_arrived(session::TransferFailure failure) {
  if (answered_ || std::exchange(waits_for_, WaitsFor::nothing) != WaitsFor::data) return;
  if (failure != session::TransferFailure::none) {
    return run(unit_->unit.resume(*this, scsi::Outcome::failed(failure_of(failure))));
  }
  if (parameters_ != 0) {
    return run(unit_->unit.resume(*this, scsi::Outcome::with_parameters(std::exchange(parameters_, 0))));
  }
  scsi::Step step;
  const std::uint64_t offset = std::exchange(offset_, offset_ + buffer_.size());
  rest_ -= buffer_.size();
  if (use_medium(step, {.verb = Verb::write, .offset = offset, .length = buffer_.size(), .buffer = buffer_})) run(step);
}

bool CommandRun::start(scsi::Step& step, const scsi::Access& access) {
  rest_ = 0;
  const Verb verb = verb_of(access.verb);
  return use_medium(step, {.verb = verb,
                           .offset = access.offset,
                           .length = verb == Verb::flush ? 0 : access.length,
                           .buffer = access.memory});
}

bool CommandRun::start(scsi::Step& step, const scsi::MapBlocks& /*map*/) {
  return advance(step, scsi::Outcome::done());
}

bool CommandRun::start(scsi::Step& /*step*/, const scsi::Wait& /*wait*/) {
  waits_for_ = WaitsFor::others;
  return false;
}

bool CommandRun::start(scsi::Step& step, const scsi::Persist& /*persist*/) {
  return advance(step, scsi::Outcome::failed(scsi::Outcome::Failure::not_stored));
}

bool CommandRun::start(scsi::Step& step, const scsi::SanitizeOrdered& /*ordered*/) {
  return advance(step, scsi::Outcome::done());
}

bool CommandRun::start(scsi::Step& step, const scsi::AbortTasks& /*abort*/) {
  return advance(step, scsi::Outcome::done());
}

/// True when the request ended at once and `step` is what comes next.
bool CommandRun::use_medium(scsi::Step& step, const volume::VolumeRequest& request) {
  const volume::Started started = unit_->disk.start(request);
  if (const IoOp* op = std::get_if<IoOp>(&started)) {
    waits_for_ = WaitsFor::medium;
    unit_->disk.execute(*op, [this] { medium_ended(); });
    return false;
  }
  if (rest_ != 0) {
    solicit_chunk();
    return false;
  }
  return advance(step, scsi::Outcome::done());
}

void CommandRun::medium_ended() {
  waits_for_ = WaitsFor::nothing;
  if (ending_ != Ending::none) {
    end_now();
  } else if (rest_ != 0) {
    solicit_chunk();
  } else {
    run(unit_->unit.resume(*this, scsi::Outcome::done()));
  }
  session_.settle();
}

void CommandRun::wake(scsi::Task& /*task*/) {
  session_.post([this, id = id_, &session = session_] {
    if (session.find_run(id) != this || answered_ || waits_for_ != WaitsFor::others) return;
    waits_for_ = WaitsFor::nothing;
    run(unit_->unit.resume(*this, scsi::Outcome::done()));
  });
}

void CommandRun::end_early(Ending ending) {
  if (answered_) return;
  ending_ = std::max(ending_, ending);
  if (waits_for_ != WaitsFor::medium) end_now();
}

void CommandRun::end_now() {
  if (unit_ != nullptr) unit_->unit.abandon(*this);
  answered_ = true;
  if (ending_ == Ending::aborted) {
    session_.engine().aborted(id_);
  } else {
    session_.engine().abandon(id_);
  }
  session_.run_ended();
}

}  // namespace lunway::simulator
