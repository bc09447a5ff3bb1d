// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data-In: how the data of a read comes.
//= rfc7143#11.7

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

constexpr std::uint32_t kReadBytes = 64U << 10;

std::uint32_t blocks_for(TargetScript& s, std::uint32_t bytes) {
  return std::min(s.window().blocks, std::max(1U, bytes / s.block_size()));
}

/// A READ of 64 KiB in a session with these offers.
Completion reads(TargetScript& s, const Text& offers, std::uint32_t bytes = kReadBytes) {
  Link& link = s.log_in({.offers = offers});
  const std::uint32_t blocks = blocks_for(s, bytes);
  return link.run_good(cdb::read(s.window().first, blocks), {.read = blocks * s.block_size()});
}

/// Data-In PDUs in order, without gaps: the default, and all that DataPDUInOrder=Yes and DataSequenceInOrder=Yes allow.
void require_in_order(TargetScript& s, const Completion& done) {
  std::uint32_t offset = 0;
  std::uint32_t number = 0;
  for (const Pdu& pdu : done.data_in) {
    s.require_field(pdu, field::kDataSn, number++, "11.7.5");
    s.require_field(pdu, field::kBufferOffset, offset, "13.18");
    offset += static_cast<std::uint32_t>(pdu.data.size());
  }
}

/// No sequence of Data-In, from one F bit to the next, is longer than MaxBurstLength.
void require_bursts(TargetScript& s, const Completion& done, std::size_t max_burst) {
  std::size_t burst = 0;
  for (const Pdu& pdu : done.data_in) {
    burst += pdu.data.size();
    s.require(burst <= max_burst, "a sequence of at most " + std::to_string(max_burst) + " bytes",
              std::to_string(burst) + " bytes without F", "13.13");
    if (pdu[field::kFinal] != 0) burst = 0;
  }
  s.require(!done.data_in.empty() && done.data_in.back()[field::kFinal] != 0, "F on the last Data-In", "no F",
            "11.7.1");
}

void segments_of(TargetScript& s, std::uint32_t limit) {
  const Completion done = reads(s, {{"MaxRecvDataSegmentLength", std::to_string(limit)}});
  for (const Pdu& pdu : done.data_in) {
    s.require(pdu.data.size() <= limit, "data segments of at most " + std::to_string(limit) + " bytes",
              std::to_string(pdu.data.size()) + " bytes", "13.12");
  }
  require_in_order(s, done);
}

void bursts_of(TargetScript& s, std::uint32_t limit) {
  const Completion done = reads(s, {{"MaxBurstLength", std::to_string(limit)}, {"FirstBurstLength", "512"}});
  require_bursts(s, done, limit);
  require_in_order(s, done);
}

constexpr std::string_view kAboutSegments =
    "Declares that MaxRecvDataSegmentLength and reads 64 KiB. No Data-In has a longer data segment, DataSN counts from "
    "0 and "
    "offsets have no gaps.";
constexpr std::string_view kAboutBursts =
    "Offers that MaxBurstLength and reads 64 KiB. The Data-In PDUs from one F bit to the next have no more data than "
    "that, and "
    "the last of all has F.";

