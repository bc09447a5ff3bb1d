// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands that ask: INQUIRY, REPORT LUNS, READ CAPACITY, REPORT SUPPORTED OPERATION CODES and the like.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scsi/command_table.h"
#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string text(const Reply& reply, std::size_t at, std::size_t length) {
  return std::string(text_of(Bytes(reply.data_in).subspan(at, length)));
}

TEST(Inquiry, StandardDataSaysWhatItIs) {
  Bench bench;
  const Reply reply = bench.run({0x12, 0, 0, 0x01, 0x04, 0});
  ASSERT_EQ(reply.data_in.size(), 96U);
  EXPECT_EQ(reply.u8(0), 0x00) << "a direct access device that is there";
  EXPECT_EQ(reply.u8(1), 0x00) << "not removable";
  EXPECT_EQ(reply.u8(2), 0x06) << "SPC-4";
  EXPECT_EQ(reply.u8(3) & 0x0f, 2) << "response data format";
  EXPECT_EQ(reply.u8(4), 91) << "bytes that follow";
  EXPECT_NE(reply.u8(7) & 0x02, 0) << "CMDQUE";
  EXPECT_EQ(text(reply, 8, 8), "LUNWAY  ");
  EXPECT_EQ(text(reply, 16, 16), "VIRTUAL DISK    ");
  EXPECT_EQ(text(reply, 32, 4), "0001");
  EXPECT_EQ(reply.be16(58), 0x00a0);
  EXPECT_EQ(reply.be16(60), 0x0961) << "iSCSI";
}

TEST(Inquiry, DataIsCutToTheAllocationLength) {
  Bench bench;
  const Reply reply = bench.run({0x12, 0, 0, 0, 5, 0});
  EXPECT_EQ(reply.data_in.size(), 5U);
  EXPECT_EQ(reply.u8(4), 91) << "the length tells what there is, not what came";
  EXPECT_TRUE(bench.run({0x12, 0, 0, 0, 0, 0}).is_good());
}

TEST(Inquiry, PageCodeNeedsEvpd) {
  Bench bench;
  const Reply reply = bench.run({0x12, 0, 0x83, 0, 255, 0});
  EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb);
  EXPECT_EQ(reply.field(), "cdb 2.7");
  EXPECT_EQ(bench.run({0x12, 1, 0x99, 0, 255, 0}).field(), "cdb 2.7");
  EXPECT_EQ(bench.run({0x12, 2, 0, 0, 255, 0}).field(), "cdb 1.1") << "the obsolete CMDDT";
}

TEST(VitalProductData, PagesAreListedInOrderAndExist) {
  Bench bench;
  const Reply list = bench.run({0x12, 1, 0, 0, 255, 0});
  EXPECT_EQ(list.be16(2), list.data_in.size() - 4);
  const std::vector<std::byte> pages(list.data_in.begin() + 4, list.data_in.end());
  EXPECT_TRUE(std::ranges::is_sorted(pages));
  for (const std::byte page : pages) {
    const Reply reply = bench.run({0x12, 1, std::to_integer<unsigned>(page), 0x04, 0, 0});
    ASSERT_TRUE(reply.is_good());
    EXPECT_EQ(reply.u8(0), 0x00);
    EXPECT_EQ(reply.u8(1), std::to_integer<unsigned>(page));
    EXPECT_EQ(reply.be16(2), reply.data_in.size() - 4);
  }
}

TEST(VitalProductData, SerialNumber) {
  Bench bench;
  EXPECT_EQ(text(bench.run({0x12, 1, 0x80, 0, 255, 0}), 4, 10), "0123456789");
}

