// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/proxy/capture_file.h"

#include <cerrno>

namespace lunway::cli {
namespace {

// Each connection has a port of its own among those that systems give to clients.
constexpr std::uint16_t kFirstPort = 49152;
constexpr std::uint64_t kPorts = 16384;

}  // namespace

Result<std::unique_ptr<CaptureFile>> CaptureFile::create(const std::string& path, Duration clock_offset) {
  std::unique_ptr<CaptureFile> file(new CaptureFile(path, clock_offset));
  if (!file->out_) return system_failure(errno, "creating " + path);
  return file;
}

CaptureFile::CaptureFile(const std::string& path, Duration clock_offset)
    : path_(path), out_(path, std::ios::binary | std::ios::trunc), clock_offset_(clock_offset) {}

void CaptureFile::opened(Instant when, std::uint64_t connection) {
  const auto port = static_cast<std::uint16_t>(kFirstPort + connection % kPorts);
  conversations_.try_emplace(connection, pcapng_, when + clock_offset_, port);
  write();
}

void CaptureFile::passed(Instant when, std::uint64_t connection, wire::Role from, Bytes bytes) {
  const auto found = conversations_.find(connection);
  if (found == conversations_.end()) return;
  capture::Conversation& conversation = found->second;
  conversation.set_time(when + clock_offset_);
  if (from == wire::Role::initiator) {
    conversation.from_initiator(bytes);
  } else {
    conversation.from_target(bytes);
  }
  write();
}

void CaptureFile::write() {
  const std::vector<std::byte> bytes = pcapng_.take();
  if (error_ != 0) return;
  out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out_) error_ = errno;
}

Result<> CaptureFile::finish() {
  write();
  out_.close();
  if (error_ == 0 && !out_) error_ = errno;
  if (error_ != 0) return system_failure(error_, "writing " + path_);
  return {};
}

}  // namespace lunway::cli
