// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <gtest/gtest.h>

#include "conformance/check/testing/talk.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;
using wire::Role;

std::vector<std::byte> zeros(std::size_t size) { return std::vector<std::byte>(size); }

const Text kNoR2t = {{"InitialR2T", "No"}, {"ImmediateData", "Yes"}, {"FirstBurstLength", "2048"}};
const Text kR2t = {{"InitialR2T", "Yes"}, {"ImmediateData", "No"}, {"MaxBurstLength", "2048"}};

Pdu data_in(Talk& talk, std::uint32_t itt, std::uint32_t sn, std::uint32_t offset, std::size_t size, bool last) {
  return talk.unnumbered(Opcode::data_in, itt)
      .set(field::kFinal, last ? 1 : 0)
      .set(field::kDataSn, sn)
      .set(field::kBufferOffset, offset)
      .with_data(zeros(size));
}

Pdu data_out(Talk& talk, std::uint32_t itt, std::uint32_t ttt, std::uint32_t sn, std::uint32_t offset, std::size_t size,
             bool last) {
  return Pdu(Opcode::data_out)
      .set(field::kFinal, last ? 1 : 0)
      .set(field::kItt, itt)
      .set(field::kTtt, ttt)
      .set(field::kExpStatSn, talk.stat_sn)
      .set(field::kDataSn, sn)
      .set(field::kBufferOffset, offset)
      .with_data(zeros(size));
}

Pdu status(Talk& talk, std::uint32_t itt, std::uint32_t exp_data_sn = 0) {
  return talk.response(Opcode::scsi_response, itt).set(field::kExpDataSn, exp_data_sn);
}

//= rfc7143#11.7
TEST(Rfc7143_11_7_Read, SeveralSequencesAreRight) {
  Talk talk;
  talk.log_in(kR2t, kR2t);
  talk.ask(talk.command(2, cdb::read(0, 8), 4096));
  talk.answer(data_in(talk, 2, 0, 0, 1024, false));
  talk.answer(data_in(talk, 2, 1, 1024, 1024, true));
  talk.answer(data_in(talk, 2, 2, 2048, 2048, true));
  talk.answer(status(talk, 2, 3));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#11.7
TEST(Rfc7143_11_7_Read, EachFaultOfDataInIsFound) {
  struct Fault {
    std::string_view rule;
    std::uint32_t sn, offset;
    std::size_t size;
    bool last;
  };
  for (const Fault& fault :
       {Fault{"data-in/numbered", 2, 1024, 1024, true}, Fault{"data-in/in-order", 1, 1028, 1024, true},
        Fault{"data-in/within-the-burst", 1, 1024, 2048, true},
        Fault{"data-in/within-the-expected-length", 1, 4096, 4, true}, Fault{"data-in/whole-words", 1, 1024, 3, false},
        Fault{"data-in/last-is-final", 1, 1024, 3072, false}}) {
    Talk talk(Role::target);
    talk.log_in(kR2t, kR2t);
    talk.ask(talk.command(2, cdb::read(0, 8), 4096));
    talk.answer(data_in(talk, 2, 0, 0, 1024, false));
    EXPECT_TRUE(talk.violations().empty()) << talk.findings();
    talk.answer(data_in(talk, 2, fault.sn, fault.offset, fault.size, fault.last));
    talk.answer(status(talk, 2, 2));
    EXPECT_TRUE(talk.blames(fault.rule)) << fault.rule << "\n" << talk.findings();
  }
}

//= rfc7143#11.7.2
TEST(Rfc7143_11_7_2_Read, AcknowledgeAtLevelZeroAndWithoutATagIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.command(2, cdb::read(0, 1), 512));
  talk.answer(data_in(talk, 2, 0, 0, 512, true).set(field::kAcknowledge, 1));
  EXPECT_TRUE(talk.blames("data-in/acknowledge-needs-recovery"));
  EXPECT_TRUE(talk.blames("data-in/acknowledge-with-tag"));
}

