// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/demo_disk.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace lunway::cli {

Outcome<std::string> random_secret() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return failed(fmt::format("asking the system for random bytes: {}", std::strerror(errno)));
  }
  std::string secret;
  for (const unsigned char byte : bytes) secret += fmt::format("{:02x}", byte);
  return secret;
}

target::ServerConfig demo_config(std::uint64_t disk_bytes, const std::string& secret,
                                 const std::string& target_secret) {
  target::ServerConfig config;
  config.shards = 1;
  config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:0"}}};
  config.volumes.push_back({.name = "disk", .backing = target::MemoryBacking{.size_bytes = disk_bytes}});
  target::TargetConfig one;
  one.name = kDemoTarget;
  one.alias = "demonstration";
  one.portal_groups = {1};
  one.luns = {{0, "disk"}};
  one.authentication = {.chap = {{.user = kDemoUser, .secret = secret}},
                        .mutual_chap = target::ChapCredentials{.user = kDemoTargetUser, .secret = target_secret},
                        .algorithms = {}};
  config.targets.push_back(std::move(one));
  return config;
}

}  // namespace lunway::cli