TEST(VitalProductData, DeviceIdentificationNamesUnitPortAndTarget) {
  Bench bench;
  const Reply reply = bench.run({0x12, 1, 0x83, 4, 0, 0});
  std::vector<std::string> found;
  for (std::size_t at = 4; at < reply.data_in.size(); at += 4U + reply.u8(at + 3)) {
    const unsigned kind = reply.u8(at + 1);
    found.push_back(std::to_string(kind >> 4 & 3) + ":" + std::to_string(kind & 15));
    EXPECT_EQ((kind & 0x80) != 0, (kind >> 4 & 3) != 0) << "a protocol identifier with ports and targets";
    if ((kind & 15) == 8) {
      EXPECT_EQ(reply.u8(at + 3) % 4, 0);
    }
  }
  EXPECT_THAT(found, ElementsAre("0:3", "0:1", "1:4", "1:5", "1:8", "2:8"));
  EXPECT_THAT(text(reply, 0, reply.data_in.size()), HasSubstr("iqn.2026-11.io.lunway:bench,t,0x0001"));
}

//= ledger(target) R7143-4.4.2-01 R7143-4.4.2-02 R7143-4.4.2-03
TEST(Rfc7143_4_4_2_VitalProductData, NamesOfPortAndDeviceAreThoseOfTheProtocol) {
  Bench bench;
  const Reply reply = bench.run({0x12, 1, 0x83, 4, 0, 0});
  std::vector<std::string> names;
  for (std::size_t at = 4; at < reply.data_in.size(); at += 4U + reply.u8(at + 3)) {
    if ((reply.u8(at + 1) & 15) == 8) names.push_back(text(reply, at + 4, reply.u8(at + 3)));
  }
  ASSERT_EQ(names.size(), 2U);
  // The terminating null byte belongs to the name; SPC pads with more of them.
  const std::string port = std::string("iqn.2026-11.io.lunway:bench,t,0x0001") + '\0';
  const std::string device = std::string("iqn.2026-11.io.lunway:bench") + '\0';
  EXPECT_EQ(names[0].substr(0, port.size()), port);
  EXPECT_EQ(names[0].find_first_not_of('\0', port.size()), std::string::npos);
  EXPECT_EQ(names[1].substr(0, device.size()), device);
}

TEST(VitalProductData, BlockLimitsAreThoseThatAreChecked) {
  Bench bench;
  const Reply reply = bench.run({0x12, 1, 0xb0, 0, 255, 0});
  ASSERT_EQ(reply.data_in.size(), 64U);
  EXPECT_EQ(reply.u8(4) & 1, 1) << "WSNZ";
  EXPECT_EQ(reply.u8(5), 128) << "blocks of COMPARE AND WRITE";
  EXPECT_EQ(reply.be16(6), 8) << "one physical block";
  EXPECT_EQ(reply.be32(8), (8U << 20) / 512);
  EXPECT_EQ(reply.be32(20), 1U << 20);
  EXPECT_EQ(reply.be32(24), 256U);
  EXPECT_EQ(reply.be64(36), (16U << 20) / 512);
}

TEST(VitalProductData, ProvisioningIsThinWhereSpaceComesBack) {
  Bench thin;
  EXPECT_EQ(thin.run({0x12, 1, 0xb2, 0, 255, 0}).u8(5), 0xe4);
  LogicalUnitOptions options = Bench::default_options();
  options.can_discard = false;
  Bench thick(options);
  EXPECT_EQ(thick.run({0x12, 1, 0xb2, 0, 255, 0}).u8(5), 0);
  EXPECT_EQ(thick.run({0x12, 1, 0xb0, 0, 255, 0}).be32(20), 0U);
}

