// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Every kind of volume that keeps its bytes does what a vector of bytes does.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/block_memory.h"
#include "volume/file/file_volume.h"
#include "volume/memory/memory_volume.h"
#include "volume/null/null_volume.h"
#include "volume/testing/executor.h"

namespace lunway::volume {
namespace {

constexpr std::uint64_t kSize = 64 * 1024;

struct Change {
  VolumeRequest::Verb verb;
  std::uint64_t offset;
  std::uint64_t length;
  std::byte fill;
};

/// Of blocks of this size.
rc::Gen<Change> any_change(std::uint64_t block) {
  using Verb = VolumeRequest::Verb;
  return rc::gen::exec([block] {
    const std::uint64_t blocks = kSize / block;
    const auto first = *rc::gen::inRange<std::uint64_t>(0, blocks);
    return Change{
        .verb = *rc::gen::element(Verb::read, Verb::write, Verb::write, Verb::flush, Verb::discard, Verb::zero),
        .offset = first * block,
        .length = *rc::gen::inRange<std::uint64_t>(0, blocks - first + 1) * block,
        .fill = std::byte(*rc::gen::inRange(1, 256))};
  });
}

/// The map has no gaps, covers all, and calls nothing empty that is not.
void holes_read_as_zeros(Volume& volume, const std::vector<std::byte>& model) {
  std::vector<Extent> extents(64);
  RC_ASSERT(perform(volume, {.verb = VolumeRequest::Verb::map, .offset = 0, .length = kSize, .extents = extents})
                .has_value());
  std::uint64_t end = 0;
  for (const Extent& extent : extents) {
    if (extent.length == 0) break;
    RC_ASSERT(extent.offset == end);
    end += extent.length;
    const auto part = std::span(model).subspan(extent.offset, extent.length);
    RC_ASSERT(extent.has_space || std::ranges::all_of(part, [](std::byte byte) { return byte == std::byte{}; }));
  }
  RC_ASSERT(end == kSize);
}

void behaves_like_a_vector(Volume& volume) {
  std::vector<std::byte> model(kSize);
  BlockMemory buffer;
  const auto changes = *rc::gen::container<std::vector<Change>>(any_change(volume.traits().transfer_alignment));
  for (const Change& change : changes) {
    if (change.length == 0) continue;
    if (change.verb == VolumeRequest::Verb::discard && !volume.traits().can_discard) continue;
    if (change.verb == VolumeRequest::Verb::zero && !volume.traits().can_zero) continue;
    buffer.assign(change.length, change.fill);
    VolumeRequest request{.verb = change.verb, .offset = change.offset, .length = change.length};
    const auto part = std::span(model).subspan(change.offset, change.length);
    switch (change.verb) {
      case VolumeRequest::Verb::flush:
        request.offset = request.length = 0;
        break;
      case VolumeRequest::Verb::read:
      case VolumeRequest::Verb::write:
        request.buffer = buffer;
        break;
      default:
        break;
    }
    RC_ASSERT(perform(volume, request).has_value());
    if (change.verb == VolumeRequest::Verb::write) std::ranges::fill(part, change.fill);
    if (change.verb == VolumeRequest::Verb::discard) std::ranges::fill(part, std::byte{});
    if (change.verb == VolumeRequest::Verb::zero) std::ranges::fill(part, std::byte{});
    if (change.verb == VolumeRequest::Verb::read) RC_ASSERT(std::ranges::equal(buffer, part));
  }
  buffer.assign(kSize, std::byte{0xee});
  RC_ASSERT(perform(volume, {.offset = 0, .length = kSize, .buffer = buffer}).has_value());
  RC_ASSERT(std::ranges::equal(buffer, model));
  holes_read_as_zeros(volume, model);
}

RC_GTEST_PROP(MemoryVolume, BehavesLikeAVectorOfBytes, ()) {
  const auto volume = MemoryVolume::create(kSize);
  RC_ASSERT(volume.has_value());
  behaves_like_a_vector(**volume);
}

/// A file that is gone with the test.
struct ModelFile {
  ModelFile() {
    const int descriptor = mkstemp(path.data());
    EXPECT_GE(descriptor, 0);
    EXPECT_EQ(ftruncate(descriptor, kSize), 0);
    close(descriptor);
  }
  ~ModelFile() { unlink(path.c_str()); }

