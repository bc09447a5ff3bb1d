// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "scsi/copy/copy_records.h"

#include <algorithm>
#include <utility>

#include "scsi/copy/copy_limits.h"

namespace lunway::scsi {
namespace {

bool is_running(const std::shared_ptr<CopyRecord>& record) { return record->status == CopyStatus::in_progress; }

}  // namespace

CopyRecords::Refusal CopyRecords::refusal(const Nexus& nexus, std::uint32_t list_identifier, bool is_identified) const {
  if (is_identified) {
    const auto same = find(nexus, list_identifier);
    if (same != nullptr && is_running(same)) return Refusal::identifier_in_use;
  }
  const auto running = static_cast<std::size_t>(std::ranges::count_if(records_, is_running));
  return running < kMostCopiesAtOnce ? Refusal::none : Refusal::too_many;
}

void CopyRecords::add(std::shared_ptr<CopyRecord> record) {
  const auto is_past = [&](const std::shared_ptr<CopyRecord>& other) {
    return other->nexus == record->nexus && !is_running(other);
  };
  std::erase_if(records_, [&](const auto& other) {
    return is_past(other) && (!other->is_identified || other->list_identifier == record->list_identifier);
  });
  if (std::ranges::count_if(records_, is_past) >= std::ptrdiff_t{kMostCopiesRemembered}) {
    records_.erase(std::ranges::find_if(records_, is_past));
  }
  records_.push_back(std::move(record));
}

std::shared_ptr<CopyRecord> CopyRecords::find(const Nexus& nexus, std::uint32_t list_identifier) const {
  const auto found = std::ranges::find_if(records_, [&](const auto& record) {
    return record->nexus == &nexus && record->is_identified && record->list_identifier == list_identifier;
  });
  return found == records_.end() ? nullptr : *found;
}

void CopyRecords::forget(const CopyRecord& record) {
  std::erase_if(records_, [&](const auto& other) { return other.get() == &record; });
}

void CopyRecords::forget(const Nexus& nexus) {
  std::erase_if(records_, [&](const auto& record) { return record->nexus == &nexus; });
}

void CopyRecords::forget_ended() {
  std::erase_if(records_, [](const auto& record) { return !is_running(record); });
}

}  // namespace lunway::scsi
