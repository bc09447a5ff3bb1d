// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A running target server: shards, portals, volumes and targets of one ServerConfig.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "target/server_config.h"
#include "target/server_status.h"

namespace lunway::target {

class Server {
 public:
  /// Opens the volumes, binds the portals and starts the shards; logins are accepted when it returns. On failure
  /// nothing is left running or bound.
  static Result<std::unique_ptr<Server>> start(const ServerConfig& config);

  /// Stops at once what stop() has not ended.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// One URL for each portal and LUN, with the real port: "iscsi://127.0.0.1:3260/iqn.2026-11.io.lunway:host/0".
  std::vector<std::string> urls() const;

  /// The addresses that are listened on, as "ADDR:PORT".
  std::vector<std::string> portals() const;

  /// Serves `next` instead, with the log as it is: targets, LUNs, volumes, access lists and secrets may be others,
  /// volumes may have another size. Sessions go on: their initiators are told what has changed, and only those whose
  /// target is gone are asked to log out. Returns a line for each change. On failure nothing has changed. Blocks, for
  /// at most the drain time and a little more. From any thread that is not a shard, before stop().
  Result<std::vector<std::string>> reload(const ServerConfig& next);

  // What follows blocks for a moment. From any thread that is not a shard, before stop().

  std::vector<SessionStatus> sessions();
  std::vector<TargetStatus> targets();
  std::vector<LunStatus> luns();
  /// Cuts the session off. False when there is none of that handle.
  bool drop(std::uint16_t tsih);
  /// Grows the file behind a volume and tells its initiators. The configuration is not written.
  Result<> resize(const std::string& volume, std::uint64_t size_bytes);

  /// Asks the initiators to log out, lets running commands end for at most the configured drain time, flushes the
  /// volumes and ends the shards. Blocks. Call once, from a thread that is not a shard, when reload() is not running.
  Result<> stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lunway::target
