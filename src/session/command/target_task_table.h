// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The tasks of a session: up to a fixed number of slots, found by slot or by Initiator Task Tag. Slots are made a few
// at a time, when so many tasks live at once for the first time, and kept until shrink(): a session that is at rest
// costs little, and one that is busy allocates nothing.
//= rfc7143#11.2.1.8

#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "session/command/target_task.h"

namespace lunway::session {

class TargetTaskTable {
 public:
  /// `most` tasks can live at the same time.
  explicit TargetTaskTable(std::uint32_t most);

  /// A task that answers to `header`'s tag; null when all slots are taken. The tag must not be in use.
  TargetTask* create(TargetTask::Kind kind, wire::HeaderView header);

  /// The tag may be used again; the task is found by slot only.
  void forget_tag(TargetTask& task);

  /// It is found by its tag again, which no other task has taken.
  void remember_tag(TargetTask& task);

  /// Gives the slot back.
  void destroy(TargetTask& task);

  /// Gives memory back that is not likely to be needed soon; only when no task lives.
  void shrink();

  /// Null when no living task has this tag or id.
  TargetTask* find(wire::Itt itt);
  TargetTask* find(TaskId id);
  TargetTask& at(std::uint32_t slot) { return places_[slot / kPlaces][slot % kPlaces]; }

  /// All slots that have been made, living or not. Tasks may end while they are gone through; none may begin.
  class Slots;
  Slots slots();
  std::uint32_t living() const { return living_; }

  bool is_consistent() const;

 private:
  /// Slots that are made at a time.
  static constexpr std::uint32_t kPlaces = 4;

  std::uint32_t made() const { return static_cast<std::uint32_t>(places_.size()) * kPlaces; }
  bool make_places();
  void spread_tags(std::size_t buckets);
  TargetTask*& bucket(wire::Itt itt);

  std::uint32_t most_;
  std::vector<std::unique_ptr<TargetTask[]>> places_;
  std::vector<std::uint32_t> free_;
  std::vector<TargetTask*> buckets_;
  std::uint32_t living_ = 0;
  /// Of the newest task: no two of a session are alike, whatever slot they have.
  std::uint32_t generation_ = 0;
  std::uint64_t arrivals_ = 0;
};

class TargetTaskTable::Slots {
 public:
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = TargetTask;

    Iterator() = default;
    Iterator(TargetTaskTable& table, std::uint32_t slot) : table_(&table), slot_(slot) {}

    TargetTask& operator*() const { return table_->at(slot_); }
    Iterator& operator++() {
      ++slot_;
      return *this;
    }
    Iterator operator++(int) { return {*table_, slot_++}; }
    bool operator==(const Iterator& other) const { return slot_ == other.slot_; }

   private:
    TargetTaskTable* table_ = nullptr;
    std::uint32_t slot_ = 0;
  };

  explicit Slots(TargetTaskTable& table) : table_(table) {}

  Iterator begin() const { return {table_, 0}; }
  Iterator end() const { return {table_, table_.made()}; }

 private:
  TargetTaskTable& table_;
};

inline TargetTaskTable::Slots TargetTaskTable::slots() { return Slots(*this); }

}  // namespace lunway::session
