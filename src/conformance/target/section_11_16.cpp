// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SNACK: what was lost comes again.
//= rfc7143#11.16
//= rfc7143#7.1.4

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

// Types of SNACK.
constexpr std::uint8_t kDataOrR2t = 0;
constexpr std::uint8_t kStatus = 1;
constexpr std::uint8_t kDataAck = 2;
constexpr std::uint8_t kReserved = 7;

constexpr int kProtocolError = 0x04;

/// A session of level 1 with segments of 4096 bytes.
Link& recovering(TargetScript& s, Text offers = {}) {
  offers.push_back({"ErrorRecoveryLevel", "1"});
  offers.push_back({"MaxRecvDataSegmentLength", "4096"});
  return s.log_in({.offers = offers});
}

/// All that a PDU says but for the numbers that are always current.
bool is_replica(const Pdu& again, const Pdu& before) {
  Pdu one = again;
  Pdu other = before;
  for (Pdu* pdu : {&one, &other}) pdu->set(field::kExpCmdSn, 0).set(field::kMaxCmdSn, 0);
  return one == other;
}

struct Read {
  Link& link;
  Pdu command;
  Completion done;
};

/// A READ of 32 KiB whose status is not acknowledged.
Read reads(TargetScript& s, const Text& offers = {}) {
  Link& link = recovering(s, offers);
  const std::uint32_t blocks = std::min(s.window().blocks, std::max(1U, (32U << 10) / s.block_size()));
  const std::uint32_t unacknowledged = link.exp_stat_sn();
  const Pdu command = link.command(cdb::read(s.window().first, blocks), {.read = blocks * s.block_size()});
  Completion done = link.run(command);
  if (!done.good()) s.inconclusive("a plain READ did not end GOOD");
  link.set_exp_stat_sn(unacknowledged);
  return {link, command, std::move(done)};
}

/// Asks for Data-In again and compares.
void asks_for_data(TargetScript& s, std::uint32_t first, std::uint32_t run) {
  const Read read = reads(s);
  if (read.done.data_in.size() < 8) s.inapplicable("the READ has too few Data-In PDUs");
  read.link.send(read.link.snack(kDataOrR2t, read.command[field::kItt], kNoTag, first, run));
  const std::size_t last = run == 0 ? read.done.data_in.size() : first + run;
  for (std::size_t number = first; number < last; ++number) {
    const Pdu again = read.link.expect(Opcode::data_in, "the data that the SNACK asks for");
    s.require_field(again, field::kDataSn, number);
    Pdu before = read.done.data_in[number];
    // The status need not come again with its data.
    Pdu without = before;
    without.set(field::kHasStatus, 0).set(field::kStatus, 0).set(field::kStatSn, 0);
    without.set(field::kUnderflow, 0).set(field::kOverflow, 0).set(field::kResidual, 0);
    s.require(is_replica(again, before) || is_replica(again, without), "the same Data-In as before",
              summary_of(again) + " after " + summary_of(before));
  }
}

constexpr std::string_view kAboutData =
    "At ErrorRecoveryLevel 1 reads 32 KiB in segments of 4096 bytes, does not acknowledge the status, and asks with a "
    "Data SNACK for the "
    "Data-In PDUs that the title names. They come again, the same but for ExpCmdSN and MaxCmdSN.";