TEST(ReadCapacity, TellsTheLastBlock) {
  Bench bench;
  const Reply ten = bench.run({0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(ten.be32(0), 255U);
  EXPECT_EQ(ten.be32(4), 512U);
  const Reply sixteen = bench.run({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0});
  ASSERT_EQ(sixteen.data_in.size(), 32U);
  EXPECT_EQ(sixteen.be64(0), 255U);
  EXPECT_EQ(sixteen.be32(8), 512U);
  EXPECT_EQ(sixteen.u8(13), 3) << "logical blocks per physical block, as exponent";
  EXPECT_EQ(sixteen.u8(14) & 0xc0, 0xc0) << "LBPME and LBPRZ";
  EXPECT_EQ(bench.run({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0}).data_in.size(), 12U);
}

TEST(ReadCapacity, TenBytesCannotTellMoreThanAllOnes) {
  Bench bench;
  bench.unit.resize(1ULL << 40);
  bench.first.clear(UnitAttention::capacity_changed);
  EXPECT_EQ(bench.run({0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0}).be32(0), 0xffffffffU);
  EXPECT_EQ(bench.run({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}).be64(0), (1ULL << 40) - 1);
}

TEST(ReportLuns, ListsWhatTheOwnerGives) {
  Bench bench;
  bench.luns = {0, 0x0001000000000000, 0x4100000000000000};
  const Reply reply = bench.run({0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});
  EXPECT_EQ(reply.be32(0), 24U);
  EXPECT_EQ(reply.be64(16), 0x0001000000000000U);
  EXPECT_EQ(bench.run({0xa0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0}).data_in.size(), 32U);
  EXPECT_EQ(bench.run({0xa0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0}).be32(0), 0U) << "no well-known logical units";
  EXPECT_EQ(bench.run({0xa0, 0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0}).field(), "cdb 2.7");
  EXPECT_EQ(bench.run({0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0}).data_in.size(), 4U);
}

TEST(ReportTaskManagement, TellsWhatTheOwnerDoes) {
  Bench bench;
  const Reply reply = bench.run({0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0});
  ASSERT_EQ(reply.data_in.size(), 4U);
  EXPECT_EQ(reply.be16(0), 0xde07);
  EXPECT_EQ(bench.run({0xa3, 0x0d, 0x80, 0, 0, 0, 0, 0, 0, 255, 0, 0}).data_in.size(), 16U);
}

TEST(OperationCodes, ListIsTheTable) {
  Bench bench;
  const Reply reply = bench.run({0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0});
  const LogicalUnitOptions options = Bench::default_options();
  const auto count =
      static_cast<std::size_t>(std::ranges::count_if(CommandTable::instance().all(), [&](const auto* command) {
        return command->is_offered == nullptr || command->is_offered(options);
      }));
  EXPECT_EQ(reply.be32(0), count * 8);
  const Reply timed = bench.run({0xa3, 0x0c, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0});
  EXPECT_EQ(timed.be32(0), count * 20);
  EXPECT_EQ(timed.u8(9) & 2, 2) << "CTDP";
  EXPECT_EQ(timed.be16(12), 10) << "length of a timeouts descriptor";
}

/// Options with which every command is offered.
LogicalUnitOptions everything() {
  LogicalUnitOptions options = Bench::default_options();
  options.max_atomic_bytes = 4096;
  return options;
}

TEST(OperationCodes, EveryCommandIsReportedAlone) {
  Bench bench(everything());
  for (const CommandDescription* const command : CommandTable::instance().all()) {
    const bool has_action = command->has_service_action();
    const unsigned action = has_action ? command->service_action : 0U;
    const Reply reply =
        bench.run({0xa3, 0x0c, has_action ? 2U : 1U, command->opcode, 0, action, 0, 0, 0xff, 0xff, 0, 0});
    ASSERT_TRUE(reply.is_good()) << command->name;
    EXPECT_EQ(reply.u8(1) & 7, 3) << command->name;
    EXPECT_EQ(reply.be16(2), command->cdb_length);
    EXPECT_EQ(reply.u8(4), command->opcode);
    EXPECT_EQ(reply.u8(5) & 0x1f & action, action);
    const Reply wrong =
        bench.run({0xa3, 0x0c, has_action ? 1U : 2U, command->opcode, 0, action, 0, 0, 0xff, 0xff, 0, 0});
    EXPECT_EQ(wrong.field(), "cdb 2.2") << command->name;
    EXPECT_EQ(bench.run({0xa3, 0x0c, 3, command->opcode, 0, action, 0, 0, 0xff, 0xff, 0, 0}).u8(1) & 7, 3);
  }
}

TEST(OperationCodes, WhatIsNotThereIsReportedSo) {
  Bench bench;
  EXPECT_EQ(bench.run({0xa3, 0x0c, 1, 0xc0, 0, 0, 0, 0, 0, 255, 0, 0}).u8(1) & 7, 1);
  EXPECT_EQ(bench.run({0xa3, 0x0c, 2, 0x9e, 0, 0x1e, 0, 0, 0, 255, 0, 0}).u8(1) & 7, 1);
  EXPECT_EQ(bench.run({0xa3, 0x0c, 3, 0x12, 0, 1, 0, 0, 0, 255, 0, 0}).u8(1) & 7, 1);
  EXPECT_EQ(bench.run({0xa3, 0x0c, 4, 0x12, 0, 0, 0, 0, 0, 255, 0, 0}).field(), "cdb 2.2");
}

// The usage bitmap is true: a bit that it leaves out makes the command fail, with a pointer to that bit.
TEST(OperationCodes, EveryBitThatIsNotUsedIsRefused) {
  Bench bench(everything());
  for (const CommandDescription* const command : CommandTable::instance().all()) {
    const unsigned action = command->has_service_action() ? command->service_action : 0U;
    for (std::size_t byte = 1; byte < command->cdb_length; ++byte) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        const bool is_action = byte == 1 && bit < 5 && command->has_service_action();
        if (is_action || (unsigned{command->usage[byte]} >> bit & 1U) != 0) continue;
        std::vector<std::byte> cdb(command->cdb_length);
        cdb[0] = std::byte{command->opcode};
        cdb[1] = static_cast<std::byte>(action);
        cdb[byte] |= static_cast<std::byte>(1U << bit);
        const Reply reply = bench.run_bytes(bench.first, cdb, {}, Bench::kPlenty);
        EXPECT_EQ(reply.code(), SenseCode::invalid_field_in_cdb) << command->name << " " << byte << "." << bit;
        EXPECT_EQ(reply.field(), "cdb " + std::to_string(byte) + "." + std::to_string(bit)) << command->name;
      }
    }
  }
}

