// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json.h"

namespace lunway::cli {
namespace {

struct VersionArguments {
  bool json = false;
};

#ifdef NDEBUG
constexpr bool kAssertions = false;
#else
constexpr bool kAssertions = true;
#endif

#ifdef __clang__
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "g++ " __VERSION__;
#endif

Outcome<> version(const VersionArguments& arguments) {
  if (arguments.json) {
    print_json({{"version", LUNWAY_VERSION}, {"compiler", kCompiler}, {"assertions", kAssertions}});
  } else {
    fmt::print("lunway {}\n{}, assertions {}\n", LUNWAY_VERSION, kCompiler, kAssertions ? "on" : "off");
  }
  return {};
}

}  // namespace

void add_version(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<VersionArguments>();
  CLI::App& command = add_command(program, "version", "Say which version this is", "lunway version --json");
  command.add_flag("--json", arguments->json, "as JSON");
  choose(command, chosen, arguments, version);
}

}  // namespace lunway::cli
