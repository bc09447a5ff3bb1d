// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/identity.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include "target/entropy.h"
#include "target/stable_file.h"

namespace lunway::target {
namespace {

constexpr std::size_t kHexDigits = 16;

std::string hex(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kHexDigits, '0');
  for (std::size_t i = 0; i < kHexDigits; ++i) text[kHexDigits - 1 - i] = kDigits[(number >> (4 * i)) & 0xf];
  return text;
}

DiskIdentity random_identity() {
  constexpr std::uint64_t kLocallyAssigned = 0x3;
  const std::uint64_t naa = (kLocallyAssigned << 60) | (random_number() >> 4);
  return {.naa = naa, .serial = hex(random_number())};
}

/// A line is "<naa> <serial> <key>"; the key is the rest of the line, spaces and all.
bool read_line(std::string_view line, std::map<std::string, DiskIdentity>& into) {
  constexpr std::size_t kKeyAt = 2 * (kHexDigits + 1);
  if (line.size() <= kKeyAt || line[kHexDigits] != ' ' || line[kKeyAt - 1] != ' ') return false;
  DiskIdentity identity;
  const char* naa_end = line.data() + kHexDigits;
  const auto [end, error] = std::from_chars(line.data(), naa_end, identity.naa, 16);
  if (error != std::errc() || end != naa_end) return false;
  identity.serial = line.substr(kHexDigits + 1, kHexDigits);
  return into.emplace(line.substr(kKeyAt), std::move(identity)).second;
}

}  // namespace

Result<IdentityStore> IdentityStore::open(const std::string& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return system_failure(failed.value(), "making the state directory " + directory);

  IdentityStore store;
  store.directory_ = directory;
  if (auto loaded = store.load(); !loaded) return std::unexpected(loaded.error());
  return store;
}

Result<> IdentityStore::load() {
  const auto content = read_file(path());
  if (!content && content.error().code == ENOENT) return {};
  if (!content) return std::unexpected(content.error());
  known_.clear();
  std::string_view rest = *content;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || !read_line(rest.substr(0, end), known_)) {
      return failure(EINVAL, path() + " is damaged: give it back from a backup, or move it away to give every disk a " +
                                 "new identity");
    }
    rest.remove_prefix(end + 1);
  }
  return {};
}

Result<DiskIdentity> IdentityStore::identity_of(const std::string& key) {
  if (key.empty() || key.find('\n') != std::string::npos) {
    return failure(EINVAL, "a disk's name must not be empty and must not contain a line break");
  }
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  if (directory_.empty()) return known_.emplace(key, random_identity()).first->second;

  // Another server may have named disks since this one has looked.
  const auto lock = FileLock::take(directory_ + "/lock");
  if (!lock) return std::unexpected(lock.error());
  if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
  const auto [entry, is_new] = known_.try_emplace(key, random_identity());
  if (!is_new) return entry->second;
  DiskIdentity identity = entry->second;
  if (const auto saved = save(); !saved) {
    known_.erase(entry);
    return std::unexpected(saved.error());
  }
  return identity;
}

Result<> IdentityStore::save() const {
  std::string content;
  for (const auto& [key, identity] : known_) content += hex(identity.naa) + ' ' + identity.serial + ' ' + key + '\n';
  return replace_file(path(), content);
}

}  // namespace lunway::target
