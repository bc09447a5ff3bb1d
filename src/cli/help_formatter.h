// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How --help looks: the option, its value, what it does, its default. Ranges and exclusions are said when they are
// broken, not before.

#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace lunway::cli {

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(30); }

  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text;
    if (option->get_type_size() != 0 && !option->get_type_name().empty()) text = " " + option->get_type_name();
    return option->get_expected_max() > 1 ? text + " ..." : text;
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    const std::string value = option->get_default_str();
    return option->get_description() + (value.empty() ? "" : " (default " + value + ")");
  }
};

}  // namespace lunway::cli
