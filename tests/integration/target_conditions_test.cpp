// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a whole target answers when data does not come as it should: the CHECK CONDITIONs that iSCSI itself causes, and
// that the medium is left alone.
//= rfc7143#11.4.7.2

#include <gtest/gtest.h>

#include <vector>

#include "base/big_endian.h"
#include "tests/integration/memory_server.h"
#include "tests/integration/wire_initiator.h"
#include "wire/data_in.h"
#include "wire/data_out.h"
#include "wire/ready_to_transfer.h"
#include "wire/reject.h"
#include "wire/scsi_command.h"
#include "wire/scsi_response.h"
#include "wire/sense_segment.h"
#include "wire/snack_request.h"

namespace lunway::testing {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUnsolicited =
    "InitialR2T=No\0ImmediateData=Yes\0FirstBurstLength=4096\0MaxBurstLength=8192\0"sv;
constexpr std::string_view kSolicited = "InitialR2T=Yes\0ImmediateData=Yes\0FirstBurstLength=4096\0"sv;
constexpr std::string_view kNoImmediateData = "InitialR2T=Yes\0ImmediateData=No\0"sv;

struct Condition {
  std::uint8_t key = 0;
  std::uint16_t code = 0;  // ASC and ASCQ

  friend bool operator==(const Condition&, const Condition&) = default;
};

constexpr Condition kUnexpectedUnsolicitedData{0x0b, 0x0c0c};
constexpr Condition kIncorrectAmountOfData{0x0b, 0x0c0d};
constexpr Condition kProtocolServiceCrcError{0x0b, 0x4705};
constexpr Condition kSnackRejected{0x0b, 0x1113};

class Conditions : public ::testing::Test {
 protected:
  void begin(std::string_view keys, bool digests = false) { begin(peer, keys, digests); }
  /// Logs in, and takes the unit attention that a new nexus begins with.
  void begin(WireInitiator& with, std::string_view keys, bool digests = false) {
    with.log_in(kTargetName, keys, digests);
    itt = 0;
    with.send(wire::ScsiCommand::build(command(0x00, 0)));
    EXPECT_TRUE(with.receive());
  }
  /// I -> T  WRITE(10) of so many bytes at block 0
  void write(std::uint32_t length, std::uint32_t immediate, bool final) {
    wire::ScsiCommand::Fields fields = command(0x2a, length);
    fields.write = true;
    fields.final = final;
    peer.send(wire::ScsiCommand::build(fields), Bytes(data).first(immediate));
  }
  wire::ScsiCommand::Fields command(std::uint8_t code, std::uint32_t length) {
    wire::ScsiCommand::Fields fields;
    fields.itt = wire::Itt(++itt);
    fields.cmd_sn = wire::CmdSN(itt);
    fields.expected_data_transfer_length = length;
    fields.cdb[0] = std::byte{code};
    store_be16(&fields.cdb[7], static_cast<std::uint16_t>(length / kBlockBytes));
    return fields;
  }
  void data_out(wire::Ttt ttt, std::uint32_t data_sn, std::uint32_t offset, std::uint32_t length, bool final,
                bool damaged = false) {
    wire::DataOut::Fields fields;
    fields.final = final;
    fields.itt = wire::Itt(itt);
    fields.ttt = ttt;
    fields.data_sn = wire::DataSN(data_sn);
    fields.buffer_offset = offset;
    peer.send(wire::DataOut::build(fields), Bytes(data).subspan(offset, length), damaged);
  }
  wire::Ttt next_r2t() {
    const auto r2t = peer.receive();
    return r2t ? r2t->as<wire::ReadyToTransfer>().ttt : wire::Ttt{};
  }
  /// The condition in the response; Rejects before it are counted.
  Condition condition() {
    for (;;) {
      const auto pdu = peer.receive();
      if (!pdu) return {};
      if (pdu->opcode() == wire::Opcode::reject) {
        last_reject = pdu->as<wire::Reject>().reason;
        continue;
      }
      EXPECT_EQ(pdu->as<wire::ScsiResponse>().status, wire::ScsiStatus::check_condition);
      const auto segment = wire::SenseSegment::parse(pdu->data);
      if (!segment || segment->sense.size() < 14) return {};
      return {.key = static_cast<std::uint8_t>(std::to_integer<unsigned>(segment->sense[2]) & 0x0f),
              .code = load_be16(&segment->sense[12])};
    }
  }
  /// What block 0 holds now: the data was never written.
  bool medium_is_untouched() {
    auto fields = command(0x28, kBlockBytes);
    fields.read = true;
    peer.send(wire::ScsiCommand::build(fields));
    const auto answer = peer.receive();
    return answer && answer->opcode() == wire::Opcode::data_in && answer->data == std::vector<std::byte>(kBlockBytes);
  }

