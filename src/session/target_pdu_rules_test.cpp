// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What holds for all PDUs of a target, and the fields of those that carry status, as the initiator sees them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "session/testing/ladder.h"
#include "wire/asynchronous_message.h"
#include "wire/snack_request.h"
#include "wire/task_management_request.h"
#include "wire/text_request.h"

namespace lunway::session::testing {
namespace {

using wire::Opcode;

std::uint32_t data_segment_length(const FromTarget& pdu) {
  return wire::BasicHeader(wire::HeaderView(pdu.header)).data_segment_length();
}

/// One of each PDU that a target sends in the Full Feature Phase.
class EveryPdu : public ::testing::Test {
 protected:
  EveryPdu() {
    log_in(rig, {"MaxRecvDataSegmentLength=512", "ImmediateData=No"});
    const std::array pieces{Bytes(data)};
    rig.send(wire::ScsiCommand::build(read_fields(1, 100, 1024)));
    rig.complete(rig.take<Submit>()->task, {.data_in = pieces, .data_in_length = 1024});
    take_all();
    rig.asked.clear();
    rig.send(wire::ScsiCommand::build(write_fields(2, 101, 1024)));
    const TaskId write = rig.take<Submit>()->task;
    rig.accept(write, disk);
    take_all();
    rig.complete(write, {.status = wire::ScsiStatus::busy});
    rig.send(wire::DataOut::build(data_out_fields(2, tag_of(sent.back()), 0, 0, true)), data);
    rig.send(wire::NopOut::build({.itt = wire::Itt(3)}), Bytes(data).first(9));
    rig.send(wire::NopOut::build({.itt = wire::Itt(4)}));
    wire::TaskManagementRequest::Fields function;
    function.immediate = true;
    function.function = wire::TaskManagementFunction::abort_task;
    function.itt = wire::Itt(5);
    function.ref_cmd_sn = wire::CmdSN(50);
    rig.send(wire::TaskManagementRequest::build(function));
    wire::TextRequest::Fields text;
    text.itt = wire::Itt(6);
    text.cmd_sn = wire::CmdSN(102);
    rig.send(wire::TextRequest::build(text));
    wire::SnackRequest::Fields snack;
    snack.itt = wire::Itt(7);
    rig.send(wire::SnackRequest::build(snack));
    rig.connection->request_logout(rig.now, std::chrono::seconds(5));
    rig.drain();
    take_all();
    rig.send(wire::LogoutRequest::build({.itt = wire::Itt(8), .cmd_sn = wire::CmdSN(103)}));
    take_all();
  }

  void take_all() {
    while (auto pdu = rig.receive()) sent.push_back(std::move(*pdu));
  }

