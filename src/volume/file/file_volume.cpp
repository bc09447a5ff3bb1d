// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//

#include "volume/file/file_volume.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "volume/file/direct_access.h"
#include "volume/file/immediate_transfer.h"

namespace lunway::volume {
namespace {

/// So many flushes can run side by side: enough to keep a disk busy, few enough to be shared.
constexpr std::size_t kFlushLanes = 8;

/// A descriptor that closes itself until the volume takes it over.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  int value() const { return value_; }
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

/// A new file is there after a loss of power only when its directory says so.
Result<void> sync_directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.value() < 0) return system_failure(errno, "opening " + directory);
  // Some file systems cannot, and say EINVAL: they have no better way to make it durable.
  if (fsync(opened.value()) != 0 && errno != EINVAL) return system_failure(errno, "syncing " + directory);
  return {};
}

/// Creates the file with its full size, or not at all; true when it did. A file that is already there is left to
/// open_existing().
Result<bool> create_if_missing(const FileVolumeOptions& options) {
  const Descriptor file(::open(options.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.value() < 0) {
    if (errno == EEXIST) return false;
    return system_failure(errno, "creating " + options.path);
  }
  if (ftruncate(file.value(), static_cast<off_t>(*options.create_size_bytes)) != 0) {
    const int code = errno;
    unlink(options.path.c_str());
    return system_failure(
        code, "creating " + options.path + " with " + std::to_string(*options.create_size_bytes) + " bytes");
  }
  if (fsync(file.value()) != 0) return system_failure(errno, "syncing " + options.path);
  if (Result<void> synced = sync_directory_of(options.path); !synced) return std::unexpected(std::move(synced.error()));
  return true;
}

Result<Descriptor> open_existing(const FileVolumeOptions& options) {
  const int access = options.read_only ? O_RDONLY : O_RDWR;
  // O_NONBLOCK: a FIFO must not keep us waiting before we find out that it is one.
  Descriptor file(::open(options.path.c_str(), access | O_CLOEXEC | O_NONBLOCK));
  if (file.value() < 0) {
    const int code = errno;
    if (code == EISDIR) return failure(code, options.path + " is neither a regular file nor a block device");
    return system_failure(code, "opening " + options.path);
  }
  return file;
}

Result<void> lock(const Descriptor& file, const FileVolumeOptions& options) {
  struct flock whole = {};
  whole.l_type = options.read_only ? F_RDLCK : F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(file.value(), F_OFD_SETLK, &whole) == 0) return {};
  if (errno == EAGAIN || errno == EACCES) {
    return failure(EBUSY, options.path + " is in use: another server or program holds a lock of it");
  }
  return system_failure(errno, "locking " + options.path);
}

Result<void> check_size(std::uint64_t size_bytes, const FileVolumeOptions& options) {
  const std::string is = options.path + " has " + std::to_string(size_bytes) + " bytes";
  if (options.create_size_bytes && *options.create_size_bytes != size_bytes) {
    return failure(EEXIST, is + " and not the " + std::to_string(*options.create_size_bytes) +
                               " asked for: it exists already, and is not cut or grown");
  }
  if (size_bytes == 0) return failure(EINVAL, options.path + " is empty: a volume needs at least one block");
  if (size_bytes % options.block_size != 0) {
    return failure(EINVAL, is + ", which is no multiple of the block size, " + std::to_string(options.block_size));
  }
  return {};
}

/// The same file, wherever its path may lead by now, as an open file of its own.
Descriptor open_again(int descriptor) {
  const std::string same_file = "/proc/self/fd/" + std::to_string(descriptor);
  return Descriptor(::open(same_file.c_str(), O_RDONLY | O_CLOEXEC));
}

/// Makes all of the file durable, apart from the flushes of the volume: the loss of written blocks is told once to each
/// open file, and theirs must be told of it.
bool sync_apart(int descriptor) {
  const Descriptor opened = open_again(descriptor);
  return opened.value() >= 0 && fsync(opened.value()) == 0;
}

/// The first lane is the volume's own descriptor, so that there is one in any case.
std::vector<int> flush_descriptors_of(int descriptor, bool read_only) {
  std::vector<int> descriptors = {descriptor};
  while (!read_only && descriptors.size() < kFlushLanes) {
    Descriptor opened = open_again(descriptor);
    if (opened.value() < 0) break;
    descriptors.push_back(opened.release());
  }
  return descriptors;
}

Result<std::uint32_t> direct_alignment(int descriptor, const FileShape& shape, const FileVolumeOptions& options) {
  const Result<std::uint32_t> alignment = bypass_page_cache(descriptor, shape, options.path);
  if (!alignment || *alignment <= options.block_size) return alignment;
  const std::string least = std::to_string(*alignment);
  return failure(EINVAL, options.path + ": without the page cache its blocks have at least " + least + " bytes, not " +
                             std::to_string(options.block_size) + ": set block_size = 4096, or leave direct out");
}

[[maybe_unused]] bool is_aligned(const VolumeRequest& request, std::uint32_t alignment) {
  return (request.offset | request.length | reinterpret_cast<std::uintptr_t>(request.buffer.data())) % alignment == 0;
}

}  // namespace

