// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/disk.h"

#include <filesystem>
#include <utility>

#include "runtime/file_task.h"
#include "target/reservation_store.h"
#include "target/sanitize_execution.h"
#include "volume/file/file_volume.h"
#include "volume/memory/memory_volume.h"
#include "volume/null/null_volume.h"

namespace lunway::target {
namespace {

using OpenedVolume = Result<std::unique_ptr<volume::Volume>>;

OpenedVolume open_volume(const VolumeConfig& config, const FileBacking& backing) {
  return volume::FileVolume::open({.path = backing.path,
                                   .read_only = config.read_only,
                                   .create_size_bytes = backing.create_size_bytes,
                                   .block_size = config.block_size_bytes,
                                   .direct = backing.direct});
}

OpenedVolume open_volume(const VolumeConfig& /*config*/, const MemoryBacking& backing) {
  return volume::MemoryVolume::create(backing.size_bytes);
}

OpenedVolume open_volume(const VolumeConfig& /*config*/, const NullBacking& backing) {
  return std::make_unique<volume::NullVolume>(backing.size_bytes);
}

/// What makes it the same disk after a restart. The content of memory is new each time, and so is the disk.
Result<DiskIdentity> identity_of(const VolumeConfig& config, IdentityStore& identities) {
  const auto* file = std::get_if<FileBacking>(&config.backing);
  if (file == nullptr) return IdentityStore().identity_of(config.name);
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::canonical(file->path, failed);
  if (failed) return system_failure(failed.value(), "resolving " + file->path);
  return identities.identity_of(path.string());
}

scsi::LogicalUnitOptions options_of(const VolumeConfig& config, const volume::Volume& volume,
                                    const DiskIdentity& identity) {
  const volume::VolumeTraits& traits = volume.traits();
  scsi::LogicalUnitOptions options;
  options.block_size = config.block_size_bytes;
  options.physical_block_exponent = config.physical_block_exponent;
  options.capacity_blocks = volume.size_bytes() / config.block_size_bytes;
  options.serial_number = identity.serial;
  options.naa = identity.naa;
  options.write_protected = config.read_only || !traits.writable;
  options.removable = config.removable;
  options.volatile_cache = traits.has_volatile_cache;
  options.write_cache_enabled = config.write_cache;
  options.can_discard = traits.can_discard;
  options.can_zero = traits.can_zero;
  options.max_atomic_bytes = traits.max_atomic_bytes;
  return options;
}

}  // namespace

Result<std::shared_ptr<Disk>> open_disk(const VolumeConfig& config, IdentityStore& identities) {
  auto opened = std::visit([&](const auto& backing) { return open_volume(config, backing); }, config.backing);
  if (!opened) return std::unexpected(opened.error());
  const auto identity = identity_of(config, identities);
  if (!identity) return std::unexpected(identity.error());
  scsi::LogicalUnitOptions options = options_of(config, **opened, *identity);
  std::string reservations;
  std::string sanitize;
  if (std::holds_alternative<FileBacking>(config.backing) && !identities.directory().empty()) {
    reservations = identities.directory() + "/reservations-" + identity->serial;
    sanitize = identities.directory() + "/sanitize-" + identity->serial;
    options.can_persist = true;
  }
  auto disk =
      std::make_shared<Disk>(config.name, std::move(reservations), std::move(sanitize), std::move(*opened), options);
  if (auto restored = restore_reservations(*disk); !restored) return std::unexpected(restored.error());
  if (auto restored = restore_sanitize(*disk); !restored) return std::unexpected(restored.error());
  return disk;
}

Result<> flush(Disk& disk) {
  if (disk.unit.has_lost_writes() || disk.flushes.has_failed())
    return failure(EIO, disk.name + ": a flush failed, and blocks may be lost");
  const volume::Started started = disk.volume->start({.verb = volume::VolumeRequest::Verb::flush});
  const IoOp* op = std::get_if<IoOp>(&started);
  if (op == nullptr) return std::get<Result<>>(started);
  runtime::FileTask task(*op);
  while (true) {
    const auto outcome = task.advance(runtime::perform(task.descriptor(), task.step()));
    if (!outcome) continue;
    if (!outcome->ok()) return system_failure(outcome->error, "flushing " + disk.name);
    return {};
  }
}

}  // namespace lunway::target
