// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the checkers say of a run: nothing, or the first rule that was broken. And the marks: which rare things were
// seen at all, for a run that meets no cut connection proves nothing about cut connections.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lunway::simulator {

using Marks = std::map<std::string, std::uint64_t, std::less<>>;

class Verdict {
 public:
  /// The first complaint counts: what follows may be its consequence.
  void fail(std::string complaint) {
    if (!complaint_) complaint_ = std::move(complaint);
  }
  const std::optional<std::string>& complaint() const { return complaint_; }
  bool failed() const { return complaint_.has_value(); }

  void mark(std::string_view kind, std::string_view what) {
    std::string name(kind);
    name.append(": ").append(what);
    ++marks_[std::move(name)];
  }
  const Marks& marks() const { return marks_; }

 private:
  std::optional<std::string> complaint_;
  Marks marks_;
};

}  // namespace lunway::simulator
