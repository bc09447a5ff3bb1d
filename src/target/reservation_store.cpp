// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/reservation_store.h"

#include <cerrno>
#include <utility>

#include "target/shard_server.h"
#include "target/stable_file.h"

namespace lunway::target {

Result<> restore_reservations(Disk& disk) {
  if (disk.reservation_path.empty()) return {};
  const auto record = read_file(disk.reservation_path);
  if (!record && record.error().code == ENOENT) return {};
  if (!record) return std::unexpected(record.error());
  if (disk.unit.restore(bytes_of(*record))) return {};
  return failure(EINVAL, disk.reservation_path +
                             " is damaged: give it back from a backup, or remove it to forget the " +
                             "persistent reservations of " + disk.name);
}

void store_reservations(ShardServer& shard, const Disk& disk, Bytes record, std::function<void(bool)> stored) {
  if (disk.reservation_path.empty()) return stored(false);
  shard.context().keeper->post(
      [path = disk.reservation_path, content = std::string(text_of(record)),
       stored = std::move(stored)](runtime::Loop&) { stored(replace_file(path, content).has_value()); });
}

}  // namespace lunway::target
