// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// One SCSI command between the engine and a disk: it does what the device server asks for, step by step, with the
// memory of the shard, the volume and the ring.
//
// Reads pass through a buffer of the pool, also those of a volume in memory: the bytes on the wire are those that the
// device server has let the command read, whatever is written while they are sent, and a data digest stays true.

#pragma once

#include <cstdint>
#include <span>

#include "runtime/buffer_pool.h"
#include "runtime/operation.h"
#include "scsi/task.h"
#include "session/target_session.h"
#include "target/disk.h"
#include "target/shared_flush.h"

namespace lunway::target {

class ServedSession;

/// Belongs to one slot of one session and is used again for each task that gets the slot.
class CommandExecution final : public scsi::Task, public scsi::Waker {
 public:
  explicit CommandExecution(ServedSession& session) : session_(session) {}

  /// `disk` and `nexus` are null when nobody has the LUN.
  void begin(const session::Submit& submit, Disk* disk, scsi::Nexus* nexus);

  void data_arrived(session::TransferFailure failure);

  /// The initiator, through its own session, wants it to end: TargetSession::aborted() follows as soon as the disk can
  /// no longer touch its memory.
  void abort();

  /// Another initiator's task management ended it: TargetSession::abandon() follows in the same way.
  void abandon();

  /// Its LUN is no more: it ends with LOGICAL UNIT NOT SUPPORTED, but for what the disk is already doing.
  void lose_unit();

  /// The engine uses its memory no longer.
  void release();

  /// A logical unit that the command copies from or to, beside its own, is no more for it to use: the command ends by
  /// itself, with sense data that says so, as soon as that disk can no longer touch its memory.
  void lose_copy_unit();

  /// The rest of the batch has been looked at, and what the volume has prefetched is near: moves it.
  void move_prefetched();

  /// A buffer has become free, or may have. False: it was not enough, keep waiting.
  bool buffer_available();

  /// The device server calls it on any thread.
  void wake(scsi::Task& task) override;
  /// What the command waited for has happened, on whatever thread: its turn, a sweep over the shards, a record stored.
  void resume(session::TaskId task, const scsi::Outcome& outcome);

  /// Between begin() and the answer to the engine.
  bool is_running() const { return state_ != State::idle && state_ != State::answered; }
  /// Somebody has ended it; the disk may still be at work.
  bool is_ending() const { return is_running() && (ending_ != Ending::none || lost_copy_unit_); }
  /// Between begin() and release(); null when nobody has the LUN.
  const Disk* disk() const { return disk_; }
  const scsi::Nexus* nexus() const { return nexus_; }
  /// Whether it is a command for this disk, or copies from or to it.
  bool concerns(const Disk& disk) const { return disk_ == &disk || uses(disk.unit); }
  session::TaskId id() const { return id_; }

 private:
  enum class State : std::uint8_t {
    idle,
    waiting_for_buffer,
    waiting_for_data,
    waiting_for_medium,  // or for a flush that others share
    waiting_for_others,  // commands that use the blocks, other shards, the state directory
    answered,            // the engine still uses the memory
  };
  enum class Ending : std::uint8_t { none, unit_lost, abandoned, aborted };

  void run(scsi::Step step);
  bool advance(scsi::Step& step, const scsi::Outcome& outcome);

  bool start(scsi::Step& step, const scsi::Finish& finish);
  bool start(scsi::Step& step, const scsi::ReadBlocks& read);
  bool start(scsi::Step& step, const scsi::WriteBlocks& write);
  bool start(scsi::Step& step, const scsi::ReceiveParameters& receive);
  bool start(scsi::Step& step, const scsi::Access& access);
  bool start(scsi::Step& step, const scsi::MapBlocks& map);
  bool start(scsi::Step& step, const scsi::Wait& wait);
  bool start(scsi::Step& step, const scsi::Persist& persist);
  bool start(scsi::Step& step, const scsi::SanitizeOrdered& ordered);
  bool start(scsi::Step& step, const scsi::AbortTasks& abort);

  bool start_reading(scsi::Step& step);
  void solicit_chunk();
  bool move_blocks(scsi::Step& step, const volume::VolumeRequest& request);
  bool use_medium(scsi::Step& step, const volume::VolumeRequest& request);
  bool medium_has_it();
  bool end_piece(scsi::Step& step, const scsi::Outcome& outcome);
  void medium_ended(const runtime::Outcome& outcome);
  void go_on(int error);
  void log_failure(int error) const;
  void refuse(scsi::Status status);
  void end_early(Ending ending);
  void end_now();
  void answer_without_unit();
  void end_copy();

  ServedSession& session_;
  Disk* disk_ = nullptr;
  const scsi::Nexus* nexus_ = nullptr;
  session::TaskId id_;
  State state_ = State::idle;
  Ending ending_ = Ending::none;

  // Of the step under way: the range of the medium that is not done yet, and the request that is.
  std::uint64_t offset_ = 0;
  std::uint64_t rest_ = 0;
  volume::VolumeRequest request_;
  Disk* medium_ = nullptr;  // what the request goes to
  bool lost_copy_unit_ = false;
  // ReceiveParameters asks for so many bytes; zero for the chunks of WriteBlocks.
  std::uint64_t parameters_ = 0;

  runtime::Buffer buffer_;
  Bytes data_in_;
  runtime::Operation operation_ = runtime::Operation::calling<&CommandExecution::medium_ended>(this);
  SharedFlush flush_ = SharedFlush::calling<&CommandExecution::medium_ended>(this);
};

}  // namespace lunway::target
