// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The identity of a disk: what makes two paths one disk in the eyes of an initiator, and two disks two. It is random,
// so that no two servers ever look like one disk, and it is kept in the state directory, so that a disk stays itself
// when the server starts again.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace lunway::target {

struct DiskIdentity {
  /// NAA type 3h (locally assigned): 60 random bits behind the nibble 3.
  std::uint64_t naa = 0;
  /// The unit serial number of VPD page 80h: 16 hexadecimal digits.
  std::string serial;

  friend bool operator==(const DiskIdentity&, const DiskIdentity&) = default;
};

/// The identities that one server knows. Not thread-safe: used while a configuration is put into force. Several servers
/// may share a state directory.
class IdentityStore {
 public:
  /// Identities that end with the process.
  IdentityStore() = default;

  /// Reads `directory`/identities, and makes the directory when it is missing. A file that cannot be understood is an
  /// error: a disk must not silently become another one.
  static Result<IdentityStore> open(const std::string& directory);

  /// Empty when nothing is kept.
  const std::string& directory() const { return directory_; }

  /// The identity of the disk called `key` (a file's absolute path, or a volume's name): the stored one, or a new one,
  /// which is on stable storage when this returns.
  Result<DiskIdentity> identity_of(const std::string& key);

 private:
  Result<> load();
  Result<> save() const;
  std::string path() const { return directory_ + "/identities"; }

  std::string directory_;
  std::map<std::string, DiskIdentity> known_;
};

}  // namespace lunway::target