//= rfc7143#11.7
TEST(Rfc7143_11_7_Read, DataAfterALieOfTheInitiatorIsNotJudged) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.command(2, cdb::read(0, 8), 4096).set(field::kRead, 0));
  talk.answer(data_in(talk, 2, 5, 512, 4096, true));
  talk.answer(status(talk, 2, 9));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

/// What ends an INQUIRY that brought less than it might, after all that comes before it.
Pdu inquiry_response(Talk& talk) {
  talk.log_in();
  talk.ask(talk.command(2, cdb::inquiry(96), 96));
  talk.answer(data_in(talk, 2, 0, 0, 36, true));
  return status(talk, 2, 1).set(field::kUnderflow, 1).set(field::kResidual, 60);
}

//= rfc7143#11.4
TEST(Rfc7143_11_4_Status, AnUnderflowIsRight) {
  Talk talk;
  talk.answer(inquiry_response(talk));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#11.4
TEST(Rfc7143_11_4_Status, EachFaultIsFound) {
  struct Fault {
    std::string_view rule;
    Field field;
    std::uint32_t value;
  };
  for (const Fault& fault : {Fault{"status/exp-data-sn", field::kExpDataSn, 2},
                             Fault{"status/residual-matches-the-data", field::kResidual, 5},
                             Fault{"status/residual-matches-the-data", field::kUnderflow, 0},
                             Fault{"status/residual-count-without-flag", field::kUnderflow, 0},
                             Fault{"status/over-or-under", field::kOverflow, 1},
                             Fault{"status/residual-only-when-completed", field::kResponse, 1},
                             Fault{"status/sense-with-check-condition", field::kStatus, 2},
                             Fault{"status/qualifier-agreed", field::kStatusQualifier, 1}}) {
    Talk talk(Role::target);
    talk.answer(inquiry_response(talk).set(fault.field, fault.value));
    EXPECT_TRUE(talk.blames(fault.rule)) << fault.rule << "\n" << talk.findings();
  }
}

//= rfc7143#11.7.3
TEST(Rfc7143_11_7_3_Status, AnExceptionInDataInIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.command(2, cdb::read(0, 1), 512));
  talk.answer(data_in(talk, 2, 0, 0, 512, false)
                  .set(field::kHasStatus, 1)
                  .set(field::kStatSn, talk.stat_sn++)
                  .set(field::kStatus, 2));
  EXPECT_TRUE(talk.blames("status/data-in-without-exception"));
  EXPECT_TRUE(talk.blames("status/final-data-in"));
}

