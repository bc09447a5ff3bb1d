// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a proxy passes on, as a pcapng file that grows while it runs.

#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/result.h"
#include "capture/conversation.h"
#include "capture/pcapng.h"
#include "wire/opcode.h"

namespace lunway::cli {

class CaptureFile {
 public:
  /// `clock_offset` turns an Instant into the time since 1970.
  static Result<std::unique_ptr<CaptureFile>> create(const std::string& path, Duration clock_offset);

  void opened(Instant when, std::uint64_t connection);
  void passed(Instant when, std::uint64_t connection, wire::Role from, Bytes bytes);
  void closed(std::uint64_t connection) { conversations_.erase(connection); }

  /// Writes what is left. The error is the first one of the file's life, such as a full disk.
  Result<> finish();

 private:
  CaptureFile(const std::string& path, Duration clock_offset);

  void write();

  std::string path_;
  std::ofstream out_;
  Duration clock_offset_;
  int error_ = 0;
  capture::PcapngFile pcapng_;
  std::unordered_map<std::uint64_t, capture::Conversation> conversations_;
};

}  // namespace lunway::cli
