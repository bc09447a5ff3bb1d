// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A volume in a regular file or on a block device.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "volume/file/file_traits.h"
#include "volume/volume.h"

namespace lunway::volume {

struct FileVolumeOptions {
  std::string path;
  /// The file is opened for reading only.
  bool read_only = false;
  /// Creates a sparse file of this size where there is none. A file that exists must already have this size: nothing is
  /// cut or grown by opening it.
  std::optional<std::uint64_t> create_size_bytes = {};
  /// The size of the file has to be a positive multiple of it.
  std::uint32_t block_size = 512;
  /// Blocks pass the page cache by (O_DIRECT): a file that cannot is not opened. The block size must be one that the
  /// file takes, and requests are aligned: see VolumeTraits::transfer_alignment.
  bool direct = false;
};

/// While a volume is open it holds a lock of the file (an open file description lock: exclusive, or shared for reading
/// only), so that two servers never serve one file.
class FileVolume final : public Volume {
 public:
  /// The error names the file and says what to do where that is known.
  static Result<std::unique_ptr<FileVolume>> open(const FileVolumeOptions& options);
  ~FileVolume() override;

  std::uint64_t size_bytes() const override { return size_bytes_; }
  /// A regular file can grow; what somebody else has done to its size, or to that of a block device, is taken over.
  /// Nothing is ever cut here.
  Result<std::uint64_t> size_after_resize(std::optional<std::uint64_t> wanted_bytes) const override;
  Result<std::uint64_t> resize(std::optional<std::uint64_t> wanted_bytes) override;
  const VolumeTraits& traits() const override { return traits_; }
  Started start(const VolumeRequest& request) override;

 private:
  FileVolume(int descriptor, std::vector<int> flush_descriptors, const FileVolumeOptions& options,
             const FileShape& shape, const VolumeTraits& traits)
      : descriptor_(descriptor),
        flush_descriptors_(std::move(flush_descriptors)),
        options_(options),
        is_in_memory_(shape.is_in_memory),
        size_bytes_(shape.size_bytes),
        traits_(traits) {}

  const int descriptor_;
  /// One for each lane.
  const std::vector<int> flush_descriptors_;
  const FileVolumeOptions options_;
  const bool is_in_memory_;
  std::atomic<std::uint64_t> size_bytes_;
  bool growth_is_durable_ = true;  // false after a resize() that failed between the two
  const VolumeTraits traits_;
};

}  // namespace lunway::volume
