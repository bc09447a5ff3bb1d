// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/initiator/plain_disk.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "base/big_endian.h"

namespace lunway::conformance {
namespace {

constexpr std::uint8_t kCheckCondition = 0x02;
constexpr std::size_t kFixedSenseSize = 18;
constexpr std::size_t kUnmapHeader = 8;
constexpr std::size_t kUnmapDescriptor = 16;
constexpr std::string_view kVendor = "LUNWAY  ";
constexpr std::string_view kProduct = "CONFORMANCE DISK";
constexpr std::string_view kRevision = "0001";

std::uint8_t operation_of(const Cdb& cdb) { return load_u8(cdb.data()); }

/// Where a READ or WRITE goes, by the length of its CDB.
struct Span {
  std::uint64_t lba = 0;
  std::uint64_t blocks = 0;
};

Span span_of(const Cdb& cdb) {
  switch (operation_of(cdb) >> 5) {
    case 0: {
      const std::uint8_t blocks = load_u8(&cdb[4]);
      return {load_be24(&cdb[1]) & 0x1fffff, blocks == 0 ? 256U : blocks};
    }
    case 1:
    case 2:
      return {load_be32(&cdb[2]), load_be16(&cdb[7])};
    case 5:
      return {load_be32(&cdb[2]), load_be32(&cdb[6])};
    default:
      return {load_be64(&cdb[2]), load_be32(&cdb[10])};
  }
}

void append(std::vector<std::byte>& to, std::string_view text) {
  const Bytes bytes = bytes_of(text);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> result;
  for (const unsigned value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

ScsiAnswer good(std::vector<std::byte> data, std::size_t allocation_length) {
  data.resize(std::min(data.size(), allocation_length));
  return {.data = std::move(data)};
}

bool fits(std::uint64_t lba, std::uint64_t blocks) {
  return lba <= PlainDisk::kBlocks && blocks <= PlainDisk::kBlocks - lba;
}

std::vector<std::byte> capacity_10() {
  std::vector<std::byte> data(8);
  store_be32(data.data(), PlainDisk::kBlocks - 1);
  store_be32(&data[4], PlainDisk::kBlockSize);
  return data;
}

std::vector<std::byte> capacity_16() {
  std::vector<std::byte> data(32);
  store_be64(data.data(), PlainDisk::kBlocks - 1);
  store_be32(&data[8], PlainDisk::kBlockSize);
  data[14] = std::byte{0xc0};  // LBPME, LBPRZ
  return data;
}

/// One unit, number 0.
std::vector<std::byte> unit_list() {
  std::vector<std::byte> data(16);
  store_be32(data.data(), 8);
  return data;
}

std::vector<std::byte> block_limits() {
  std::vector<std::byte> page(64);
  page[1] = std::byte{0xb0};
  store_be16(&page[2], 60);
  store_be32(&page[8], 8192);      // maximum transfer length, blocks
  store_be32(&page[20], 0xffff);   // maximum UNMAP LBA count
  store_be32(&page[24], 64);       // maximum UNMAP descriptors
  store_be64(&page[36], 0x10000);  // maximum WRITE SAME length
  return page;
}

}  // namespace

std::vector<std::byte> sense::fixed(std::uint32_t code) {
  std::vector<std::byte> sense(kFixedSenseSize);
  sense[0] = std::byte{0x70};
  sense[2] = static_cast<std::byte>(code >> 16);
  sense[7] = std::byte{kFixedSenseSize - 8};
  store_be16(&sense[12], static_cast<std::uint16_t>(code));
  return sense;
}

ScsiAnswer check_condition(std::uint32_t code) { return {.status = kCheckCondition, .sense = sense::fixed(code)}; }

PlainDisk::PlainDisk(std::string serial) : serial_(std::move(serial)), memory_(kBlocks * kBlockSize) {
  // Each word tells where it stands, so that data from another place is seen.
  for (std::size_t at = 0; at < memory_.size(); at += 4) store_be32(&memory_[at], static_cast<std::uint32_t>(at));
}

ScsiAnswer PlainDisk::execute(const Cdb& cdb, Bytes written) {
  const Span span = span_of(cdb);
  switch (operation_of(cdb)) {
    case 0x00:  // TEST UNIT READY
    case 0x1b:  // START STOP UNIT
    case 0x1e:  // PREVENT ALLOW MEDIUM REMOVAL
    case 0x35:  // SYNCHRONIZE CACHE
    case 0x91:
      return {};
    case 0x03:
      return good(sense::fixed(0), load_u8(&cdb[4]));
    case 0x08:
    case 0x28:
    case 0x88:
    case 0xa8:
      return read(span.lba, span.blocks);
    case 0x0a:
    case 0x2a:
    case 0x8a:
    case 0xaa:
      return write(span.lba, span.blocks, written);
    case 0x12:
      return inquiry(cdb);
    case 0x1a:  // MODE SENSE (6): a header and no pages
      return good(bytes({3, 0, 0x10, 0}), load_u8(&cdb[4]));
    case 0x5a:
      return good(bytes({0, 6, 0, 0x10, 0, 0, 0, 0}), load_be16(&cdb[7]));
    case 0x25:
      return {.data = capacity_10()};
    case 0x2f:  // VERIFY without data
    case 0x8f:
      return fits(span.lba, span.blocks) ? ScsiAnswer{} : check_condition(sense::kLbaOutOfRange);
    case 0x41:
    case 0x93:
      return write_same(span.lba, span.blocks, written);
    case 0x42:
      return unmap(written);
    case 0x9e: {
      const unsigned action = load_u8(&cdb[1]) & 0x1fU;
      return action == 0x10 ? good(capacity_16(), load_be32(&cdb[10])) : check_condition(sense::kInvalidField);
    }
    case 0xa0:
      return good(unit_list(), load_be32(&cdb[6]));
    default:
      return check_condition(sense::kInvalidOperation);
  }
}

ScsiAnswer PlainDisk::execute_elsewhere(const Cdb& cdb) {
  switch (operation_of(cdb)) {
    case 0x12: {
      std::vector<std::byte> data(36);
      data[0] = std::byte{0x7f};
      data[2] = std::byte{6};
      data[4] = std::byte{31};
      return good(std::move(data), load_be16(&cdb[3]));
    }
    case 0xa0:
      return good(unit_list(), load_be32(&cdb[6]));
    default:
      return check_condition(sense::kNoSuchUnit);
  }
}

ScsiAnswer PlainDisk::inquiry(const Cdb& cdb) const {
  const std::size_t length = load_be16(&cdb[3]);
  if ((load_u8(&cdb[1]) & 1) != 0) {
    ScsiAnswer answer = page(load_u8(&cdb[2]));
    answer.data.resize(std::min(answer.data.size(), length));
    return answer;
  }
  if (cdb[2] != std::byte{0}) return check_condition(sense::kInvalidField);
  // A disk that speaks SPC-4, has HiSup and CmdQue.
  std::vector<std::byte> data = bytes({0x00, 0x00, 0x06, 0x12, 31, 0x00, 0x00, 0x02});
  append(data, kVendor);
  append(data, kProduct);
  append(data, kRevision);
  return good(std::move(data), length);
}

ScsiAnswer PlainDisk::page(std::uint8_t page) const {
  const auto with_text = [&](std::initializer_list<unsigned> head) {
    std::vector<std::byte> data = bytes(head);
    append(data, serial_);
    store_be16(&data[2], static_cast<std::uint16_t>(data.size() - 4));
    return ScsiAnswer{.data = std::move(data)};
  };
  switch (page) {
    case 0x00:
      return {.data = bytes({0, 0x00, 0, 6, 0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2})};
    case 0x80:
      return with_text({0, 0x80, 0, 0});
    case 0x83:
      // One designator: T10 vendor ID, in ASCII, of the logical unit.
      return with_text({0, 0x83, 0, 0, 0x02, 0x01, 0, static_cast<unsigned>(8 + serial_.size()),  //
                        'L', 'U', 'N', 'W', 'A', 'Y', ' ', ' '});
    case 0xb0:
      return {.data = block_limits()};
    case 0xb1: {
      std::vector<std::byte> data(64);
      data[1] = std::byte{0xb1};
      store_be16(&data[2], 60);
      store_be16(&data[4], 1);  // no medium that turns
      return {.data = std::move(data)};
    }
    case 0xb2:
      // UNMAP and WRITE SAME unmap, what is unmapped reads as zeros.
      return {.data = bytes({0, 0xb2, 0, 4, 0, 0xe4, 2, 0})};
    default:
      return check_condition(sense::kInvalidField);
  }
}

ScsiAnswer PlainDisk::read(std::uint64_t lba, std::uint64_t blocks) const {
  if (!fits(lba, blocks)) return check_condition(sense::kLbaOutOfRange);
  const Bytes part = Bytes(memory_).subspan(lba * kBlockSize, blocks * kBlockSize);
  return {.data = {part.begin(), part.end()}};
}

ScsiAnswer PlainDisk::write(std::uint64_t lba, std::uint64_t blocks, Bytes written) {
  if (!fits(lba, blocks)) return check_condition(sense::kLbaOutOfRange);
  copy_bytes(MutableBytes(memory_).subspan(lba * kBlockSize, blocks * kBlockSize), written);
  return {};
}

ScsiAnswer PlainDisk::write_same(std::uint64_t lba, std::uint64_t blocks, Bytes written) {
  if (!fits(lba, blocks)) return check_condition(sense::kLbaOutOfRange);
  std::vector<std::byte> block(kBlockSize);
  copy_bytes(block, written);
  for (std::uint64_t at = lba; at < lba + blocks; ++at) {
    copy_bytes(MutableBytes(memory_).subspan(at * kBlockSize, kBlockSize), block);
  }
  return {};
}

ScsiAnswer PlainDisk::unmap(Bytes list) {
  for (std::size_t at = kUnmapHeader; at + kUnmapDescriptor <= list.size(); at += kUnmapDescriptor) {
    const std::uint64_t lba = load_be64(&list[at]);
    const std::uint64_t blocks = load_be32(&list[at + 8]);
    if (!fits(lba, blocks)) return check_condition(sense::kLbaOutOfRange);
    std::ranges::fill(MutableBytes(memory_).subspan(lba * kBlockSize, blocks * kBlockSize), std::byte{0});
  }
  return {};
}

bool is_read(const Cdb& cdb) {
  const std::uint8_t operation = operation_of(cdb);
  return operation == 0x08 || operation == 0x28 || operation == 0x88 || operation == 0xa8;
}

bool is_write(const Cdb& cdb) {
  const std::uint8_t operation = operation_of(cdb);
  return operation == 0x0a || operation == 0x2a || operation == 0x8a || operation == 0xaa;
}

}  // namespace lunway::conformance
