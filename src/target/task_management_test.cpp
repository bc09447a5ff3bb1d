// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Task management between sessions of a running server, on two shards: whose commands end, who is told what.
//= rfc7143#4.2.3
//= rfc7143#11.5

#include <gtest/gtest.h>

#include <charconv>
#include <memory>
#include <string>

#include "scsi/testing/copy_lists.h"
#include "target/server.h"
#include "target/server_config.h"
#include "target/testing/raw_initiator.h"

namespace lunway::target {
namespace {

using Code = wire::TaskManagementResponseCode;
using Function = wire::TaskManagementFunction;

constexpr std::string_view kName = "iqn.2026-11.io.lunway:managed";
const wire::Lun kUnit = wire::Lun::from_flat(0);
const wire::Lun kOther = wire::Lun::from_flat(1);
const wire::Lun kNobodys = wire::Lun::from_flat(9);

// Additional sense codes.
constexpr unsigned kGood = 0;
constexpr unsigned kPowerOn = 0x2900;
constexpr unsigned kReset = 0x2903;
constexpr unsigned kNexusLoss = 0x2907;
constexpr unsigned kCleared = 0x2f00;

constexpr const char* kRaw = "iqn.2026-11.io.lunway:raw";
/// Has the disk of kOther too, as kUnit.
constexpr const char* kNeighbour = "iqn.2026-11.io.lunway:neighbour";
/// Does not see kOther.
constexpr const char* kMasked = "iqn.2026-11.io.lunway:masked";

class RunningServer : public ::testing::Test {
 protected:
  explicit RunningServer(bool allow_reset = true) {
    ServerConfig config;
    config.shards = 2;
    config.portal_groups = {{.tag = 1, .listen = {"127.0.0.1:0"}}};
    config.volumes = {{.name = "one", .backing = MemoryBacking{32 << 20}},
                      {.name = "two", .backing = MemoryBacking{32 << 20}}};
    TargetConfig target;
    target.name = kName;
    target.portal_groups = {1};
    target.luns = {{0, "one"}, {1, "two"}};
    target.allow_reset = allow_reset;
    target.lun_access = {{.initiators = {kRaw}, .luns = {0, 1}}, {.initiators = {kMasked}, .luns = {0}}};
    TargetConfig neighbour;
    neighbour.name = kNeighbour;
    neighbour.portal_groups = {1};
    neighbour.luns = {{0, "two"}};
    config.targets = {target, neighbour};
    auto started = Server::start(config);
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
    const std::string portal = server->portals().front();
    const std::string_view digits = std::string_view(portal).substr(portal.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
  }

  /// One that has heard of the power on of both units.
  std::unique_ptr<RawInitiator> log_in(std::uint16_t number, unsigned expected = kPowerOn) {
    auto initiator =
        std::make_unique<RawInitiator>(port, std::string(kName), number, "ImmediateData=No\niSCSIProtocolLevel=2\n");
    EXPECT_TRUE(initiator->logged_in());
    for (const wire::Lun lun : {kUnit, kOther}) {
      EXPECT_EQ(initiator->test_unit_ready(lun), expected);
      EXPECT_EQ(initiator->test_unit_ready(lun), kGood);
    }
    return initiator;
  }

  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
};

using Rfc7143_4_2_3_TargetSessions = RunningServer;

//= ledger R7143-4.2.3.3-13 R7143-4.2.3.4-16 R7143-4.2.3.6-01 R7143-11.5.1-14 R7143-4.2.3.3-10 R7143-4.2.3.3-15
TEST_F(Rfc7143_4_2_3_TargetSessions, AUnitResetEndsAllCommandsOfTheUnitAndTellsAll) {
  auto issuer = log_in(1);
  auto other = log_in(2);
  auto third = log_in(3);
  other->pending_write(kUnit);
  const wire::Itt unharmed = other->pending_write(kOther);
  EXPECT_EQ(issuer->manage(Function::logical_unit_reset, kUnit).response, Code::function_complete);
  for (RawInitiator* const each : {issuer.get(), other.get(), third.get()}) {
    EXPECT_EQ(each->test_unit_ready(kUnit), kReset);
    EXPECT_EQ(each->test_unit_ready(kUnit), kGood);
    EXPECT_EQ(each->test_unit_ready(kOther), kGood) << "it was not reset";
  }
  EXPECT_EQ(other->manage(Function::query_task_set, kUnit).response, Code::function_complete);
  EXPECT_EQ(other->manage(Function::query_task_set, kOther).response, Code::function_succeeded) << unharmed.value();
}

//= ledger R7143-4.2.3.3-10 R7143-4.2.3.4-09
TEST_F(Rfc7143_4_2_3_TargetSessions, ClearTaskSetTellsThoseThatLostCommands) {
  auto issuer = log_in(1);
  auto loser = log_in(2);
  auto idle = log_in(3);
  issuer->pending_write(kOther);
  loser->pending_write(kUnit);
  EXPECT_EQ(issuer->manage(Function::clear_task_set, kUnit).response, Code::function_complete);
  EXPECT_EQ(loser->test_unit_ready(kUnit), kCleared);
  EXPECT_EQ(loser->test_unit_ready(kUnit), kGood);
  EXPECT_EQ(idle->test_unit_ready(kUnit), kGood);
  EXPECT_EQ(issuer->test_unit_ready(kUnit), kGood);
  EXPECT_EQ(issuer->manage(Function::query_task_set, kOther).response, Code::function_succeeded);
}

TEST_F(Rfc7143_4_2_3_TargetSessions, AbortTaskSetEndsOnlyItsOwn) {
  auto issuer = log_in(1);
  auto other = log_in(2);
  other->pending_write(kUnit);
  EXPECT_EQ(issuer->manage(Function::abort_task_set, kUnit).response, Code::function_complete);
  EXPECT_EQ(other->test_unit_ready(kUnit), kGood);
  EXPECT_EQ(other->manage(Function::query_task_set, kUnit).response, Code::function_succeeded);
}

TEST_F(Rfc7143_4_2_3_TargetSessions, AWarmResetIsAResetOfEveryUnit) {
  auto issuer = log_in(1);
  auto other = log_in(2);
  other->pending_write(kUnit);
  other->pending_write(kOther);
  EXPECT_EQ(issuer->manage(Function::target_warm_reset).response, Code::function_complete);
  for (const wire::Lun lun : {kUnit, kOther}) {
    EXPECT_EQ(other->test_unit_ready(lun), kReset);
    EXPECT_EQ(issuer->test_unit_ready(lun), kReset);
    EXPECT_EQ(other->manage(Function::query_task_set, lun).response, Code::function_complete);
  }
}

using Rfc7143_4_2_3_TargetCopies = RunningServer;

/// From VPD page 83h.
std::uint64_t naa_of(RawInitiator& initiator, wire::Lun lun) {
  initiator.command({0x12, 1, 0x83, 4, 0, 0}, {.read = true, .lun = lun, .expected_data_transfer_length = 1024});
  const auto page = initiator.receive();
  constexpr std::size_t kHeader = 4;
  if (!page || page->opcode() != wire::Opcode::data_in) return 0;
  for (std::size_t at = kHeader; at + kHeader + 8 <= page->data.size();) {
    if ((load_u8(&page->data[at + 1]) & 0x3f) == 0x03) return load_be64(&page->data[at + kHeader]);
    at += kHeader + load_u8(&page->data[at + 3]);
  }
  return 0;
}

/// EXTENDED COPY of the whole of kUnit to kOther, as often as one command can ask for it: it does not end soon.
wire::Itt long_copy(RawInitiator& initiator) {
  scsi::CopyListBuilder builder;
  builder.unit(naa_of(initiator, kUnit)).unit(naa_of(initiator, kOther));
  for (int i = 0; i < 64; ++i) builder.segment({.from = 0, .to = 1, .blocks = 0xffff});
  const auto length = static_cast<std::uint32_t>(builder.list.size());
  const wire::Itt tag =
      initiator.command({0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length >> 8, length & 0xff, 0, 0},
                        {.final = true, .write = true, .lun = kUnit, .expected_data_transfer_length = length});
  const auto r2t = initiator.receive();
  if (!r2t || r2t->opcode() != wire::Opcode::ready_to_transfer) {
    ADD_FAILURE() << "no R2T";
    return tag;
  }
  const auto ttt = wire::ReadyToTransfer(wire::HeaderView(r2t->header)).fields().ttt;
  initiator.send(wire::DataOut::build({.final = true, .lun = kUnit, .itt = tag, .ttt = ttt}), builder.list);
  EXPECT_EQ(initiator.test_unit_ready(kOther), kGood) << "it has begun by now";
  return tag;
}

// The copy manager is an initiator too: its commands to the unit that is reset end, and with them the copy.
TEST_F(Rfc7143_4_2_3_TargetCopies, EndBeforeTheResetOfTheirDestinationIsAnswered) {
  constexpr unsigned kNotReachable = 0x0d02;  // COPY TARGET DEVICE NOT REACHABLE
  std::uint16_t number = 0;
  for (const Function function : {Function::logical_unit_reset, Function::clear_task_set}) {
    for (const bool is_own : {true, false}) {
      SCOPED_TRACE(std::string(wire::to_string(function)) + (is_own ? " by the same" : " by another"));
      auto copying = log_in(++number);
      auto issuer = log_in(++number);
      const wire::Itt copy = long_copy(*copying);
      RawInitiator& asking = is_own ? *copying : *issuer;
      asking.send(wire::TaskManagementRequest::build(
          {.immediate = true, .function = function, .lun = kOther, .itt = wire::Itt(900), .cmd_sn = asking.cmd_sn()}));
      const auto ended = copying->receive();
      ASSERT_TRUE(ended && ended->opcode() == wire::Opcode::scsi_response);
      EXPECT_EQ(wire::BasicHeader(wire::HeaderView(ended->header)).itt(), copy);
      EXPECT_EQ(RawInitiator::sense_of(ended), kNotReachable);
      const auto answer = asking.receive();
      ASSERT_TRUE(answer && answer->opcode() == wire::Opcode::task_management_response);
    }
  }
}

using Rfc7143_11_5_1_TargetResets = RunningServer;

//= ledger R7143-11.5.1-17 R7143-11.6.1-01 R7143-11.5.1-15
TEST_F(Rfc7143_11_5_1_TargetResets, AColdResetIsAPowerOnAndEndsAllSessions) {
  auto issuer = log_in(1);
  auto other = log_in(2);
  other->pending_write(kUnit);
  EXPECT_EQ(issuer->manage(Function::target_cold_reset).response, Code::function_complete);
  EXPECT_FALSE(issuer->receive());
  EXPECT_TRUE(issuer->is_closed());
  EXPECT_FALSE(other->receive());
  EXPECT_TRUE(other->is_closed());
  log_in(1, kPowerOn);
  log_in(2, kPowerOn);
}

TEST_F(Rfc7143_11_5_1_TargetResets, AColdResetReachesUnitsThatItsInitiatorDoesNotSee) {
  RawInitiator issuer(port, std::string(kName), 1, "", kMasked);
  ASSERT_TRUE(issuer.logged_in());
  RawInitiator neighbour(port, kNeighbour, 1);
  ASSERT_TRUE(neighbour.logged_in());
  EXPECT_EQ(neighbour.test_unit_ready(kUnit), kPowerOn);
  EXPECT_EQ(neighbour.test_unit_ready(kUnit), kGood);
  neighbour.pending_write(kUnit);
  EXPECT_EQ(issuer.manage(Function::target_cold_reset).response, Code::function_complete);
  EXPECT_EQ(neighbour.test_unit_ready(kUnit), kPowerOn);
}

struct GuardedServer : RunningServer {
  GuardedServer() : RunningServer(false) {}
};
using Rfc7143_11_5_1_TargetPermission = GuardedServer;

//= ledger R7143-11.5.1-16
TEST_F(Rfc7143_11_5_1_TargetPermission, ResetsOfTheTargetCanBeForbidden) {
  auto issuer = log_in(1);
  auto other = log_in(2);
  for (const Function function : {Function::target_warm_reset, Function::target_cold_reset}) {
    EXPECT_EQ(issuer->manage(function).response, Code::authorization_failed);
  }
  EXPECT_EQ(other->test_unit_ready(kUnit), kGood) << "nothing has happened";
  EXPECT_EQ(issuer->manage(Function::logical_unit_reset, kUnit).response, Code::function_complete);
}

using Rfc7143_11_6_1_TargetResponses = RunningServer;

//= ledger R7143-11.6.1-04
TEST_F(Rfc7143_11_6_1_TargetResponses, TellUnitsAndFunctionsThatAreNotHere) {
  auto issuer = log_in(1);
  for (const Function function : {Function::abort_task_set, Function::clear_task_set, Function::logical_unit_reset,
                                  Function::query_task_set, Function::query_asynchronous_event}) {
    EXPECT_EQ(issuer->manage(function, kNobodys).response, Code::lun_does_not_exist) << wire::to_string(function);
  }
  EXPECT_EQ(issuer->manage(Function::clear_aca, kUnit).response, Code::function_not_supported);
  EXPECT_EQ(issuer->manage(static_cast<Function>(13), kUnit).response, Code::function_not_supported);
}

using Rfc7144_6_3_TargetNexusReset = RunningServer;

//= ledger R7144-6.3-10 R7144-6.3-11 R7144-6.3-12
TEST_F(Rfc7144_6_3_TargetNexusReset, EndsOneSessionAsIfItHadTimedOut) {
  auto issuer = log_in(1);
  auto other = log_in(2);
  issuer->pending_write(kOther);
  other->pending_write(kUnit);
  issuer->command({0x16, 0, 0, 0, 0, 0}, {.lun = kUnit});  // RESERVE
  EXPECT_EQ(RawInitiator::sense_of(issuer->receive()), kGood);
  EXPECT_EQ(issuer->manage(Function::i_t_nexus_reset).response, Code::function_complete);
  EXPECT_FALSE(issuer->receive());
  EXPECT_TRUE(issuer->is_closed());
  EXPECT_EQ(other->manage(Function::query_task_set, kUnit).response, Code::function_succeeded) << "not its business";
  other->command({0x16, 0, 0, 0, 0, 0}, {.lun = kUnit});
  EXPECT_EQ(RawInitiator::sense_of(other->receive()), kGood) << "the reservation went with the nexus";
  log_in(1, kNexusLoss);
}

using Rfc7144_6_4_2_TargetAsynchronousEvent = RunningServer;

//= ledger R7144-6.4.2-03
TEST_F(Rfc7144_6_4_2_TargetAsynchronousEvent, TellsOfAUnitAttentionWithoutTakingIt) {
  auto issuer = log_in(1);
  EXPECT_EQ(issuer->manage(Function::query_asynchronous_event, kUnit).response, Code::function_complete);
  EXPECT_EQ(issuer->manage(Function::logical_unit_reset, kUnit).response, Code::function_complete);
  for (int times = 0; times < 2; ++times) {
    const auto answer = issuer->manage(Function::query_asynchronous_event, kUnit);
    EXPECT_EQ(answer.response, Code::function_succeeded);
    EXPECT_EQ(answer.additional_response_information, 0x162903U);
  }
  EXPECT_EQ(issuer->test_unit_ready(kUnit), kReset);
}

using Rfc7144_4_2_TargetInquiry = RunningServer;

//= ledger R7144-4.2-01
TEST_F(Rfc7144_4_2_TargetInquiry, NamesTheProtocolLevelThatWasAgreedOn) {
  for (const unsigned level : {0U, 1U, 2U}) {
    RawInitiator initiator(port, std::string(kName), 1, "iSCSIProtocolLevel=" + std::to_string(level) + "\n");
    ASSERT_TRUE(initiator.logged_in());
    initiator.command({0x12, 0, 0, 0, 96, 0}, {.read = true, .expected_data_transfer_length = 96});
    const auto data = initiator.receive();
    ASSERT_TRUE(data && data->data.size() == 96);
    EXPECT_EQ(load_be16(data->data.data() + 60), 0x0960 + level);
  }
}

/// The same two ports have the same registration, whatever session they are in.
using Rfc7143_E_TargetNexus = RunningServer;

//= ledger R7143-AppE-02
TEST_F(Rfc7143_E_TargetNexus, RegistrationsWaitForTheirNexus) {
  auto owner = log_in(1);
  auto other = log_in(2);
  const auto reserve_out = [](RawInitiator& who, unsigned action, unsigned type, unsigned key_at) {
    std::vector<std::byte> list(24);
    store_u8(list.data() + key_at, 7);
    wire::ScsiCommand::Fields fields{.write = true, .expected_data_transfer_length = 24};
    who.command({0x5f, action, type, 0, 0, 0, 0, 0, 24, 0}, fields);
    const auto r2t = who.receive();
    ASSERT_TRUE(r2t && r2t->opcode() == wire::Opcode::ready_to_transfer);
    const wire::ReadyToTransfer asks{wire::HeaderView(r2t->header)};
    who.send(wire::DataOut::build({.final = true, .itt = asks.itt(), .ttt = asks.ttt()}), list);
    EXPECT_EQ(RawInitiator::sense_of(who.receive()), kGood);
  };
  reserve_out(*owner, 0, 0, 15);  // REGISTER
  reserve_out(*owner, 1, 3, 7);   // RESERVE, exclusive access
  const auto may_write = [](RawInitiator& who) {
    who.command({0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0}, {.write = true, .expected_data_transfer_length = 512});
    const auto pdu = who.receive();
    return pdu && pdu->opcode() == wire::Opcode::ready_to_transfer;
  };
  EXPECT_FALSE(may_write(*other));
  EXPECT_EQ(owner->manage(Function::i_t_nexus_reset).response, Code::function_complete);
  owner.reset();
  EXPECT_FALSE(may_write(*other)) << "it survives the loss";
  owner = log_in(1, kNexusLoss);
  EXPECT_TRUE(may_write(*owner)) << "and belongs to the new session";
}

}  // namespace
}  // namespace lunway::target