constexpr Test kTests[] = {
    {.id = "4.2.2.4/data-sn-counts-from-zero",
     .title = "DataSN of each read begins at 0 and grows by one",
     .proves = "R7143-4.2.2.4-01",
     .needs = {Need::disk},
     .about = "Reads 64 KiB twice in one session with segments of 1024 bytes. Both times DataSN begins at 0.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"MaxRecvDataSegmentLength", "1024"}}});
           const std::uint32_t blocks = blocks_for(s, kReadBytes);
           for (int count = 0; count < 2; ++count) {
             require_in_order(s, link.run_good(cdb::read(s.window().first, blocks), {.read = blocks * s.block_size()}));
           }
         }},
    {.id = "13.12/segments-of-512-bytes",
     .title = "Data-In has segments of at most 512 bytes when that is declared",
     .proves = "R7143-13.12-02 R7143-11.7.1-02",
     .needs = {Need::disk},
     .about = kAboutSegments,
     .script = [](TargetScript& s) { segments_of(s, 512); }},
    {.id = "13.12/segments-of-1000-bytes",
     .title = "Data-In has segments of at most 1000 bytes when that is declared",
     .proves = "R7143-13.12-02 R7143-11.7.1-02",
     .needs = {Need::disk},
     .about = kAboutSegments,
     .script = [](TargetScript& s) { segments_of(s, 1000); }},
    {.id = "13.12/segments-of-4096-bytes",
     .title = "Data-In has segments of at most 4096 bytes when that is declared",
     .proves = "R7143-13.12-02 R7143-11.7.1-02",
     .needs = {Need::disk},
     .about = kAboutSegments,
     .script = [](TargetScript& s) { segments_of(s, 4096); }},
    {.id = "13.12/segments-of-the-default",
     .title = "Data-In has segments of at most 8192 bytes when nothing is declared",
     .proves = "R7143-13.12-02 R7143-11.7.1-02",
     .needs = {Need::disk},
     .about = "Declares nothing and reads 64 KiB: the default of 8192 bytes is a limit like any other.",
     .script =
         [](TargetScript& s) {
           for (const Pdu& pdu : reads(s, {}).data_in) {
             s.require(pdu.data.size() <= 8192, "data segments of at most 8192 bytes",
                       std::to_string(pdu.data.size()) + " bytes");
           }
         }},
    {.id = "13.13/bursts-of-512-bytes",
     .title = "Sequences of Data-In have at most 512 bytes when that is agreed on",
     .proves = "R7143-11.7.1-03 R7143-11.7.1-04 R7143-13.13-01",
     .needs = {Need::disk},
     .about = kAboutBursts,
     .script = [](TargetScript& s) { bursts_of(s, 512); }},
    {.id = "13.13/bursts-of-4096-bytes",
     .title = "Sequences of Data-In have at most 4096 bytes when that is agreed on",
     .proves = "R7143-11.7.1-03 R7143-11.7.1-04 R7143-13.13-01",
     .needs = {Need::disk},
     .about = kAboutBursts,
     .script = [](TargetScript& s) { bursts_of(s, 4096); }},
    {.id = "11.7.1/bursts-that-are-no-multiple-of-segments",
     .title = "Sequences of Data-In keep to a burst that is no multiple of the segments",
     .proves = "R7143-11.7.1-03 R7143-11.7.1-04",
     .needs = {Need::disk},
     .about = "Declares segments of 4096 bytes and offers bursts of 10000, and reads 64 KiB.",
     .script =
         [](TargetScript& s) {
           const Completion done = reads(
               s, {{"MaxRecvDataSegmentLength", "4096"}, {"MaxBurstLength", "10000"}, {"FirstBurstLength", "512"}});
           require_bursts(s, done, 10000);
           require_in_order(s, done);
         }},
    {.id = "11.7.2/no-acknowledgement-at-level-0",
     .title = "No Data-In asks for an acknowledgement at ErrorRecoveryLevel 0",
     .proves = "R7143-11.7.2-03",
     .needs = {Need::disk},
     .about = "Reads 64 KiB with short bursts in a session of level 0: the A bit is never set.",
     .script =
         [](TargetScript& s) {
           const Completion done =
               reads(s, {{"ErrorRecoveryLevel", "0"}, {"MaxBurstLength", "4096"}, {"FirstBurstLength", "512"}});
           for (const Pdu& pdu : done.data_in) {
             s.require_field(pdu, field::kAcknowledge, 0);
             s.should(pdu[field::kTtt] == kNoTag, "Target Transfer Tag 0xffffffff without A", summary_of(pdu),
                      "11.7.4");
           }
         }},
    {.id = "11.7.2/acknowledgements-once-a-burst",
     .title = "At ErrorRecoveryLevel 1 Data-In asks for an acknowledgement at most once in MaxBurstLength bytes",
     .proves = "R7143-11.7.2-02 R7143-11.7.4-01",
     .needs = {Need::disk, Need::recovery_level_1},
     .about = "Reads 64 KiB in bursts of 8192 bytes at level 1. Between two A bits, but for the last Data-In of all, "
              "there are at "
              "least 8192 bytes; with the A bit come a Target Transfer Tag and the LUN.",
     .script =
         [](TargetScript& s) {
           const Completion done = reads(s, {{"ErrorRecoveryLevel", "1"},
                                             {"MaxBurstLength", "8192"},
                                             {"FirstBurstLength", "512"},
                                             {"MaxRecvDataSegmentLength", "1024"}});
           std::size_t since = 8192;
           for (const Pdu& pdu : done.data_in) {
             since += pdu.data.size();
             if (pdu[field::kAcknowledge] == 0) continue;
             const bool last = &pdu == &done.data_in.back();
             s.require(last || since >= 8192, "at least 8192 bytes between A bits", std::to_string(since) + " bytes");
             s.require(pdu[field::kTtt] != kNoTag, "a Target Transfer Tag with the A bit", summary_of(pdu), "11.7.4");
             since = 0;
           }
         }},
    {.id = "11.7.3/status-comes-with-the-last-data",
     .title = "A Data-In with status is the last of its command and has F",
     .proves = "R7143-11.7.3-03 R7143-11.7.1-04",
     .needs = {Need::disk},
     .about = "Reads 64 KiB. If a Data-In has the S bit it has F too, nothing of the command follows it, and its "
              "status is GOOD.",
     .script =
         [](TargetScript& s) {
           const Completion done = reads(s, {});
           for (const Pdu& pdu : done.data_in) {
             if (pdu[field::kHasStatus] == 0) continue;
             s.require_field(pdu, field::kFinal, 1);
             s.require(&pdu == &done.data_in.back(), "S on the last Data-In only", summary_of(pdu));
           }
         }},
    {.id = "11.7.3/error-comes-without-data-in-status",
     .title = "The status of a read that fails comes in a SCSI Response",
     .proves = "R7143-11.7.3-01",
     .needs = {Need::disk},
     .about = "Reads beyond the end of the unit: CHECK CONDITION and its sense data are in a SCSI Response, not in a "
              "Data-In.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Completion done = link.run(link.command(cdb::read(s.facts().blocks + 8, 1), {.read = s.block_size()}));
           s.require(done.status.is(Opcode::scsi_response), "a SCSI Response", summary_of(done.status));
           s.require(!done.good(), "an error for blocks that there are not", "GOOD", "4.6.1.2");
           s.require(done.status.data.size() > 2, "sense data", summary_of(done.status));
         }},
    {.id = "13.18/data-in-any-order-is-whole",
     .title = "With DataPDUInOrder=No and DataSequenceInOrder=No all of the data comes, each byte once",
     .proves = "R7143-13.18-01",
     .needs = {Need::disk},
     .about =
         "Offers No for both keys and reads 64 KiB in short bursts. Whatever the order, the Data-In PDUs cover the "
         "transfer without overlap.",
     .script =
         [](TargetScript& s) {
           Completion done = reads(s, {{"DataPDUInOrder", "No"},
                                       {"DataSequenceInOrder", "No"},
                                       {"MaxBurstLength", "8192"},
                                       {"FirstBurstLength", "512"},
                                       {"MaxRecvDataSegmentLength", "1024"}});
           std::ranges::sort(done.data_in, {}, [](const Pdu& pdu) { return pdu[field::kBufferOffset]; });
           std::uint32_t offset = 0;
           for (const Pdu& pdu : done.data_in) {
             s.require_field(pdu, field::kBufferOffset, offset);
             offset += static_cast<std::uint32_t>(pdu.data.size());
           }
           s.require_equal(offset, done.data.size(), "the number of bytes that arrive");
         }},
    {.id = "4.2.5.1/reads-interleave",
     .title = "Reads that run at the same time come back each with its own data",
     .proves = "R7143-4.2.5.1-02",
     .needs = {Need::disk},
     .about = "Sends eight READs together in a session with short segments and follows their Data-In by tag: each read "
              "gets all "
              "of its data and one status.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"MaxRecvDataSegmentLength", "2048"}}});
           const std::uint32_t blocks = blocks_for(s, 16U << 10);
           std::vector<Pdu> commands;
           for (int count = 0; count < 8; ++count) {
             commands.push_back(link.command(cdb::read(s.window().first, blocks), {.read = blocks * s.block_size()}));
             link.send(commands.back());
           }
           std::vector<std::size_t> bytes(commands.size());
           std::size_t open = commands.size();
           while (open != 0) {
             const Arrival arrival = link.receive();
             s.require(arrival.kind == Arrival::Kind::pdu, "data and status of eight reads", describe(arrival));
             const auto command = std::ranges::find_if(
                 commands, [&](const Pdu& pdu) { return pdu[field::kItt] == arrival.pdu[field::kItt]; });
             s.require(command != commands.end(), "the tag of one of the reads", describe(arrival));
             bytes[static_cast<std::size_t>(command - commands.begin())] += arrival.pdu.data.size();
             const bool over = arrival.is(Opcode::scsi_response) || arrival.pdu[field::kHasStatus] != 0;
             if (over) --open;
           }
           for (const std::size_t count : bytes)
             s.require_equal(count, std::uint64_t{blocks} * s.block_size(), "bytes of a read");
         }},
};

}  // namespace

std::span<const Test> section_11_7() { return kTests; }

}  // namespace lunway::conformance::target_tests