  std::string path = ::testing::TempDir() + "lunway-model-XXXXXX";
};

RC_GTEST_PROP(FileVolume, BehavesLikeAVectorOfBytes, ()) {
  const ModelFile file;
  const auto volume = FileVolume::open({.path = file.path});
  RC_ASSERT(volume.has_value());
  behaves_like_a_vector(**volume);
}

TEST(DirectFileVolume, BehavesLikeAVectorOfBytes) {
  {
    const ModelFile file;
    const auto volume = FileVolume::open({.path = file.path, .block_size = 4096, .direct = true});
    if (!volume) GTEST_SKIP() << "not with the temporary folder: " << volume.error().message;
  }
  EXPECT_TRUE(rc::check([] {
    const ModelFile file;
    const auto volume = FileVolume::open({.path = file.path, .block_size = 4096, .direct = true});
    RC_ASSERT(volume.has_value());
    behaves_like_a_vector(**volume);
  }));
}

TEST(MemoryVolume, PrefetchesWhatIsSmallAndChangesNothing) {
  const auto volume = MemoryVolume::create(kSize);
  ASSERT_TRUE(volume);
  std::vector<std::byte> buffer(4096, std::byte{7});
  const VolumeRequest write{.verb = VolumeRequest::Verb::write, .offset = 512, .length = 4096, .buffer = buffer};
  EXPECT_TRUE((*volume)->prefetch(write));
  std::array<Extent, 1> extents{};
  ASSERT_TRUE(perform(**volume, {.verb = VolumeRequest::Verb::map, .offset = 0, .length = kSize, .extents = extents}));
  EXPECT_FALSE(extents[0].has_space);
  EXPECT_EQ(extents[0].length, kSize);
}

TEST(MemoryVolume, LeavesLongRequestsToTheProcessor) {
  const auto volume = MemoryVolume::create(std::uint64_t{1} << 20);
  ASSERT_TRUE(volume);
  std::vector<std::byte> buffer(128U << 10);
  EXPECT_FALSE((*volume)->prefetch({.offset = 0, .length = buffer.size(), .buffer = buffer}));
}

TEST(MemoryVolume, IsSparseBeyondTwoTebibytes) {
  constexpr std::uint64_t kHuge = 3ULL << 40;
  const auto volume = MemoryVolume::create(kHuge);
  ASSERT_TRUE(volume) << volume.error().message;
  std::vector<std::byte> buffer(512, std::byte{0x5a});
  ASSERT_TRUE(
      perform(**volume, {.verb = VolumeRequest::Verb::write, .offset = kHuge - 512, .length = 512, .buffer = buffer}));
  std::vector<std::byte> end(1024, std::byte{1});
  ASSERT_TRUE(perform(**volume, {.offset = kHuge - 1024, .length = 1024, .buffer = end}));
  EXPECT_EQ(end[511], std::byte{0});
  EXPECT_EQ(end[512], std::byte{0x5a});
  EXPECT_EQ(end[1023], std::byte{0x5a});
}

TEST(Volume, RangeCheckDoesNotWrap) {
  const NullVolume volume(4096);
  EXPECT_TRUE(volume.contains(0, 4096));
  EXPECT_TRUE(volume.contains(4096, 0));
  EXPECT_FALSE(volume.contains(4097, 0));
  EXPECT_FALSE(volume.contains(4095, 2));
  EXPECT_FALSE(volume.contains(~0ULL, 2));
  EXPECT_FALSE(volume.contains(2, ~0ULL));
}

TEST(NullVolume, ReadsZerosWhateverWasWritten) {
  NullVolume volume(1ULL << 60);
  std::vector<std::byte> buffer(512, std::byte{1});
  ASSERT_TRUE(
      perform(volume, {.verb = VolumeRequest::Verb::write, .offset = 1ULL << 59, .length = 512, .buffer = buffer}));
  ASSERT_TRUE(perform(volume, {.offset = 1ULL << 59, .length = 512, .buffer = buffer}));
  EXPECT_EQ(buffer, std::vector<std::byte>(512));
}

}  // namespace
}  // namespace lunway::volume
