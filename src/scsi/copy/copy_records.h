// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a logical unit remembers of the copies that initiators asked it for (SPC-4, 5.16.4): what RECEIVE COPY RESULTS
// and RECEIVE ROD TOKEN INFORMATION tell.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "scsi/status.h"

namespace lunway::scsi {

class Nexus;

/// With the codes of COPY OPERATION STATUS.
enum class CopyStatus : std::uint8_t {
  done = 0x01,
  failed = 0x02,
  /// No error, but the token stood for less than what was asked for.
  partial = 0x03,
  in_progress = 0x11,
  terminated = 0x60,
};

struct CopyRecord {
  const Nexus* nexus = nullptr;
  std::uint32_t list_identifier = 0;
  /// It can be asked about by its list identifier.
  bool is_identified = true;
  /// Of the operation code 83h: which command it was.
  std::uint8_t service_action = 0;

  CopyStatus status = CopyStatus::in_progress;
  /// How the copy ended, once it has.
  Status completion = Status::good;
  std::uint16_t segments = 0;
  std::uint64_t bytes = 0;
  std::vector<std::byte> sense = {};
  /// What POPULATE TOKEN made.
  std::vector<std::byte> token = {};
  /// Accesses that have succeeded.
  std::uint16_t operations = 0;
  /// COPY OPERATION ABORT has come for it.
  bool is_to_end = false;
};

/// Threads: guarded by the mutex of the logical unit, the records too.
class CopyRecords {
 public:
  enum class Refusal : std::uint8_t { none, identifier_in_use, too_many };

  /// Whether a copy may begin, and why not.
  Refusal refusal(const Nexus& nexus, std::uint32_t list_identifier, bool is_identified) const;

  /// A copy begins. It takes the place of one that ended and had its list identifier.
  void add(std::shared_ptr<CopyRecord> record);

  /// Null: there is none that can be asked about.
  std::shared_ptr<CopyRecord> find(const Nexus& nexus, std::uint32_t list_identifier) const;

  void forget(const CopyRecord& record);
  /// The nexus is lost.
  void forget(const Nexus& nexus);
  /// Those that have ended.
  void forget_ended();

 private:
  std::vector<std::shared_ptr<CopyRecord>> records_;  // the oldest first
};

}  // namespace lunway::scsi
