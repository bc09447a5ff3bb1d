// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// ErrorRecoveryLevel 1 and 2 at a running server: what gets lost is sent again, and the data is that of the disk.
//= rfc7143#7.8

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "target/server.h"
#include "target/server_config.h"
#include "target/testing/raw_initiator.h"
#include "wire/data_in.h"
#include "wire/snack_request.h"

namespace lunway::target {
namespace {

constexpr std::string_view kName = "iqn.2026-11.io.lunway:recovering";

class RecoveringServer : public ::testing::Test {
 protected:
  RecoveringServer() {
    config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:0"}}};
    config.volumes = {{.name = "one", .backing = MemoryBacking{1 << 20}}};
    TargetConfig target;
    target.name = kName;
    target.portal_groups = {1};
    target.luns = {{0, "one"}};
    target.error_recovery_level = 2;
    config.targets = {target};
    auto started = Server::start(config);
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
    const std::string portal = server->portals().front();
    const std::string_view digits = std::string_view(portal).substr(portal.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = std::byte(static_cast<std::uint8_t>(i * 7 + i / 512));
  }

  void log_in(unsigned level) {
    const std::string keys = "ErrorRecoveryLevel=" + std::to_string(level) + "\nImmediateData=No\n";
    initiator = std::make_unique<RawInitiator>(port, std::string(kName), 1, keys + "MaxRecvDataSegmentLength=512\n");
    EXPECT_TRUE(initiator->logged_in());
    initiator->test_unit_ready({});  // power on
  }

  void data_out(wire::Itt tag, wire::Ttt ttt, std::uint32_t sn, std::uint32_t offset, std::uint32_t length) {
    wire::DataOut::Fields fields{.final = true};
    fields.itt = tag;
    fields.ttt = ttt;
    fields.data_sn = wire::DataSN(sn);
    fields.buffer_offset = offset;
    initiator->send(wire::DataOut::build(fields), Bytes(data).subspan(offset, length));
  }
  wire::ReadyToTransfer::Fields receive_r2t() {
    const auto pdu = initiator->receive();
    EXPECT_TRUE(pdu && pdu->opcode() == wire::Opcode::ready_to_transfer);
    return pdu ? wire::ReadyToTransfer(wire::HeaderView(pdu->header)).fields() : wire::ReadyToTransfer::Fields{};
  }
  /// The next Data-In carries these two numbers and the data of the disk.
  void expect_data_in(std::uint32_t sn) {
    const auto pdu = initiator->receive();
    ASSERT_TRUE(pdu && pdu->opcode() == wire::Opcode::data_in);
    EXPECT_EQ(wire::DataIn(wire::HeaderView(pdu->header)).data_sn(), wire::DataSN(sn));
    EXPECT_TRUE(std::ranges::equal(pdu->data, Bytes(data).subspan(std::size_t{sn} * 512, 512)));
  }

  /// A WRITE of four blocks that waits for its data, on a connection that is gone.
  wire::Itt lose_write() {
    log_in(2);
    const wire::Itt write =
        initiator->command({0x2a, 0, 0, 0, 0, 0, 0, 0, 4, 0}, {.write = true, .expected_data_transfer_length = 2048});
    receive_r2t();
    initiator->cut();
    return write;
  }
  void log_in_for_lost() {
    auto other = std::make_unique<RawInitiator>(port, std::string(kName), 1, *initiator);
    ASSERT_TRUE(other->logged_in());
    initiator = std::move(other);
  }

  ServerConfig config;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::unique_ptr<RawInitiator> initiator;
  std::vector<std::byte> data = std::vector<std::byte>(2048);
};

using Rfc7143_7_8_RecoveringTarget = RecoveringServer;

//= ledger(target) R7143-7.8-07 R7143-7.8-03
TEST_F(Rfc7143_7_8_RecoveringTarget, SendsAndAsksAgain) {
  log_in(1);
  const wire::Itt write =
      initiator->command({0x2a, 0, 0, 0, 0, 0, 0, 0, 4, 0}, {.write = true, .expected_data_transfer_length = 2048});
  const auto r2t = receive_r2t();
  data_out(write, r2t.ttt, 1, 1024, 1024);  // I -> T  number 0 never comes
  const auto recovery = receive_r2t();
  EXPECT_EQ(recovery.r2t_sn, r2t.r2t_sn.next());
  EXPECT_EQ(recovery.buffer_offset, 0U);
  EXPECT_EQ(recovery.desired_data_transfer_length, 2048U);
  data_out(write, recovery.ttt, 0, 0, 2048);
  EXPECT_EQ(RawInitiator::sense_of(initiator->receive()), 0U);

  const wire::Itt read =
      initiator->command({0x28, 0, 0, 0, 0, 0, 0, 0, 4, 0}, {.read = true, .expected_data_transfer_length = 2048});
  for (std::uint32_t sn = 0; sn < 4; ++sn) expect_data_in(sn);
  initiator->send(
      wire::SnackRequest::build({.type = wire::SnackType::data_or_r2t, .itt = read, .beg_run = 1, .run_length = 2}));
  const auto status = initiator->receive();
  ASSERT_TRUE(status && status->opcode() == wire::Opcode::scsi_response);
  expect_data_in(1);
  expect_data_in(2);
}

using Rfc7143_7_2_2_RecoveringTarget = RecoveringServer;

//= ledger(target) R7143-7.2.2-02 R7143-7.2.2-05
TEST_F(Rfc7143_7_2_2_RecoveringTarget, GoesOnWithAWriteOnAnotherConnection) {
  const wire::Itt write = lose_write();
  log_in_for_lost();
  EXPECT_EQ(initiator->manage(wire::TaskManagementFunction::task_reassign, {}, write).response,
            wire::TaskManagementResponseCode::function_complete);
  const auto again = receive_r2t();
  EXPECT_EQ(again.desired_data_transfer_length, 2048U);
  data_out(write, again.ttt, 0, 0, 2048);
  EXPECT_EQ(RawInitiator::sense_of(initiator->receive()), 0U);
  EXPECT_EQ(initiator->test_unit_ready({}), 0U) << "no command was lost";
}

TEST_F(Rfc7143_7_2_2_RecoveringTarget, EndsAWriteWhoseLogicalUnitWentMeanwhile) {
  const wire::Itt write = lose_write();
  ServerConfig next = config;
  next.targets[0].luns = {{1, "one"}};
  ASSERT_TRUE(server->reload(next));
  log_in_for_lost();
  EXPECT_EQ(initiator->manage(wire::TaskManagementFunction::task_reassign, {}, write).response,
            wire::TaskManagementResponseCode::function_complete);
  EXPECT_NE(RawInitiator::sense_of(initiator->receive()), 0U);
  initiator->test_unit_ready(wire::Lun::from_flat(1));  // power on
  EXPECT_EQ(initiator->test_unit_ready(wire::Lun::from_flat(1)), 0U);
}

TEST_F(Rfc7143_7_2_2_RecoveringTarget, StopsWithoutWaitingForSuspendedTasks) {
  lose_write();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(server->stop());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << "Time2Wait + Time2Retain are 22 s";
}

using Rfc7143_7_15_RecoveringTarget = RecoveringServer;

//= ledger(target) R7143-7.15-02
TEST_F(Rfc7143_7_15_RecoveringTarget, EndsSuspendedTasksWhenTheSessionIsReinstated) {
  const wire::Itt write = lose_write();
  log_in(2);  // the same initiator port, without the handle of its session
  EXPECT_EQ(initiator->manage(wire::TaskManagementFunction::task_reassign, {}, write).response,
            wire::TaskManagementResponseCode::task_does_not_exist);
  initiator->test_unit_ready({});
  EXPECT_EQ(initiator->test_unit_ready({}), 0U);
  EXPECT_EQ(server->sessions().size(), 1U);
}

}  // namespace
}  // namespace lunway::target