Result<std::unique_ptr<FileVolume>> FileVolume::open(const FileVolumeOptions& options) {
  bool is_new = false;
  if (options.create_size_bytes) {
    // Checked before anything is created.
    if (Result<void> sound = check_size(*options.create_size_bytes, options); !sound) {
      return std::unexpected(std::move(sound.error()));
    }
    Result<bool> created = create_if_missing(options);
    if (!created) return std::unexpected(std::move(created.error()));
    is_new = *created;
  }
  Result<Descriptor> file = open_existing(options);
  if (!file) return std::unexpected(std::move(file.error()));
  Result<FileShape> shape = shape_of(file->value(), options.path);
  if (!shape) return std::unexpected(std::move(shape.error()));
  if (Result<void> locked = lock(*file, options); !locked) return std::unexpected(std::move(locked.error()));
  // Only now: whoever held the lock before may have changed the size.
  shape = shape_of(file->value(), options.path);
  if (!shape) return std::unexpected(std::move(shape.error()));
  if (Result<void> sound = check_size(shape->size_bytes, options); !sound) {
    return std::unexpected(std::move(sound.error()));
  }
  Result<std::uint32_t> alignment = 1;
  if (options.direct) alignment = direct_alignment(file->value(), *shape, options);
  if (!alignment) {
    if (is_new) unlink(options.path.c_str());
    return std::unexpected(std::move(alignment.error()));
  }
  std::vector<int> flushes = flush_descriptors_of(file->value(), options.read_only);
  VolumeTraits traits = traits_of(file->value(), *shape, options.read_only);
  traits.transfer_alignment = *alignment;
  traits.flush_lanes = static_cast<std::uint8_t>(flushes.size());
  return std::unique_ptr<FileVolume>(new FileVolume(file->release(), std::move(flushes), options, *shape, traits));
}

/// The lock goes with the first one, which belongs to the open file that holds it.
FileVolume::~FileVolume() {
  for (const int descriptor : flush_descriptors_) close(descriptor);
}

Result<std::uint64_t> FileVolume::size_after_resize(std::optional<std::uint64_t> wanted_bytes) const {
  const Result<FileShape> shape = shape_of(descriptor_, options_.path);
  if (!shape) return std::unexpected(shape.error());
  const std::uint64_t size_bytes = wanted_bytes.value_or(shape->size_bytes);
  if (Result<void> sound = check_size(size_bytes, {.path = options_.path, .block_size = options_.block_size}); !sound) {
    return std::unexpected(std::move(sound.error()));
  }
  if (size_bytes == shape->size_bytes) return size_bytes;
  const std::string is = options_.path + " has " + std::to_string(shape->size_bytes) + " bytes";
  if (size_bytes < shape->size_bytes) {
    return failure(EINVAL, is + " and not the " + std::to_string(size_bytes) + " asked for: it is not cut");
  }
  if (shape->kind == FileShape::Kind::block_device) {
    return failure(EINVAL, is + ": a block device does not grow to " + std::to_string(size_bytes) + " by being asked");
  }
  if (!traits_.writable) return failure(EROFS, is + ": it is served for reading only, and not grown");
  return size_bytes;
}

Result<std::uint64_t> FileVolume::resize(std::optional<std::uint64_t> wanted_bytes) {
  const Result<std::uint64_t> size_bytes = size_after_resize(wanted_bytes);
  if (!size_bytes) return size_bytes;
  const Result<FileShape> shape = shape_of(descriptor_, options_.path);
  if (!shape) return std::unexpected(shape.error());
  const std::string growing = "growing " + options_.path + " to " + std::to_string(*size_bytes) + " bytes";
  if (*size_bytes > shape->size_bytes) {
    if (ftruncate(descriptor_, static_cast<off_t>(*size_bytes)) != 0) return system_failure(errno, growing);
    growth_is_durable_ = false;
  }
  if (!growth_is_durable_ && !sync_apart(descriptor_)) return system_failure(errno, growing);
  growth_is_durable_ = true;
  size_bytes_ = *size_bytes;
  return size_bytes;
}

Started FileVolume::start(const VolumeRequest& request) {
  // Not our misuse: the file may have been cut since the command began.
  if (!contains(request.offset, request.length)) return failure(ENODATA, options_.path + " ends before that");
  IoOp operation{.descriptor = descriptor_,
                 .offset = request.offset,
                 .length = request.length,
                 .memory = {},
                 .extents = request.extents};
  switch (request.verb) {
    case VolumeRequest::Verb::read:
    case VolumeRequest::Verb::write:
      assert(request.buffer.size() == request.length);
      assert(is_aligned(request, traits_.transfer_alignment));
      assert(request.verb == VolumeRequest::Verb::read || traits_.writable);
      if (is_in_memory_) return transfer_now(descriptor_, request);
      operation.kind = request.verb == VolumeRequest::Verb::read ? IoOp::Kind::read : IoOp::Kind::write;
      operation.memory = request.buffer;
      break;
    case VolumeRequest::Verb::flush:
      return IoOp{.kind = IoOp::Kind::sync_data, .descriptor = flush_descriptors_[request.lane], .memory = {}};
    case VolumeRequest::Verb::discard:
      assert(traits_.can_discard);
      operation.kind = IoOp::Kind::punch;
      break;
    case VolumeRequest::Verb::zero:
      assert(traits_.can_zero);
      operation.kind = IoOp::Kind::zero;
      break;
    case VolumeRequest::Verb::map:
      operation.kind = IoOp::Kind::map;
      return operation;
  }
  assert(request.verb == VolumeRequest::Verb::read || traits_.writable);
  return operation;
}

}  // namespace lunway::volume