constexpr Test kTests[] = {
    {.id = "11.16/one-data-in-again",
     .title = "A Data SNACK for one Data-In brings it again",
     .proves = "R7143-11.16-01 R7143-11.16-05 R7143-7.8-07",
     .needs = {Need::disk, Need::recovery_level_1},
     .about = kAboutData,
     .script = [](TargetScript& s) { asks_for_data(s, 2, 1); }},
    {.id = "11.16/first-data-in-again",
     .title = "A Data SNACK for the first Data-In brings it again",
     .proves = "R7143-11.16-01 R7143-11.16-05",
     .needs = {Need::disk, Need::recovery_level_1},
     .about = kAboutData,
     .script = [](TargetScript& s) { asks_for_data(s, 0, 1); }},
    {.id = "11.16/a-run-of-data-in-again",
     .title = "A Data SNACK for a run of Data-In brings all of the run again",
     .proves = "R7143-11.16-01 R7143-11.16-05",
     .needs = {Need::disk, Need::recovery_level_1},
     .about = kAboutData,
     .script = [](TargetScript& s) { asks_for_data(s, 1, 4); }},
    {.id = "11.16/all-data-in-again",
     .title = "A Data SNACK with RunLength 0 brings all Data-In again from BegRun on",
     .proves = "R7143-11.16-01 R7143-11.16-05",
     .needs = {Need::disk, Need::recovery_level_1},
     .about = kAboutData,
     .script = [](TargetScript& s) { asks_for_data(s, 3, 0); }},
    {.id = "11.16/status-again",
     .title = "A Status SNACK brings a response again, with its StatSN",
     .proves = "R7143-11.16-01 R7143-11.16-02 R7143-11.4.9-01",
     .needs = {Need::recovery_level_1},
     .about = "At ErrorRecoveryLevel 1 runs TEST UNIT READY, does not acknowledge its status, and asks for it again: "
              "the same SCSI "
              "Response comes, but for ExpCmdSN and MaxCmdSN.",
     .script =
         [](TargetScript& s) {
           Link& link = recovering(s);
           const std::uint32_t unacknowledged = link.exp_stat_sn();
           const Completion done = link.run(link.command(cdb::test_unit_ready()));
           link.set_exp_stat_sn(unacknowledged);
           link.send(link.snack(kStatus, kNoTag, kNoTag, unacknowledged, 1));
           const Pdu again = link.expect(Opcode::scsi_response, "the status that the SNACK asks for");
           s.require(is_replica(again, done.status), "the same SCSI Response as before", summary_of(again));
         }},
    {.id = "11.16/status-again-with-current-numbers",
     .title = "A response that comes again has the current ExpCmdSN",
     .proves = "R7143-11.16-03",
     .needs = {Need::recovery_level_1},
     .about = "As above, with a command in between: ExpCmdSN of the response that comes again is that of now.",
     .script =
         [](TargetScript& s) {
           Link& link = recovering(s);
           const std::uint32_t unacknowledged = link.exp_stat_sn();
           link.run(link.command(cdb::test_unit_ready()));
           link.set_exp_stat_sn(unacknowledged);
           const Pdu between = link.nop_out();
           link.send(between);
           link.expect_answer(between, Opcode::nop_in);
           link.set_exp_stat_sn(unacknowledged);
           link.send(link.snack(kStatus, kNoTag, kNoTag, unacknowledged, 1));
           s.require_field(link.expect(Opcode::scsi_response), field::kExpCmdSn, link.cmd_sn());
         }},
    {.id = "11.16/r2t-again",
     .title = "An R2T SNACK brings an R2T again",
     .proves = "R7143-11.16-01 R7143-11.16-02",
     .needs = {Need::disk, Need::writes, Need::recovery_level_1},
     .about = "At ErrorRecoveryLevel 1 begins a WRITE, takes its R2T and asks for it again: the same R2T comes, and "
              "the command ends GOOD "
              "when it is answered.",
     .script =
         [](TargetScript& s) {
           Link& link = recovering(s, {{"InitialR2T", "Yes"}, {"ImmediateData", "No"}});
           const std::vector<std::byte> data = s.pattern(s.block_size());
           const Pdu command = link.command(cdb::write(s.window().first, 1), {.write = s.block_size()});
           link.send(command);
           const Pdu r2t = link.expect(Opcode::ready_to_transfer);
           link.send(link.snack(kDataOrR2t, command[field::kItt], kNoTag, 0, 1));
           const Pdu again = link.expect(Opcode::ready_to_transfer, "the R2T that the SNACK asks for");
           Pdu same = again;
           same.set(field::kStatSn, r2t[field::kStatSn]);
           s.require(is_replica(same, r2t), "the same R2T as before", summary_of(again));
           link.answer(command, again, data);
           s.require(link.finish(command, data).good(), "the WRITE ends GOOD", "another status");
         }},
    {.id = "11.16/acknowledged-data",
     .title = "A DataACK for a Data-In with the A bit is taken in silence",
     .proves = "R7143-11.16-01",
     .needs = {Need::disk, Need::recovery_level_1},
     .about = "At ErrorRecoveryLevel 1 reads with short bursts, and answers a Data-In with the A bit by a DataACK. "
              "Nothing comes for "
              "it; a target that never sets A makes the test inapplicable.",
     .script =
         [](TargetScript& s) {
           const Read read = reads(s, {{"MaxBurstLength", "8192"}, {"FirstBurstLength", "512"}});
           const auto asking =
               std::ranges::find_if(read.done.data_in, [](const Pdu& pdu) { return pdu[field::kAcknowledge] != 0; });
           if (asking == read.done.data_in.end()) s.inapplicable("the target never asks for an acknowledgement");
           Pdu ack = read.link.snack(kDataAck, kNoTag, (*asking)[field::kTtt], (*asking)[field::kDataSn] + 1, 0);
           read.link.send(ack.set(field::kLun, asking->get(field::kLun)));
           read.link.expect_nothing_but_ping("nothing for a DataACK");
         }},
    {.id = "11.16/status-that-was-never-sent",
     .title = "A Status SNACK for a StatSN that was never sent is rejected: protocol error",
     .proves = "R7143-11.16-07",
     .needs = {Need::recovery_level_1},
     .about = "At ErrorRecoveryLevel 1 asks for a status 1000 numbers ahead: a Reject with reason 0x04, or with the "
              "SNACK reject 0x03.",
     .script =
         [](TargetScript& s) {
           Link& link = recovering(s);
           link.send(link.snack(kStatus, kNoTag, kNoTag, link.exp_stat_sn() + 1000, 1));
           const Arrival arrival = s.expect_one_of(link.connection(), {allow::reject(), allow::kClose},
                                                   "a SNACK for what was never sent", "11.16");
           if (!arrival.ended())
             s.should(arrival.pdu[field::kRejectReason] == kProtocolError, "reason 0x04", describe(arrival));
         }},
    {.id = "11.16/data-that-was-never-sent",
     .title = "A Data SNACK for a DataSN that was never sent is rejected: protocol error",
     .proves = "R7143-11.16-07 R7143-11.17.2-01",
     .needs = {Need::disk, Need::recovery_level_1},
     .about = "At ErrorRecoveryLevel 1 reads, and asks for a Data-In 1000 numbers ahead: a Reject whose DataSN field "
              "is the next number of "
              "the command.",
     .script =
         [](TargetScript& s) {
           const Read read = reads(s);
           read.link.send(read.link.snack(kDataOrR2t, read.command[field::kItt], kNoTag, 1000, 1));
           const Arrival arrival = s.expect_one_of(read.link.connection(), {allow::reject(), allow::kClose},
                                                   "a SNACK for what was never sent", "11.16");
           if (arrival.ended() || arrival.pdu[field::kRejectReason] != kProtocolError) return;
           s.require_field(arrival.pdu, field::kDataSn, read.done.data_in.size(), "11.17.2");
         }},
    {.id = "11/reserved-snack-type",
     .title = "A SNACK of a reserved type is refused",
     .proves = "R7143-11-03",
     .needs = {Need::recovery_level_1},
     .about = "At ErrorRecoveryLevel 1 sends a SNACK of type 7: a Reject, or the end of the connection.",
     .script =
         [](TargetScript& s) {
           Link& link = recovering(s);
           link.send(link.snack(kReserved, kNoTag, kNoTag, link.exp_stat_sn(), 1));
           s.expect_one_of(link.connection(), {allow::reject(), allow::kClose}, "a SNACK of a reserved type",
                           "11.16.1");
         }},
};

}  // namespace

std::span<const Test> section_11_16() { return kTests; }

}  // namespace lunway::conformance::target_tests