//= rfc7143#11.8
TEST(Rfc7143_11_8_Write, R2tsThatAreFulfilledAreRight) {
  Talk talk;
  talk.log_in(kR2t, kR2t);
  talk.ask(talk.command(2, cdb::write(0, 8), 0, 4096));
  talk.answer(talk.r2t(2, 70, 0, 2048));
  talk.ask(data_out(talk, 2, 70, 0, 0, 1024, false));
  talk.ask(data_out(talk, 2, 70, 1, 1024, 1024, true));
  talk.answer(talk.r2t(2, 71, 2048, 2048).set(field::kR2tSn, 1));
  talk.ask(data_out(talk, 2, 71, 0, 2048, 2048, true));
  talk.answer(status(talk, 2));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#11.8
TEST(Rfc7143_11_8_Write, EachFaultOfAnR2tIsFound) {
  struct Fault {
    std::string_view rule;
    Field field;
    std::uint32_t value;
  };
  for (const Fault& fault :
       {Fault{"r2t/asks-for-something", field::kDesiredLength, 0}, Fault{"r2t/has-a-tag", field::kTtt, kNoTag},
        Fault{"r2t/within-the-burst", field::kDesiredLength, 2049}, Fault{"r2t/lun-of-the-command", field::kLun, 1},
        Fault{"r2t/numbered", field::kR2tSn, 1}, Fault{"r2t/within-the-expected-length", field::kBufferOffset, 2052}}) {
    Talk talk(Role::target);
    talk.log_in(kR2t, kR2t);
    talk.ask(talk.command(2, cdb::write(0, 8), 0, 4096));
    talk.answer(talk.r2t(2, 70, 0, 2048).set(fault.field, fault.value));
    EXPECT_TRUE(talk.blames(fault.rule)) << fault.rule << "\n" << talk.findings();
  }
}

//= rfc7143#11.8
TEST(Rfc7143_11_8_Write, TooManyR2tsAndAGapBetweenThemAreFound) {
  Talk talk(Role::target);
  talk.log_in(kR2t, kR2t);
  talk.ask(talk.command(2, cdb::write(0, 8), 0, 4096));
  talk.answer(talk.r2t(2, 70, 0, 1024));
  talk.answer(talk.r2t(2, 71, 2048, 1024).set(field::kR2tSn, 1));
  EXPECT_TRUE(talk.blames("r2t/not-too-many"));
  EXPECT_TRUE(talk.blames("r2t/in-order"));
}

//= rfc7143#11.8
TEST(Rfc7143_11_8_Write, EachFaultOfSolicitedDataIsFound) {
  struct Fault {
    std::string_view rule;
    Field field;
    std::uint32_t value;
  };
  for (const Fault& fault :
       {Fault{"data-out/numbered", field::kDataSn, 1}, Fault{"data-out/in-order", field::kBufferOffset, 4},
        Fault{"data-out/within-the-r2t", field::kBufferOffset, 1024}, Fault{"data-out/last-is-final", field::kFinal, 0},
        Fault{"data-out/tag-of-an-r2t", field::kTtt, 99}, Fault{"data-out/lun-of-the-r2t", field::kLun, 1},
        Fault{"data-out/unsolicited-announced", field::kTtt, kNoTag}}) {
    Talk talk(Role::initiator);
    talk.log_in(kR2t, kR2t);
    talk.ask(talk.command(2, cdb::write(0, 8), 0, 4096));
    talk.answer(talk.r2t(2, 70, 0, 2048));
    talk.ask(data_out(talk, 2, 70, 0, 0, 2048, true).set(fault.field, fault.value));
    EXPECT_TRUE(talk.blames(fault.rule)) << fault.rule << "\n" << talk.findings();
  }
  Talk early(Role::initiator);
  early.log_in(kR2t, kR2t);
  early.ask(early.command(2, cdb::write(0, 8), 0, 4096));
  early.answer(early.r2t(2, 70, 0, 2048));
  early.ask(data_out(early, 2, 70, 0, 0, 512, true));
  EXPECT_TRUE(early.blames("data-out/all-that-was-asked-for"));
}

//= rfc7143#4.2.5.2
TEST(Rfc7143_4_2_5_2_Write, UnsolicitedDataAsAgreedIsRight) {
  Talk talk;
  talk.log_in(kNoR2t, kNoR2t);
  talk.ask(talk.command(2, cdb::write(0, 8), 0, 4096).set(field::kFinal, 0).with_data(zeros(512)));
  talk.ask(data_out(talk, 2, kNoTag, 0, 512, 512, false));
  talk.ask(data_out(talk, 2, kNoTag, 1, 1024, 1024, true));
  talk.answer(talk.r2t(2, 70, 2048, 2048));
  talk.ask(data_out(talk, 2, 70, 0, 2048, 2048, true));
  talk.answer(status(talk, 2));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#4.2.5.2
TEST(Rfc7143_4_2_5_2_Write, TooMuchAndTooLittleUnsolicitedDataIsFound) {
  Talk much(Role::initiator);
  much.log_in(kNoR2t, kNoR2t);
  much.ask(much.command(2, cdb::write(0, 8), 0, 4096).set(field::kFinal, 0));
  much.ask(data_out(much, 2, kNoTag, 0, 0, 2052, true));
  EXPECT_TRUE(much.blames("data-out/within-first-burst"));
  Talk little(Role::initiator);
  little.log_in(kNoR2t, kNoR2t);
  little.ask(little.command(2, cdb::write(0, 8), 0, 4096).set(field::kFinal, 0));
  little.ask(data_out(little, 2, kNoTag, 0, 0, 512, true));
  EXPECT_TRUE(little.blames("data-out/whole-first-burst"));
}

//= rfc7143#4.2.5.2
TEST(Rfc7143_4_2_5_2_Write, DataAfterALieOfTheTargetIsNotJudged) {
  Talk talk(Role::initiator);
  talk.log_in(kR2t, kR2t);
  talk.ask(talk.command(2, cdb::write(0, 8), 0, 4096));
  talk.answer(talk.r2t(2, 70, 4096, 4096));
  talk.ask(data_out(talk, 2, 70, 0, 0, 512, true));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
}

//= rfc7143#11.3
TEST(Rfc7143_11_3_Command, EachFaultIsFound) {
  const auto blamed = [](std::string_view rule, const Text& terms, auto bend) {
    Talk talk(Role::initiator);
    talk.log_in(terms, terms);
    Pdu command = talk.command(2, cdb::write(0, 1), 0, 512);
    bend(command);
    talk.ask(command);
    EXPECT_TRUE(talk.blames(rule)) << rule << "\n" << talk.findings();
  };
  blamed("command/final-or-write", kR2t, [](Pdu& pdu) { pdu.set(field::kWrite, 0).set(field::kFinal, 0); });
  blamed("command/direction", kR2t, [](Pdu& pdu) { pdu.set(field::kWrite, 0); });
  blamed("command/bidirectional-read-length", kR2t, [](Pdu& pdu) { pdu.set(field::kRead, 1); });
  blamed("command/immediate-data-agreed", kR2t, [](Pdu& pdu) { pdu.with_data(zeros(512)); });
  blamed("command/unsolicited-data-agreed", kR2t, [](Pdu& pdu) { pdu.set(field::kFinal, 0); });
  blamed("command/all-data-is-final", kNoR2t, [](Pdu& pdu) { pdu.set(field::kFinal, 0).with_data(zeros(512)); });
  blamed("command/no-more-than-expected", kNoR2t, [](Pdu& pdu) { pdu.with_data(zeros(516)); });
  blamed("command/immediate-data-within-first-burst", kNoR2t,
         [](Pdu& pdu) { pdu.set(field::kExpectedLength, 4096).with_data(zeros(2052)); });
  blamed("command/priority-agreed", kR2t, [](Pdu& pdu) { pdu.set(field::kPriority, 1); });
  blamed("command/extended-cdb", kR2t, [](Pdu& pdu) { pdu.ahs = {std::byte{0}, std::byte{1}, std::byte{1}, {}}; });
}

//= rfc7143#11.2.1.8
TEST(Rfc7143_11_2_1_8_Tag, AnAnswerToNothingAndOneTwiceAreFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(talk.nop_in(2));
  EXPECT_TRUE(talk.violations().empty()) << talk.findings();
  talk.answer(talk.nop_in(2));
  EXPECT_TRUE(talk.blames("tag/answer-to-nothing"));
}

//= rfc7143#11.2.1.8
TEST(Rfc7143_11_2_1_8_Tag, AnAnswerOfAnotherKindIsFound) {
  Talk talk(Role::target);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.answer(status(talk, 2));
  EXPECT_TRUE(talk.blames("tag/answer-of-another-kind"));
}

//= rfc7143#11.2.1.8
TEST(Rfc7143_11_2_1_8_Tag, ALiveTagUsedAgainIsFound) {
  Talk talk(Role::initiator);
  talk.log_in();
  talk.ask(talk.nop_out(2));
  talk.ask(talk.command(2, cdb::test_unit_ready()));
  EXPECT_TRUE(talk.blames("tag/live-tag-reused"));
}

}  // namespace
}  // namespace lunway::conformance
