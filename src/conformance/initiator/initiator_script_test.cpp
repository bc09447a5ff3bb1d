// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A suite that nobody answers must not say "pass".

#include "conformance/initiator/initiator_script.h"

#include <gtest/gtest.h>

#include "conformance/catalogue.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/initiator/runner.h"

namespace lunway::conformance {
namespace {

InitiatorUnderTest driven_by(const std::string& command) {
  InitiatorUnderTest initiator;
  initiator.listen = *runtime::Address::parse("127.0.0.1", 0);
  initiator.commands[0] = command;
  return initiator;
}

RunOptions impatient() {
  RunOptions options;
  options.jobs = 32;
  options.patience = {.answer = std::chrono::milliseconds(100), .silence = std::chrono::milliseconds(20)};
  return options;
}

InitiatorFacts all_abilities(const std::string& command) {
  InitiatorFacts facts;
  facts.commands.fill(command);
  for (unsigned need = 0; need < kNeedCount; ++need) facts.abilities.add(static_cast<Need>(need));
  return facts;
}

TEST(ConformanceInitiator, ADriverThatDoesNotConnectPassesNothing) {
  const InitiatorUnderTest initiator = driven_by("true");
  const auto outcomes =
      run_initiator_tests(all_tests(Judged::initiator), initiator, all_abilities("true"), impatient(), nullptr);
  for (const Outcome& outcome : outcomes) EXPECT_NE(outcome.verdict, Verdict::pass) << outcome.test->id;
}

TEST(ConformanceInitiator, TheProbeSaysWhatIsWrongWithADriver) {
  const InitiatorFacts facts = probe_initiator(driven_by("echo no such host; exit 2"), impatient());
  EXPECT_NE(facts.trouble.find("exit status 2: no such host"), std::string::npos) << facts.trouble;
}

//= rfc7143#6.2.1
TEST(Rfc7143_6_2_1_PlainTarget, TakesTheFirstOfAListThatItHas) {
  EXPECT_EQ(plain_answer({"HeaderDigest", "X-mine,CRC32C,None"}), "CRC32C");
  EXPECT_EQ(plain_answer({"HeaderDigest", "X-mine"}), "Reject");
}

//= rfc7143#6.2.2
TEST(Rfc7143_6_2_2_PlainTarget, AnswersByTheFunctionOfTheKey) {
  EXPECT_EQ(plain_answer({"MaxBurstLength", "512"}), "512");
  EXPECT_EQ(plain_answer({"MaxBurstLength", "0x1000000"}), "262144");
  EXPECT_EQ(plain_answer({"DefaultTime2Wait", "5"}), "5");
  EXPECT_EQ(plain_answer({"InitialR2T", "Yes"}), "Yes");
  EXPECT_EQ(plain_answer({"ImmediateData", "No"}), "No");
  EXPECT_EQ(plain_answer({"InitiatorAlias", "me"}), std::nullopt);
  EXPECT_EQ(plain_answer({"X-org.example.key", "1"}), "NotUnderstood");
}

//= rfc7143#13.25
TEST(Rfc7143_13_25_PlainTarget, RejectsMarkers) { EXPECT_EQ(plain_answer({"OFMarker", "Yes"}), "Reject"); }

TEST(PlainDisk, ReadsWhatWasWritten) {
  PlainDisk disk("1");
  const std::vector<std::byte> block(PlainDisk::kBlockSize, std::byte{0x5a});
  EXPECT_EQ(disk.execute(cdb::write(7, 1), block).status, 0);
  EXPECT_EQ(disk.execute(cdb::read(7, 1), {}).data, block);
  EXPECT_EQ(disk.execute(cdb::read(PlainDisk::kBlocks, 1), {}).sense, sense::fixed(sense::kLbaOutOfRange));
}

}  // namespace
}  // namespace lunway::conformance
