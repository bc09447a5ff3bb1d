// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/disk_set.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace lunway::target {
namespace {

Result<IdentityStore> open_identities(const ServerConfig& config) {
  if (config.state_directory.empty()) return IdentityStore();
  return IdentityStore::open(config.state_directory);
}

/// Paths that lead to one file are equal.
std::string resolved(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(path, failed);
  return failed ? path : canonical.string();
}

bool is_same(const VolumeConfig& a, const VolumeConfig& b) {
  const auto* file = std::get_if<FileBacking>(&a.backing);
  const auto* other_file = std::get_if<FileBacking>(&b.backing);
  if (file != nullptr && other_file != nullptr) return resolved(file->path) == resolved(other_file->path);
  return a.name == b.name && a.backing.index() == b.backing.index();
}

/// What of the disk would have to be another, for it is told to initiators as what never changes.
std::string fixed_difference(const VolumeConfig& now, const VolumeConfig& next) {
  if (now.block_size_bytes != next.block_size_bytes) return "block_size";
  if (now.physical_block_exponent != next.physical_block_exponent) return "physical_block_exponent";
  if (now.write_cache != next.write_cache) return "write_cache";
  if (now.read_only != next.read_only) return "read_only";
  if (now.removable != next.removable) return "removable";
  const auto* file = std::get_if<FileBacking>(&now.backing);
  if (file != nullptr && file->direct != std::get<FileBacking>(next.backing).direct) return "direct";
  const auto* memory = std::get_if<MemoryBacking>(&now.backing);
  if (memory != nullptr && memory->size_bytes != std::get<MemoryBacking>(next.backing).size_bytes) return "memory";
  const auto* null = std::get_if<NullBacking>(&now.backing);
  if (null != nullptr && null->size_bytes != std::get<NullBacking>(next.backing).size_bytes) return "null";
  return {};
}

std::optional<std::uint64_t> wanted_size(const VolumeConfig& volume) {
  const auto* file = std::get_if<FileBacking>(&volume.backing);
  return file == nullptr ? std::nullopt : file->create_size_bytes;
}

std::unexpected<Error> about(const VolumeConfig& volume, const Error& error) {
  return failure(error.code, "volume " + volume.name + ": " + error.message);
}

/// True when the initiators see another size than before.
Result<bool> resize_disk(const VolumeConfig& config, Disk& disk, std::optional<std::uint64_t> size_bytes) {
  const auto size = disk.volume->resize(size_bytes);
  if (!size) return about(config, size.error());
  const std::uint64_t blocks = *size / config.block_size_bytes;
  if (blocks == disk.unit.capacity_blocks()) return false;
  disk.unit.resize(blocks);
  return true;
}

}  // namespace

Result<DiskSet> DiskSet::open(const ServerConfig& config) { return DiskSet().changed_to(config); }

Result<DiskSet> DiskSet::changed_to(const ServerConfig& next) const {
  auto identities = open_identities(next);
  if (!identities) return std::unexpected(identities.error());
  DiskSet set;
  std::vector<const VolumeConfig*> fresh;
  for (const VolumeConfig& volume : next.volumes) {
    const Entry* same = find_same(volume);
    if (same == nullptr) {
      fresh.push_back(&volume);
      continue;
    }
    if (const std::string key = fixed_difference(same->config, volume); !key.empty()) {
      return failure(EBUSY, "volume " + volume.name + ": " + key +
                                " cannot change while it is served: take it out, reload, and put it in again");
    }
    set.entries_.emplace(volume.name, Entry{volume, same->disk});
  }
  // Last: it may create files.
  for (const VolumeConfig* volume : fresh) {
    auto disk = open_disk(*volume, *identities);
    if (!disk) return std::unexpected(disk.error());
    set.entries_.emplace(volume->name, Entry{*volume, std::move(*disk)});
  }
  return set;
}

const DiskSet::Entry* DiskSet::find_same(const VolumeConfig& volume) const {
  for (const auto& [name, entry] : entries_) {
    if (is_same(entry.config, volume)) return &entry;
  }
  return nullptr;
}

Result<std::vector<std::string>> DiskSet::take_over_sizes() const {
  for (const auto& [name, entry] : entries_) {
    const auto possible = entry.disk->volume->size_after_resize(wanted_size(entry.config));
    if (!possible) return about(entry.config, possible.error());
  }
  std::vector<std::string> changes;
  for (const auto& [name, entry] : entries_) {
    const auto changed = resize_disk(entry.config, *entry.disk, wanted_size(entry.config));
    if (!changed) return std::unexpected(changed.error());
    if (*changed) {
      changes.push_back("volume " + name + " has " + std::to_string(entry.disk->volume->size_bytes()) + " bytes now");
    }
  }
  return changes;
}

Result<> DiskSet::resize(const std::string& volume, std::uint64_t size_bytes) {
  const auto found = entries_.find(volume);
  if (found == entries_.end()) return failure(ENOENT, "there is no volume " + volume);
  const auto changed = resize_disk(found->second.config, *found->second.disk, size_bytes);
  if (!changed) return std::unexpected(changed.error());
  return {};
}

std::shared_ptr<Disk> DiskSet::find(const std::string& volume) const {
  const auto found = entries_.find(volume);
  return found == entries_.end() ? nullptr : found->second.disk;
}

std::map<std::string, std::shared_ptr<Disk>> DiskSet::by_name() const {
  std::map<std::string, std::shared_ptr<Disk>> disks;
  for (const auto& [name, entry] : entries_) disks.emplace(name, entry.disk);
  return disks;
}

bool DiskSet::contains(const Disk& disk) const {
  return std::ranges::any_of(entries_, [&](const auto& named) { return named.second.disk.get() == &disk; });
}

}  // namespace lunway::target
