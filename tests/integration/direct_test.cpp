// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Files past the page cache: each command that touches blocks, also with memory that is not the pool's, does what it
// does with any other volume. In a debug build the volume asserts that what reaches it is aligned; the kernel refuses
// what is not.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lunway/initiator.h"
#include "scsi/testing/copy_lists.h"
#include "scsi/testing/token_lists.h"
#include "target/server.h"

namespace lunway::testing {
namespace {

constexpr std::uint64_t kDiskBytes = 2U << 20;

struct Variant {
  std::uint32_t block;
  target::IoKind io;
  const char* name;
};

using Block = std::vector<std::byte>;

class DirectDisks : public ::testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "lunway-direct-XXXXXX";
    folder_ = mkdtemp(name.data());
    target::ServerConfig config;
    config.shards = 1;
    config.io = GetParam().io;
    config.state_directory = (folder_ / "state").string();
    config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:0"}}};
    for (const char* const disk : {"one", "two"}) {
      config.volumes.push_back({.name = disk,
                                .backing = target::FileBacking{path(disk), kDiskBytes, true},
                                .block_size_bytes = GetParam().block});
    }
    config.targets.resize(1);
    config.targets[0].name = "iqn.2026-11.io.example:disk";
    config.targets[0].portal_groups = {1};
    config.targets[0].luns = {{0, "one"}, {1, "two"}};
    auto started = target::Server::start(config);
    if (!started) GTEST_SKIP() << started.error().message;
    server_ = std::move(*started);
    session_.emplace(initiator::Session::connect(server_->urls().front()).value());
    medium_.resize(kDiskBytes);
    for (std::size_t at = 0; at < medium_.size(); ++at)
      medium_[at] = std::byte(static_cast<unsigned char>(at * 31 / 7));
    ASSERT_TRUE(session_->write(0, medium_));
  }

  /// The disk, by a READ and by the file behind it, is what the test thinks it is.
  void TearDown() override {
    if (server_ != nullptr) {
      Block found(kDiskBytes);
      EXPECT_TRUE(session_->read(0, found));
      EXPECT_TRUE(found == medium_);
      session_.reset();
      server_.reset();
      std::ifstream file(path("one"), std::ios::binary);
      file.read(reinterpret_cast<char*>(found.data()), static_cast<std::streamsize>(found.size()));
      EXPECT_TRUE(found == medium_);
    }
    std::filesystem::remove_all(folder_);
  }

  std::string path(const std::string& disk) const { return (folder_ / (disk + ".img")).string(); }
  std::size_t block() const { return GetParam().block; }

  /// What the disk has from this block on.
  std::span<std::byte> blocks(std::size_t lba, std::size_t count) {
    return std::span(medium_).subspan(lba * block(), count * block());
  }
  Block filled(std::size_t count, unsigned char with) const { return Block(count * block(), std::byte(with)); }
  void put(std::size_t lba, const Block& data) {
    std::ranges::copy(data, medium_.begin() + static_cast<long>(lba * block()));
  }

  initiator::ScsiResult run(std::initializer_list<unsigned> cdb, std::span<const std::byte> out = {},
                            std::span<std::byte> in = {}, std::uint16_t lun = 0) {
    initiator::Command command{.data_out = out, .data_in = in, .lun = lun};
    for (const unsigned byte : cdb) command.cdb.push_back(std::byte(static_cast<unsigned char>(byte)));
    const auto result = session_->execute(std::move(command));
    EXPECT_TRUE(result) << result.error().message;
    return result.value_or(initiator::ScsiResult{.status = 0xff});
  }

  std::optional<initiator::Session> session_;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<target::Server> server_;
  Block medium_;
};

TEST_P(DirectDisks, ReadAndWriteAnyNumberOfBlocks) {
  for (const std::size_t count : {1U, 3U, 8U, 100U}) {
    const Block data = filled(count, static_cast<unsigned char>(count));
    EXPECT_TRUE(session_->write(5 + count, data));
    put(5 + count, data);
  }
  EXPECT_TRUE(session_->flush());
}

TEST_P(DirectDisks, CompareAndWrite) {
  const Block replacement = filled(3, 0x5a);
  const Block before(blocks(7, 3).begin(), blocks(7, 3).end());
  EXPECT_TRUE(session_->compare_and_write(7, before, replacement)->written);
  put(7, replacement);
  EXPECT_FALSE(session_->compare_and_write(7, before, filled(3, 0x77))->written);
}

TEST_P(DirectDisks, VerifyAndWriteVerify) {
  Block data(blocks(11, 5).begin(), blocks(11, 5).end());
  EXPECT_TRUE(run({0x2f, 0x02, 0, 0, 0, 11, 0, 0, 5, 0}, data).good());
  EXPECT_TRUE(run({0x2f, 0x00, 0, 0, 0, 11, 0, 0, 5, 0}).good());
  EXPECT_TRUE(run({0x2f, 0x06, 0, 0, 0, 11, 0, 0, 1, 0}, std::span(data).first(block())).good()) << "BYTCHK 3";
  data.back() ^= std::byte{1};
  EXPECT_EQ(run({0x2f, 0x02, 0, 0, 0, 11, 0, 0, 5, 0}, data).sense->key, 0x0e) << "MISCOMPARE";
  EXPECT_TRUE(run({0x2e, 0x02, 0, 0, 0, 11, 0, 0, 5, 0}, data).good());
  put(11, data);
}

