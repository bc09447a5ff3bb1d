// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Takes one TOML table apart, key by key. What has the wrong type or range becomes a fault with its line, and so does,
// at the end, every key that nobody asked for: a misspelt key must not be a setting that is silently missing.

#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/config_file.h"

namespace lunway::admin {

class TomlReader {
 public:
  /// `name` is how faults call the table: "[server]". The table and `faults` must outlive the reader.
  TomlReader(const toml::table& table, std::string name, std::vector<ConfigFault>& faults)
      : table_(table), name_(std::move(name)), faults_(faults) {}

  const std::string& name() const { return name_; }
  bool has(std::string_view key) const { return table_.contains(key); }

  /// Each returns the value when the key is there and right, nothing otherwise.
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  /// "20GiB", or a number of bytes.
  std::optional<std::uint64_t> size(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  std::vector<std::int64_t> integers(std::string_view key, std::int64_t least, std::int64_t most);
  const toml::table* table(std::string_view key);
  /// One table, or a list of them.
  std::vector<const toml::table*> table_or_tables(std::string_view key);
  /// Sections of the form [[key]].
  std::vector<const toml::table*> tables(std::string_view key);

  template <class Number>
  void read_integer(std::string_view key, Number& into, std::int64_t least = 0,
                    std::int64_t most = std::numeric_limits<Number>::max()) {
    if (const auto value = integer(key, least, most)) into = static_cast<Number>(*value);
  }
  void read_flag(std::string_view key, bool& into) {
    if (const auto value = flag(key)) into = *value;
  }

  /// Says that `key`'s value, or the whole table when there is no such key, is wrong.
  void complain(std::string_view key, std::string message);
  void complain(const toml::node& at, std::string message);

  /// Call once, after the last key: complains about what was not asked for.
  void finish();

 private:
  const toml::node* find(std::string_view key);
  void each(std::string_view key, const std::function<void(const toml::node&)>& visit);

  const toml::table& table_;
  std::string name_;
  std::vector<ConfigFault>& faults_;
  std::vector<std::string> known_;
};

}  // namespace lunway::admin