TEST(Diagnostic, SelfTestIsWellAndPagesAreNone) {
  Bench bench;
  EXPECT_TRUE(bench.run({0x1d, 0x04, 0, 0, 0, 0}).is_good()) << "the default self-test";
  EXPECT_TRUE(bench.run({0x1d, 0x20, 0, 0, 0, 0}).is_good()) << "in the background";
  EXPECT_EQ(bench.run({0x1d, 0x60, 0, 0, 0, 0}).field(), "cdb 1.7");
  EXPECT_EQ(bench.run({0x1d, 0x24, 0, 0, 0, 0}).field(), "cdb 1.7") << "one of both";
  EXPECT_EQ(bench.run({0x1d, 0x10, 0, 0, 4, 0}).field(), "cdb 3");
  EXPECT_EQ(bench.run({0x1c, 1, 0, 0, 255, 0}).data_in.size(), 5U);
  EXPECT_EQ(bench.run({0x1c, 1, 0x40, 0, 255, 0}).field(), "cdb 2.7");
}

TEST(LogSense, ListsItsPages) {
  Bench bench;
  const Reply pages = bench.run({0x4d, 0, 0x40, 0, 0, 0, 0, 0, 255, 0});
  ASSERT_EQ(pages.data_in.size(), 6U);
  EXPECT_EQ(pages.be16(4), 0x002f);
  const Reply subpages = bench.run({0x4d, 0, 0x40, 0xff, 0, 0, 0, 0, 255, 0});
  EXPECT_EQ(subpages.be16(0), 0x40ff);
  EXPECT_EQ(subpages.be16(2), 6);
  const Reply exceptions = bench.run({0x4d, 0, 0x6f, 0, 0, 0, 0, 0, 255, 0});
  EXPECT_EQ(exceptions.u8(0), 0x2f);
  EXPECT_EQ(exceptions.be16(2), 8);
  EXPECT_EQ(bench.run({0x4d, 0, 0x4d, 0, 0, 0, 0, 0, 255, 0}).field(), "cdb 2.5");
  EXPECT_EQ(bench.run({0x4d, 1, 0x40, 0, 0, 0, 0, 0, 255, 0}).field(), "cdb 1.0") << "SP";
}