TEST_P(DirectDisks, OrWrite) {
  const Block mask = filled(3, 0x0f);
  EXPECT_TRUE(run({0x8b, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0}, mask).good());
  for (std::byte& byte : blocks(20, 3)) byte |= std::byte{0x0f};
}

TEST_P(DirectDisks, WriteSameWithDataAndWithZeros) {
  const Block pattern = filled(1, 0x3c);
  EXPECT_TRUE(run({0x41, 0, 0, 0, 0, 30, 0, 0, 200, 0}, pattern).good());
  put(30, filled(200, 0x3c));
  EXPECT_TRUE(run({0x93, 0, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 3, 0, 0}, filled(1, 0)).good());
  put(40, filled(3, 0));
  EXPECT_TRUE(run({0x93, 0x08, 0, 0, 0, 0, 0, 0, 0, 50, 0, 0, 0, 9, 0, 0}, filled(1, 0)).good()) << "UNMAP";
  put(50, filled(9, 0));
}

TEST_P(DirectDisks, Unmap) {
  const initiator::Extent extents[] = {{.lba = 60, .blocks = 1}, {.lba = 65, .blocks = 33}};
  EXPECT_TRUE(session_->unmap(extents));
  put(60, filled(1, 0));
  put(65, filled(33, 0));
}

TEST_P(DirectDisks, ExtendedCopy) {
  const auto naa = [this](std::uint16_t lun) {
    Block page(256);
    EXPECT_TRUE(run({0x12, 1, 0x83, 1, 0, 0}, {}, page, lun).good());
    for (std::size_t at = 4; at + 12 <= page.size(); at += std::size_t{4} + load_u8(&page[at + 3])) {
      if ((load_u8(&page[at + 1]) & 0x3f) == 3) return load_be64(&page[at + 4]);
    }
    ADD_FAILURE() << "no NAA designator";
    return std::uint64_t{0};
  };
  const auto size = static_cast<std::uint32_t>(block());
  const auto list = scsi::CopyListBuilder()
                        .unit(naa(0), size)
                        .unit(naa(1), size)
                        .segment({.from = 0, .to = 1, .blocks = 70, .source_lba = 3, .destination_lba = 90})
                        .segment({.from = 0, .to = 0, .blocks = 9, .source_lba = 3, .destination_lba = 5})
                        .list;
  EXPECT_TRUE(run({0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<unsigned>(list.size()), 0, 0}, list).good());
  Block other(70 * block());
  EXPECT_TRUE(run({0x28, 0, 0, 0, 0, 90, 0, 0, 70, 0}, {}, other, 1).good());
  EXPECT_TRUE(std::ranges::equal(other, blocks(3, 70)));
  put(5, Block(blocks(3, 9).begin(), blocks(3, 9).end()));
}

TEST_P(DirectDisks, CopyByToken) {
  const auto populate = scsi::TokenListBuilder().range(2, 3).range(9, 4).list;
  EXPECT_TRUE(run({0x83, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, static_cast<unsigned>(populate.size()), 0, 0}, populate)
                  .good());
  Block information(1024);
  EXPECT_TRUE(run({0x84, 0x07, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0}, {}, information).good());
  const Block token(information.begin() + 38, information.begin() + 38 + 512);
  const auto write = scsi::TokenListBuilder(token).range(100, 7).list;
  const auto length = static_cast<unsigned>(write.size());
  EXPECT_TRUE(run({0x83, 0x11, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, length >> 8, length & 0xffU, 0, 0}, write).good());
  Block copied(blocks(2, 3).begin(), blocks(2, 3).end());
  copied.insert(copied.end(), blocks(9, 4).begin(), blocks(9, 4).end());
  put(100, copied);
}

TEST_P(DirectDisks, Sanitize) {
  Block list(4 + 3);
  list[0] = std::byte{1};
  list[3] = std::byte{3};
  for (std::size_t at = 4; at < 7; ++at) list[at] = std::byte(static_cast<unsigned char>(at));
  EXPECT_TRUE(run({0x48, 0x01, 0, 0, 0, 0, 0, 0, 7, 0}, list).good());
  for (std::size_t at = 0; at < kDiskBytes; ++at) blocks(0, 1).data()[at] = list[4 + at % block() % 3];
}

INSTANTIATE_TEST_SUITE_P(Files, DirectDisks,
                         ::testing::Values(Variant{512, target::IoKind::automatic, "Automatic512"},
                                           Variant{4096, target::IoKind::automatic, "Automatic4096"},
                                           Variant{512, target::IoKind::epoll, "Epoll512"},
                                           Variant{4096, target::IoKind::epoll, "Epoll4096"}),
                         [](const auto& variant) { return std::string(variant.param.name); });

}  // namespace
}  // namespace lunway::testing
