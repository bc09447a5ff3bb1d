// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "admin/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "admin/size.h"

namespace lunway::admin {

const toml::node* TomlReader::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  return table_.get(key);
}

void TomlReader::complain(const toml::node& at, std::string message) {
  const toml::source_position where = at.source().begin;
  faults_.push_back({.line = where.line, .column = where.column, .message = std::move(message)});
}

void TomlReader::complain(std::string_view key, std::string message) {
  const toml::node* node = table_.get(key);
  complain(node != nullptr ? *node : table_, std::move(message));
}

std::optional<std::string> TomlReader::text(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return value->get();
  complain(*node, fmt::format("{} wants a text in quotes", key));
  return std::nullopt;
}

std::optional<bool> TomlReader::flag(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  complain(*node, fmt::format("{} wants true or false", key));
  return std::nullopt;
}

std::optional<std::int64_t> TomlReader::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value != nullptr && value->get() >= least && value->get() <= most) return value->get();
  complain(*node, fmt::format("{} wants a number from {} to {}", key, least, most));
  return std::nullopt;
}

std::optional<std::uint64_t> TomlReader::size(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* number = node->as_integer(); number != nullptr && number->get() >= 0) {
    return static_cast<std::uint64_t>(number->get());
  }
  const auto* written = node->as_string();
  const Result<std::uint64_t> bytes = parse_size(written != nullptr ? std::string_view(written->get()) : "");
  if (bytes) return *bytes;
  complain(*node, written != nullptr ? fmt::format("{}: {}", key, bytes.error().message)
                                     : fmt::format("{} wants a size such as \"20GiB\"", key));
  return std::nullopt;
}

void TomlReader::each(std::string_view key, const std::function<void(const toml::node&)>& visit) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (const toml::array* array = node->as_array()) {
    for (const toml::node& element : *array) visit(element);
  } else {
    complain(*node, fmt::format("{} wants a list in brackets", key));
  }
}

std::vector<std::string> TomlReader::texts(std::string_view key) {
  std::vector<std::string> all;
  each(key, [&](const toml::node& element) {
    if (const auto* value = element.as_string()) {
      all.push_back(value->get());
    } else {
      complain(element, fmt::format("{} wants texts in quotes", key));
    }
  });
  return all;
}

std::vector<std::int64_t> TomlReader::integers(std::string_view key, std::int64_t least, std::int64_t most) {
  std::vector<std::int64_t> all;
  each(key, [&](const toml::node& element) {
    const auto* value = element.as_integer();
    if (value != nullptr && value->get() >= least && value->get() <= most) {
      all.push_back(value->get());
    } else {
      complain(element, fmt::format("{} wants numbers from {} to {}", key, least, most));
    }
  });
  return all;
}

const toml::table* TomlReader::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (const toml::table* inner = node->as_table()) return inner;
  complain(*node, fmt::format("{} wants a table", key));
  return nullptr;
}

std::vector<const toml::table*> TomlReader::table_or_tables(std::string_view key) {
  const toml::node* node = find(key);
  if (node != nullptr && node->is_array()) return tables(key);
  const toml::table* one = table(key);
  return one == nullptr ? std::vector<const toml::table*>{} : std::vector{one};
}

std::vector<const toml::table*> TomlReader::tables(std::string_view key) {
  std::vector<const toml::table*> all;
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_array()) {
    complain(*node, fmt::format("write [[{0}]], not [{0}]: there may be several", key));
    return all;
  }
  each(key, [&](const toml::node& element) {
    if (const toml::table* section = element.as_table()) {
      all.push_back(section);
    } else {
      complain(element, fmt::format("[[{}]] wants a table", key));
    }
  });
  return all;
}

void TomlReader::finish() {
  for (const auto& [key, node] : table_) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    const toml::source_position where = key.source().begin;
    faults_.push_back(
        {.line = where.line,
         .column = where.column,
         .message = fmt::format("unknown key {} in {}; it may hold {}", key.str(), name_, fmt::join(known_, ", "))});
  }
}

}  // namespace lunway::admin