  TargetRig rig;
  std::vector<std::byte> data = pattern(1024);
  std::vector<std::byte> disk = std::vector<std::byte>(1024);
  std::vector<FromTarget> sent;
};

using Rfc7143_11_2_TargetPdus = EveryPdu;

//= ledger R7143-11.2-03 R7143-11.2.1.2-02 R7143-11.2.1.5-01
TEST_F(Rfc7143_11_2_TargetPdus, AreThoseOfATargetAndHaveNoAdditionalHeader) {
  std::set<Opcode> seen;
  for (const FromTarget& pdu : sent) {
    seen.insert(pdu.opcode());
    EXPECT_EQ(pdu.header[4], std::byte{0}) << "TotalAHSLength of " << wire::to_string(pdu.opcode());
  }
  EXPECT_THAT(seen, ::testing::ElementsAre(Opcode::nop_in, Opcode::scsi_response, Opcode::task_management_response,
                                           Opcode::text_response, Opcode::data_in, Opcode::logout_response,
                                           Opcode::ready_to_transfer, Opcode::asynchronous_message, Opcode::reject));
}

//= ledger R7143-11.2.1.6-01 R7143-11.8.1-01
TEST_F(Rfc7143_11_2_TargetPdus, SayHowMuchDataTheyCarry) {
  for (const FromTarget& pdu : sent) {
    EXPECT_EQ(data_segment_length(pdu), pdu.data.size()) << wire::to_string(pdu.opcode());
    EXPECT_TRUE(pdu.data.empty() || pdu.opcode() != Opcode::ready_to_transfer);
  }
}

//= ledger R7143-11.2.1.2-03
TEST(Rfc7143_11_2_1_2_TargetOpcode, ThatNoInitiatorSendsIsNotSupported) {
  const std::set<unsigned> known{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10};
  for (unsigned opcode = 0; opcode < 0x40; ++opcode) {
    if (known.contains(opcode)) continue;
    TargetRig rig;
    log_in(rig);
    wire::Header header{};
    header[0] = std::byte(opcode);
    rig.send(header);
    EXPECT_THAT(rig.receive(),
                Is<wire::Reject>(With(&wire::Reject::Fields::reason, wire::RejectReason::command_not_supported)))
        << opcode;
  }
}

// --------------------------------------------------------------------------------------------------------- residuals

struct Amounts {
  const char* name;
  bool write;
  std::uint32_t expected;
  std::uint64_t presented;
  wire::Residual residual;
};

class Residuals : public ::testing::TestWithParam<Amounts> {};

using Rfc7143_11_4_5_2_TargetResidual = Residuals;

//= ledger R7143-11.4.1-02 R7143-11.4.5.1-01 R7143-11.4.5.1-03
//= ledger R7143-11.4.5.2-01 R7143-11.4.5.2-02 R7143-11.4.5.2-03 R7143-11.4.5.2-04
TEST_P(Rfc7143_11_4_5_2_TargetResidual, IsTheDifferenceOfWhatWasPresentedAndExpected) {
  const Amounts& amounts = GetParam();
  const auto data = pattern(1024);
  const std::array pieces{Bytes(data)};
  for (const auto status : {wire::ScsiStatus::good, wire::ScsiStatus::busy}) {
    TargetRig rig;
    log_in(rig);
    auto fields = amounts.write ? write_fields(1, 100, amounts.expected) : read_fields(1, 100, amounts.expected);
    rig.send(wire::ScsiCommand::build(fields), amounts.write ? Bytes(data).first(amounts.expected) : Bytes());
    CommandResult result{.status = status, .data_in = pieces};
    (amounts.write ? result.data_out_length : result.data_in_length) = amounts.presented;
    rig.complete(rig.take<Submit>()->task, result);

    auto last = rig.receive();
    for (auto next = rig.receive(); next; next = rig.receive()) last = std::move(next);
    ASSERT_TRUE(last);
    const bool overflow = (std::to_integer<unsigned>(last->header[1]) & 0x04) != 0;
    const bool underflow = (std::to_integer<unsigned>(last->header[1]) & 0x02) != 0;
    EXPECT_EQ(overflow, amounts.residual.is_overflow());
    EXPECT_EQ(underflow, amounts.residual.is_underflow());
    EXPECT_EQ(load_be32(&last->header[44]), amounts.residual.count);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Amounts, Rfc7143_11_4_5_2_TargetResidual,
    ::testing::Values(Amounts{"ReadExact", false, 512, 512, {}},
                      Amounts{"ReadUnderflow", false, 1000, 512, {wire::Residual::Kind::underflow, 488}},
                      Amounts{"ReadOfNothing", false, 1000, 0, {wire::Residual::Kind::underflow, 1000}},
                      Amounts{"ReadOverflow", false, 100, 1024, {wire::Residual::Kind::overflow, 924}},
                      Amounts{"WriteExact", true, 512, 512, {}},
                      Amounts{"WriteUnderflow", true, 600, 512, {wire::Residual::Kind::underflow, 88}},
                      Amounts{"WriteOverflow", true, 100, 512, {wire::Residual::Kind::overflow, 412}},
                      Amounts{"OverflowOfNothing", false, 0, 512, {wire::Residual::Kind::overflow, 512}}),
    [](const auto& one) { return one.param.name; });

//= ledger R7143-11.4.8-01
TEST(Rfc7143_11_4_8_TargetExpDataSN, CountsTheDataInPdusBeforeTheResponse) {
  const auto data = pattern(2048);
  const std::array pieces{Bytes(data)};
  for (const std::uint32_t pdus : {0U, 1U, 4U}) {
    TargetRig rig;
    log_in(rig, {"MaxRecvDataSegmentLength=512"});
    rig.send(wire::ScsiCommand::build(read_fields(1, 100, 2048)));
    rig.complete(rig.take<Submit>()->task,
                 {.status = wire::ScsiStatus::busy, .data_in = pieces, .data_in_length = pdus * 512});
    for (std::uint32_t i = 0; i < pdus; ++i) EXPECT_EQ(rig.receive()->opcode(), Opcode::data_in);
    EXPECT_THAT(rig.receive(),
                Is<wire::ScsiResponse>(With(&wire::ScsiResponse::Fields::exp_data_sn, wire::DataSN(pdus))));
  }
}

//= ledger R7143-11.19-02 R7143-11.18.1-03
TEST(Rfc7143_11_19_TargetNop, APingLongerThanTheInitiatorTakesComesBackCut) {
  TargetRig rig;
  log_in(rig, {"MaxRecvDataSegmentLength=512"});
  const auto data = pattern(2000);
  rig.send(wire::NopOut::build({.itt = wire::Itt(9)}), data);
  const auto echo = rig.receive();
  ASSERT_TRUE(echo);
  EXPECT_TRUE(std::ranges::equal(echo->data, Bytes(data).first(512)));
}

}  // namespace
}  // namespace lunway::session::testing
