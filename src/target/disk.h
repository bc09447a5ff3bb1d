// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A disk that is served: the volume that holds its blocks and the logical unit that initiators see.

#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "scsi/logical_unit.h"
#include "target/identity.h"
#include "target/server_config.h"
#include "volume/flush_group.h"
#include "volume/volume.h"

namespace lunway::target {

/// Threads: shared by all shards; see Volume and LogicalUnit. Lives until no session uses it.
struct Disk : std::enable_shared_from_this<Disk> {
  Disk(std::string disk_name, std::string path_for_reservations, std::string path_for_sanitize,
       std::unique_ptr<volume::Volume> backing, const scsi::LogicalUnitOptions& options)
      : name(std::move(disk_name)),
        serial_number(options.serial_number),
        reservation_path(std::move(path_for_reservations)),
        sanitize_path(std::move(path_for_sanitize)),
        volume(std::move(backing)),
        unit(options),
        flushes(volume->traits().flush_lanes) {}

  const std::string name;
  /// Unique in the world: disks with the same one hold the same data.
  const std::string serial_number;
  /// Where its persistent reservations are kept; empty: nowhere.
  const std::string reservation_path;
  /// Where the record of its sanitize operation is kept; empty: nowhere.
  const std::string sanitize_path;
  const std::unique_ptr<volume::Volume> volume;
  scsi::LogicalUnit unit;
  /// Whose turn it is to flush the volume.
  volume::FlushGroup flushes;
};

/// Opens (or makes) the volume that `config` describes. A file is locked: two servers never serve one.
Result<std::shared_ptr<Disk>> open_disk(const VolumeConfig& config, IdentityStore& identities);

/// Makes everything that was written durable, or says that some of it is lost. Blocks; for the end of a disk.
Result<> flush(Disk& disk);

}  // namespace lunway::target
