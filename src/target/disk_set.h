// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The disks of a configuration by the names of their volumes, and what of them another configuration keeps.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "target/disk.h"
#include "target/server_config.h"

namespace lunway::target {

/// Threads: one at a time. Blocks.
class DiskSet {
 public:
  static Result<DiskSet> open(const ServerConfig& config);

  /// The disks of `next`: those of this set where a volume is the same file (whatever its name), or has the same name,
  /// and new ones. Nothing that is served changes. What a disk cannot become while it is served is an error that says
  /// so.
  Result<DiskSet> changed_to(const ServerConfig& next) const;

  /// Gives each disk the size that its volume is configured to have, or that its file has by now, and tells its
  /// initiators. Either all sizes are possible or nothing changes. Returns a line for each disk that has changed.
  Result<std::vector<std::string>> take_over_sizes() const;

  /// As take_over_sizes() for one disk, but to this size.
  Result<> resize(const std::string& volume, std::uint64_t size_bytes);

  /// Null when no volume is called that.
  std::shared_ptr<Disk> find(const std::string& volume) const;
  std::map<std::string, std::shared_ptr<Disk>> by_name() const;
  bool contains(const Disk& disk) const;

 private:
  struct Entry {
    VolumeConfig config;
    std::shared_ptr<Disk> disk;
  };

  const Entry* find_same(const VolumeConfig& volume) const;

  std::map<std::string, Entry> entries_;
};

}  // namespace lunway::target