TEST(ReadDefectData, ListsAreEmpty) {
  Bench bench;
  const Reply ten = bench.run({0x37, 0, 0x1d, 0, 0, 0, 0, 0, 255, 0});
  ASSERT_EQ(ten.data_in.size(), 4U);
  EXPECT_EQ(ten.u8(1), 0x1d);
  EXPECT_EQ(ten.be16(2), 0);
  const Reply twelve = bench.run({0xb7, 0x08, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0});
  ASSERT_EQ(twelve.data_in.size(), 8U);
  EXPECT_EQ(twelve.be32(4), 0U);
}

TEST(Dispatch, UnknownCommandsAreRefused) {
  Bench bench;
  const Reply unknown = bench.run({0xc1, 0, 0, 0, 0, 0});
  EXPECT_EQ(unknown.key(), SenseKey::illegal_request);
  EXPECT_EQ(unknown.code(), SenseCode::invalid_command_operation_code);
  const Reply action = bench.run({0x9e, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(action.code(), SenseCode::invalid_field_in_cdb);
  EXPECT_EQ(action.field(), "cdb 1.4");
}

TEST(Dispatch, AcaTaskHasNoConditionToBelongTo) {
  Bench bench;
  Task task;
  const std::array<std::byte, 6> cdb{};
  const Step step = bench.unit.begin(task, bench.first, {.cdb = cdb, .attribute = TaskAttribute::aca, .luns = {}});
  EXPECT_EQ(std::get<Finish>(step).status, Status::check_condition);
}

TEST(AbsentUnit, InquirySaysThatThereIsNone) {
  Bench bench;
  Task task;
  const auto ask = [&](std::vector<std::byte> cdb) {
    const std::array<std::uint64_t, 1> luns = {5};
    return std::get<Finish>(begin_without_unit(task, bench.first.identity(), {.cdb = cdb, .luns = luns}));
  };
  const auto bytes = [](std::initializer_list<int> list) {
    std::vector<std::byte> cdb;
    for (const int byte : list) cdb.push_back(static_cast<std::byte>(byte));
    return cdb;
  };
  const Finish inquiry = ask(bytes({0x12, 0, 0, 0, 255, 0}));
  EXPECT_EQ(inquiry.status, Status::good);
  EXPECT_EQ(load_u8(inquiry.data_in.data()), 0x7f);
  const Finish page = ask(bytes({0x12, 1, 0, 0, 255, 0}));
  EXPECT_EQ(load_u8(page.data_in.data()), 0x7f);
  EXPECT_EQ(ask(bytes({0x12, 1, 0x83, 0, 255, 0})).status, Status::check_condition);
  EXPECT_EQ(load_be64(ask(bytes({0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0})).data_in.data() + 8), 5U);
  const Finish sense = ask(bytes({0x03, 0, 0, 0, 255, 0}));
  EXPECT_EQ(sense.status, Status::good);
  EXPECT_EQ(load_be16(sense.data_in.data() + 12), 0x2500);
  for (const int opcode : {0x00, 0x28, 0x2a, 0x25, 0xff}) {
    const Finish other = ask(bytes({opcode, 0, 0, 0, 0, 0}));
    EXPECT_EQ(other.status, Status::check_condition);
    EXPECT_EQ(load_be16(other.sense.data() + 12), 0x2500);
  }
}

}  // namespace
}  // namespace lunway::scsi
