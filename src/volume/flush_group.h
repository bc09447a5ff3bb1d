// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Who flushes a medium, and for whom. A medium has a few lanes; in each of them one flush runs at a time. Whoever finds
// all lanes taken waits for the next flush, and that one serves all who asked before it began: what they had written
// was in the medium's cache by then.
//
// A lane is an open file of its own. A kernel tells the loss of written blocks to one fdatasync of each open file and
// calls the next one there a success. Of two side by side on one open file, one could report that success while the
// failure, in the other's hands, is not known yet. In a lane, no flush begins before the one before it is known to have
// ended well; and every lane is told by itself.

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace lunway::volume {

/// Threads: any. Its mutex is taken by flushes alone. It grows with those who wait, one entry for each.
class FlushGroup {
 public:
  enum class Turn : std::uint8_t {
    lead,    // the flush is the waiter's to carry out in lane(), for all who wait
    done,    // somebody else's flush has served it
    failed,  // a flush has failed, now or long ago: see has_failed()
  };

  /// Who wants a flush. Used by one thread at a time.
  class Waiter {
   public:
    virtual ~Waiter() = default;

    /// For who waits: its turn has come. Called on any thread, inside a call to the group, which must not be called
    /// from here: pass it on.
    virtual void flush_turn(Turn turn) = 0;

    /// Of who leads.
    std::size_t lane() const { return lane_; }

   private:
    friend class FlushGroup;
    std::size_t lane_ = 0;
  };

  /// With no lane, nobody may join: the medium has nothing to wait for.
  explicit FlushGroup(std::size_t lanes) : lanes_(lanes) {}

  /// Nothing: flush_turn() will be called, unless the waiter leaves. To lead means that the flush has to begin now.
  std::optional<Turn> join(Waiter& waiter);

  /// Before the one who was called to lead carries the flush out: who joins from now on gets a later one. False when
  /// there is nothing to carry out any more: a flush has failed, and so has this one.
  bool begin(Waiter& leader);

  /// The leader's flush has ended, well or badly. Whether it counts as well: none does after one that failed.
  bool end(Waiter& leader, bool well);

  /// The waiter wants its flush no longer; it is not called any more. Not for a leader whose flush has begun. Harmless
  /// for who does not wait.
  void leave(Waiter& waiter);

  /// A flush has failed. For good: nobody knows which blocks were lost, and no later flush brings them back.
  bool has_failed() const;

 private:
  struct Lane {
    Waiter* leader = nullptr;  // called to lead, or at it
    bool is_running = false;   // its flush has begun
    std::vector<Waiter*> sharing;
  };

  static void call_all(std::vector<Waiter*>& waiters, Turn turn);
  void clear(Lane& lane);

  mutable std::mutex mutex_;
  // All below is guarded by it.
  std::vector<Lane> lanes_;
  std::vector<Waiter*> waiting_;  // for a flush that has not begun
  bool has_failed_ = false;
};

}  // namespace lunway::volume
