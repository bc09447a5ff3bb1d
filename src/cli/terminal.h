// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Colour where somebody looks, plain text everywhere else.

#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace lunway::cli {

/// Whether `stream` is a terminal that shall have colour. NO_COLOR and TERM=dumb say no.
bool wants_colour(std::FILE* stream);

/// How wide the terminal is; 80 when nobody knows.
unsigned columns(std::FILE* stream);

class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}

  std::string bold(std::string_view text) const { return wrap("1", text); }
  std::string dim(std::string_view text) const { return wrap("2", text); }
  std::string green(std::string_view text) const { return wrap("32", text); }
  std::string cyan(std::string_view text) const { return wrap("36", text); }

 private:
  std::string wrap(std::string_view code, std::string_view text) const;

  bool on_;
};

}  // namespace lunway::cli
