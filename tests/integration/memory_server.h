// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A server on loopback with one RAM disk, for a test to talk to. It agrees to data out of order.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include "target/server.h"

namespace lunway::testing {

inline constexpr std::uint64_t kDiskBytes = 8 << 20;
inline constexpr std::uint32_t kBlockBytes = 512;
inline constexpr const char* kTargetName = "iqn.2026-11.io.example:disk";

class MemoryServer {
 public:
  explicit MemoryServer(unsigned shards = 1) {
    target::ServerConfig config;
    config.shards = shards;
    config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:0"}}};
    config.volumes.push_back({.name = "disk", .backing = target::MemoryBacking{kDiskBytes}});
    config.targets.resize(1);
    config.targets[0].name = kTargetName;
    config.targets[0].portal_groups = {1};
    config.targets[0].luns = {{0, "disk"}};
    config.targets[0].data_pdu_in_order = false;
    config.targets[0].data_sequence_in_order = false;
    auto started = target::Server::start(config);
    if (!started) {
      ADD_FAILURE() << started.error().message;
      return;
    }
    server_ = std::move(*started);
  }

  std::string url() const { return server_->urls().front(); }
  std::uint16_t port() const {
    const std::string portal = server_->portals().front();
    return static_cast<std::uint16_t>(std::stoi(portal.substr(portal.rfind(':') + 1)));
  }

 private:
  std::unique_ptr<target::Server> server_;
};

}  // namespace lunway::testing
