// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/cdb.h"

#include "base/big_endian.h"

namespace lunway::initiator {
namespace {

constexpr std::uint8_t kTestUnitReady = 0x00;
constexpr std::uint8_t kInquiry = 0x12;
constexpr std::uint8_t kReadCapacity10 = 0x25;
constexpr std::uint8_t kRead10 = 0x28;
constexpr std::uint8_t kWrite10 = 0x2a;
constexpr std::uint8_t kSynchronizeCache10 = 0x35;
constexpr std::uint8_t kUnmap = 0x42;
constexpr std::uint8_t kPersistentReserveIn = 0x5e;
constexpr std::uint8_t kPersistentReserveOut = 0x5f;
constexpr std::uint8_t kRead16 = 0x88;
constexpr std::uint8_t kCompareAndWrite = 0x89;
constexpr std::uint8_t kWrite16 = 0x8a;
constexpr std::uint8_t kServiceActionIn16 = 0x9e;
constexpr std::uint8_t kReadCapacity16 = 0x10;  // service action
constexpr std::uint8_t kReportLuns = 0xa0;

Cdb with_opcode(std::size_t size, std::uint8_t opcode) {
  Cdb cdb(size);
  store_u8(cdb.data(), opcode);
  return cdb;
}

Cdb transfer_cdb(std::uint8_t opcode10, std::uint8_t opcode16, std::uint64_t lba, std::uint32_t blocks) {
  if (lba <= 0xffffffff && blocks <= 0xffff) {
    Cdb cdb = with_opcode(10, opcode10);
    store_be32(cdb.data() + 2, static_cast<std::uint32_t>(lba));
    store_be16(cdb.data() + 7, static_cast<std::uint16_t>(blocks));
    return cdb;
  }
  Cdb cdb = with_opcode(16, opcode16);
  store_be64(cdb.data() + 2, lba);
  store_be32(cdb.data() + 10, blocks);
  return cdb;
}

}  // namespace

Cdb test_unit_ready_cdb() { return with_opcode(6, kTestUnitReady); }

Cdb inquiry_cdb(std::uint16_t allocation_length) {
  Cdb cdb = with_opcode(6, kInquiry);
  store_be16(cdb.data() + 3, allocation_length);
  return cdb;
}

Cdb vital_product_data_cdb(std::uint8_t page, std::uint16_t allocation_length) {
  Cdb cdb = inquiry_cdb(allocation_length);
  store_u8(cdb.data() + 1, 0x01);  // EVPD
  store_u8(cdb.data() + 2, page);
  return cdb;
}

Cdb read_capacity_10_cdb() { return with_opcode(10, kReadCapacity10); }

Cdb read_capacity_16_cdb(std::uint32_t allocation_length) {
  Cdb cdb = with_opcode(16, kServiceActionIn16);
  store_u8(cdb.data() + 1, kReadCapacity16);
  store_be32(cdb.data() + 10, allocation_length);
  return cdb;
}

Cdb report_luns_cdb(std::uint32_t allocation_length) {
  Cdb cdb = with_opcode(12, kReportLuns);
  store_be32(cdb.data() + 6, allocation_length);
  return cdb;
}

Cdb read_cdb(std::uint64_t lba, std::uint32_t blocks) { return transfer_cdb(kRead10, kRead16, lba, blocks); }

Cdb write_cdb(std::uint64_t lba, std::uint32_t blocks) { return transfer_cdb(kWrite10, kWrite16, lba, blocks); }

Cdb synchronize_cache_cdb() { return with_opcode(10, kSynchronizeCache10); }

Cdb unmap_cdb(std::uint16_t parameter_list_length) {
  Cdb cdb = with_opcode(10, kUnmap);
  store_be16(cdb.data() + 7, parameter_list_length);
  return cdb;
}

Cdb compare_and_write_cdb(std::uint64_t lba, std::uint8_t blocks) {
  Cdb cdb = with_opcode(16, kCompareAndWrite);
  store_be64(cdb.data() + 2, lba);
  store_u8(cdb.data() + 13, blocks);
  return cdb;
}

Cdb persistent_reserve_in_cdb(std::uint8_t service_action, std::uint16_t allocation_length) {
  Cdb cdb = with_opcode(10, kPersistentReserveIn);
  store_u8(cdb.data() + 1, service_action);
  store_be16(cdb.data() + 7, allocation_length);
  return cdb;
}

Cdb persistent_reserve_out_cdb(std::uint8_t service_action, std::uint8_t scope_and_type,
                               std::uint32_t parameter_list_length) {
  Cdb cdb = with_opcode(10, kPersistentReserveOut);
  store_u8(cdb.data() + 1, service_action);
  store_u8(cdb.data() + 2, scope_and_type);
  store_be32(cdb.data() + 5, parameter_list_length);
  return cdb;
}

}  // namespace lunway::initiator