  MemoryServer server;
  WireInitiator peer{server.port()};
  std::vector<std::byte> data = std::vector<std::byte>(65536, std::byte{0x5a});
  std::uint32_t itt = 0;
  std::optional<wire::RejectReason> last_reject;
};

using Rfc7143_11_4_7_2_TargetConditions = Conditions;

//= ledger(target) R7143-11.4.7.2-01 R7143-11.4.7-01 R7143-11.4.7-02
TEST_F(Rfc7143_11_4_7_2_TargetConditions, ImmediateDataThatWasNotAgreedIsUnexpected) {
  begin(kNoImmediateData);
  write(4096, 512, true);
  EXPECT_EQ(condition(), kUnexpectedUnsolicitedData);
  EXPECT_TRUE(medium_is_untouched());
}

TEST_F(Rfc7143_11_4_7_2_TargetConditions, UnsolicitedPdusThatWereNotAgreedAreUnexpected) {
  begin(kSolicited);
  write(4096, 512, false);
  data_out(wire::kNoTtt, 0, 512, 3584, true);
  EXPECT_EQ(condition(), kUnexpectedUnsolicitedData);
  EXPECT_TRUE(medium_is_untouched());
}

TEST_F(Rfc7143_11_4_7_2_TargetConditions, ImmediateDataBeyondTheFirstBurstIsTheWrongAmount) {
  begin(kUnsolicited);
  write(8192, 4608, true);
  EXPECT_EQ(condition(), kIncorrectAmountOfData);
  EXPECT_TRUE(medium_is_untouched());
}

TEST_F(Rfc7143_11_4_7_2_TargetConditions, LessThanTheFirstBurstIsTheWrongAmount) {
  begin(kUnsolicited);
  write(8192, 0, false);
  const wire::Ttt ttt = next_r2t();
  data_out(wire::kNoTtt, 0, 0, 3584, true);
  data_out(ttt, 0, 4096, 4096, true);
  EXPECT_EQ(condition(), kIncorrectAmountOfData);
  EXPECT_EQ(last_reject, wire::RejectReason::protocol_error);
  EXPECT_TRUE(medium_is_untouched());
}

TEST_F(Rfc7143_11_4_7_2_TargetConditions, AnAnswerToAnR2tThatIsTooShortIsTheWrongAmount) {
  begin(kNoImmediateData);
  write(8192, 0, true);
  data_out(next_r2t(), 0, 0, 8191, true);
  EXPECT_EQ(condition(), kIncorrectAmountOfData);
  EXPECT_EQ(last_reject, wire::RejectReason::protocol_error);
  EXPECT_TRUE(medium_is_untouched());
}

TEST_F(Rfc7143_11_4_7_2_TargetConditions, AnAnswerToAnR2tThatIsTooLongIsTheWrongAmount) {
  begin(kNoImmediateData);
  write(8192, 0, true);
  data_out(next_r2t(), 0, 0, 8193, true);
  EXPECT_EQ(condition(), kIncorrectAmountOfData);
  EXPECT_EQ(last_reject, wire::RejectReason::invalid_pdu_field);
  EXPECT_TRUE(medium_is_untouched());
}

//= ledger(target) R7143-11.4.7.2-01 R7143-7.8-03 R7143-7.3-01
TEST_F(Rfc7143_11_4_7_2_TargetConditions, ADamagedDataOutIsACrcErrorOnceAllHasCome) {
  begin(kNoImmediateData, true);
  write(8192, 0, true);
  const wire::Ttt ttt = next_r2t();
  data_out(ttt, 0, 0, 4096, false, true);
  data_out(ttt, 1, 4096, 4096, true);
  EXPECT_EQ(condition(), kProtocolServiceCrcError);
  EXPECT_EQ(last_reject, wire::RejectReason::data_digest_error);
  EXPECT_TRUE(medium_is_untouched());
}

//= ledger(target) R7143-11.4.7.2-01 R7143-7.9-02
TEST_F(Rfc7143_11_4_7_2_TargetConditions, AMissingDataOutIsACrcErrorToo) {
  begin(kNoImmediateData);
  write(8192, 0, true);
  data_out(next_r2t(), 1, 4096, 4096, true);
  EXPECT_EQ(condition(), kProtocolServiceCrcError);
  EXPECT_TRUE(medium_is_untouched());
}

TEST_F(Rfc7143_11_4_7_2_TargetConditions, ASnackForACommandIsRejectedAndEndsIt) {
  begin(kNoImmediateData);
  write(8192, 0, true);
  const wire::Ttt ttt = next_r2t();
  wire::SnackRequest::Fields snack;
  snack.itt = wire::Itt(itt);
  peer.send(wire::SnackRequest::build(snack));
  data_out(ttt, 0, 0, 8192, true);
  EXPECT_EQ(condition(), kSnackRejected);
  EXPECT_EQ(last_reject, wire::RejectReason::snack_reject);
}

using Rfc7143_11_4_5_3_TargetResidual = Conditions;

/// ALLOCATION LENGTH cuts at the SCSI layer, and so is no overflow of iSCSI. INQUIRY stands for all such commands.
//= ledger(target) R7143-11.4.5.3-01 R7143-11.4.5.3-02 R7143-11.4.5.3-03
TEST_F(Rfc7143_11_4_5_3_TargetResidual, DataThatAnAllocationLengthCutsIsNoOverflow) {
  begin(kUnsolicited);
  const auto inquire = [&](std::uint8_t allocation_length, std::uint32_t expected) {
    auto fields = command(0x12, expected);
    fields.read = true;
    fields.cdb = {std::byte{0x12}, {}, {}, {}, std::byte{allocation_length}};
    peer.send(wire::ScsiCommand::build(fields));
    const auto answer = peer.receive();
    return answer ? answer->as<wire::DataIn>().residual : wire::Residual{};
  };
  EXPECT_EQ(inquire(20, 20), wire::Residual());
  EXPECT_EQ(inquire(20, 64), (wire::Residual{wire::Residual::Kind::underflow, 44}));
  const wire::Residual all = inquire(255, 255);
  EXPECT_TRUE(all.is_underflow() && all.count < 255);
}

using Rfc7143_11_3_4_TargetFinalBit = Conditions;

TEST_F(Rfc7143_11_3_4_TargetFinalBit, ACommandWithAllItsDataIsDoneThoughFIsMissing) {
  for (const auto keys : {kUnsolicited, kSolicited}) {
    WireInitiator fresh(server.port());
    begin(fresh, keys);
    auto fields = command(0x2a, kBlockBytes);
    fields.write = true;
    fields.final = false;
    fresh.send(wire::ScsiCommand::build(fields), Bytes(data).first(kBlockBytes));
    const auto answer = fresh.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->as<wire::ScsiResponse>().status, wire::ScsiStatus::good);
  }
}

}  // namespace
}  // namespace lunway::testing
