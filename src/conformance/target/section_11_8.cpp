// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// R2T and Data-Out: how the data of a write is asked for and taken, and what happens when it is not as it should be.
//= rfc7143#11.8
//= rfc7143#11.7

#include <algorithm>
#include <set>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

/// The same with all data asked for by R2T.
Text solicited(Text offers) {
  offers.push_back({"InitialR2T", "Yes"});
  offers.push_back({"ImmediateData", "No"});
  return offers;
}

std::uint32_t blocks_for(TargetScript& s, std::uint32_t bytes) {
  return std::min(s.window().blocks, std::max(1U, bytes / s.block_size()));
}

/// A WRITE that asks for its data by R2T.
struct Writing {
  Link& link;
  Pdu command;
  std::vector<std::byte> data;
};

Writing begins_write(TargetScript& s, const Text& offers, std::uint32_t bytes) {
  Link& link = s.log_in({.offers = solicited(offers)});
  const std::uint32_t blocks = blocks_for(s, bytes);
  Pdu command = link.command(cdb::write(s.window().first, blocks), {.write = blocks * s.block_size()});
  return {link, std::move(command), s.pattern(std::size_t{blocks} * s.block_size())};
}

/// What was written is what is read.
void require_written(TargetScript& s, Link& link, Bytes data) {
  const auto blocks = static_cast<std::uint32_t>(data.size() / s.block_size());
  const Completion done =
      link.run_good(cdb::read(s.window().first, blocks), {.read = static_cast<std::uint32_t>(data.size())});
  s.require(std::ranges::equal(done.data, data), "the data that was written", "other data");
}

/// Writes in a session with these offers, moves the data in the plain way, and reads it back.
void writes(TargetScript& s, const Text& offers, std::uint32_t bytes) {
  Writing writing = begins_write(s, offers, bytes);
  const Completion done = writing.link.run(writing.command, writing.data);
  s.require(done.good(), "the WRITE ends GOOD", summary_of(done.status));
  require_written(s, writing.link, writing.data);
}

/// R2Ts that cover the transfer in order, without gaps, none longer than a burst.
void require_r2ts(TargetScript& s, const Completion& done, std::uint32_t total, std::uint32_t max_burst) {
  std::uint32_t offset = 0;
  std::uint32_t number = 0;
  for (const Pdu& r2t : done.r2ts) {
    s.require_field(r2t, field::kR2tSn, number++, "11.8.2");
    s.require_field(r2t, field::kBufferOffset, offset, "11.8");
    s.require(r2t[field::kDesiredLength] != 0 && r2t[field::kDesiredLength] <= max_burst,
              "a Desired Data Transfer Length of 1 to " + std::to_string(max_burst), summary_of(r2t), "11.8.4");
    s.require(r2t[field::kTtt] != kNoTag, "a Target Transfer Tag", summary_of(r2t), "11.8.5");
    offset += r2t[field::kDesiredLength];
  }
  s.require_equal(offset, total, "the sum of what the R2Ts ask for", "11.8");
}

void asks_in_bursts(TargetScript& s, std::uint32_t max_burst, std::uint32_t bytes) {
  Writing writing =
      begins_write(s, {{"MaxBurstLength", std::to_string(max_burst)}, {"FirstBurstLength", "512"}}, bytes);
  const Completion done = writing.link.run(writing.command, writing.data);
  s.require(done.good(), "the WRITE ends GOOD", summary_of(done.status));
  require_r2ts(s, done, static_cast<std::uint32_t>(writing.data.size()), max_burst);
  require_written(s, writing.link, writing.data);
}

using Bend = void (*)(Pdu& data_out, const Pdu& r2t);

/// Answers an R2T with one Data-Out that `bend` has made wrong. The target may reject it, end the command with an
/// error, ask again, or end the connection; what it may not do is end the command GOOD with that data, or fall silent
/// for ever.
void refuses_data(TargetScript& s, Bend bend) {
  Writing writing = begins_write(s, {{"ErrorRecoveryLevel", "0"}}, 1);
  writing.link.send(writing.command);
  const Pdu r2t = writing.link.expect(Opcode::ready_to_transfer);
  Pdu data_out = writing.link.data_out(writing.command, r2t[field::kTtt], 0, r2t[field::kBufferOffset],
                                       Bytes(writing.data).first(r2t[field::kDesiredLength]), true);
  bend(data_out, r2t);
  writing.link.send(data_out);
  const Arrival arrival = s.expect_one_of(
      writing.link.connection(),
      {allow::reject(), allow::kClose, allow::pdu(Opcode::scsi_response), allow::pdu(Opcode::ready_to_transfer)},
      "data that cannot be what it says is not taken", "7.7");
  if (!arrival.is(Opcode::scsi_response)) return;
  const bool good = arrival.pdu[field::kResponse] == 0 && arrival.pdu[field::kStatus] == 0;
  s.require(!good, "no GOOD for a command whose data was wrong", summary_of(arrival.pdu));
}

constexpr std::string_view kAboutWrites =
    "Writes in a session with those parameters, answers each R2T with Data-Out PDUs as they should be, and reads the "
    "blocks "
    "back: the command ends GOOD and the data is what was written.";
constexpr std::string_view kAboutBursts =
    "Offers that MaxBurstLength and writes. R2TSN counts from 0, the R2Ts follow each other without gap or overlap and "
    "none asks "
    "for nothing or for more than the burst; the data is read back.";
constexpr std::string_view kAboutWrongData =
    "Begins a WRITE, takes its R2T, and answers with one Data-Out that departs from it as the title says. A Reject, a "
    "status that "
    "is not GOOD, another R2T, or the end of the connection are all legal; GOOD and silence are not.";

constexpr Test kTests[] = {
    {.id = "4.2.5.1/write-of-one-block",
     .title = "A write of one block ends GOOD and holds",
     .proves = "R7143-4.2.5.1-04",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrites,
     .script = [](TargetScript& s) { writes(s, {}, 1); }},
    {.id = "4.2.5.1/write-of-64-kib",
     .title = "A write of 64 KiB ends GOOD and holds",
     .proves = "R7143-4.2.5.1-04",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrites,
     .script = [](TargetScript& s) { writes(s, {}, 64U << 10); }},
    {.id = "13.18/write-with-data-in-any-order",
     .title = "A write in a session of DataPDUInOrder=No and DataSequenceInOrder=No ends GOOD and holds",
     .proves = "R7143-13.18-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrites,
     .script =
         [](TargetScript& s) {
           writes(s, {{"DataPDUInOrder", "No"}, {"DataSequenceInOrder", "No"}, {"MaxBurstLength", "8192"}}, 64U << 10);
         }},
    {.id = "11.8.4/bursts-of-512-bytes",
     .title = "R2Ts ask for at most 512 bytes each when that is agreed on",
     .proves = "R7143-11.8.4-01 R7143-11.8.4-02 R7143-11.8-12 R7143-11.8.5-01 R7143-4.2.2.4-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutBursts,
     .script = [](TargetScript& s) { asks_in_bursts(s, 512, 8192); }},
    {.id = "11.8.4/bursts-of-4096-bytes",
     .title = "R2Ts ask for at most 4096 bytes each when that is agreed on",
     .proves = "R7143-11.8.4-01 R7143-11.8.4-02 R7143-11.8-12 R7143-11.8.5-01 R7143-4.2.2.4-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutBursts,
     .script = [](TargetScript& s) { asks_in_bursts(s, 4096, 64U << 10); }},
    {.id = "11.8.4/bursts-that-do-not-divide-the-write",
     .title = "R2Ts cover a write that their burst does not divide",
     .proves = "R7143-11.8.4-02 R7143-11.8-12",
     .needs = {Need::disk, Need::writes},
     .about = kAboutBursts,
     .script = [](TargetScript& s) { asks_in_bursts(s, 5000, 16U << 10); }},

    {.id = "11.8/one-r2t-at-a-time",
     .title = "One R2T of a command is outstanding at a time when MaxOutstandingR2T is 1",
     .proves = "R7143-11.8-13 R7143-13.17-01",
     .needs = {Need::disk, Need::writes},
     .about = "Offers MaxOutstandingR2T=1 and bursts of 512 bytes, begins a write of 8 KiB and does not answer its "
              "first R2T: no "
              "second one comes.",
     .script =
         [](TargetScript& s) {
           Writing writing = begins_write(
               s, {{"MaxOutstandingR2T", "1"}, {"MaxBurstLength", "512"}, {"FirstBurstLength", "512"}}, 8192);
           writing.link.send(writing.command);
           writing.link.expect(Opcode::ready_to_transfer);
           writing.link.expect_nothing_but_ping("no second R2T before the first is answered");
         }},
    {.id = "11.8/no-more-r2ts-than-agreed-on",
     .title = "No more R2Ts of a command are outstanding than MaxOutstandingR2T, and their tags differ",
     .proves = "R7143-11.8-13",
     .needs = {Need::disk, Need::writes, Need::several_r2ts},
     .about = "Offers MaxOutstandingR2T=3 and bursts of 512 bytes, begins a write of 16 KiB and answers nothing. At "
              "most as many R2Ts "
              "come as were agreed on, each with a Target Transfer Tag of its own.",
     .script =
         [](TargetScript& s) {
           Writing writing = begins_write(
               s, {{"MaxOutstandingR2T", "3"}, {"MaxBurstLength", "512"}, {"FirstBurstLength", "512"}}, 16U << 10);
           writing.link.send(writing.command);
           std::set<std::uint32_t> tags;
           for (;;) {
             const Arrival arrival = writing.link.receive(s.patience().silence);
             if (!arrival.is(Opcode::ready_to_transfer)) break;
             s.require(tags.insert(arrival.pdu[field::kTtt]).second, "a tag of its own for each R2T",
                       summary_of(arrival.pdu));
           }
           s.require(!tags.empty() && tags.size() <= writing.link.number("MaxOutstandingR2T", 1),
                     "1 to 3 outstanding R2Ts", std::to_string(tags.size()));
           writing.link.ping();
         }},
    {.id = "4.2.5.3/r2t-has-the-lun-of-its-command",
     .title = "An R2T has the LUN and the tag of its command",
     .proves = "R7143-4.2.5.3-02",
     .needs = {Need::disk, Need::writes},
     .about = "Begins a WRITE and compares LUN and Initiator Task Tag of the R2T with those of the command.",
     .script =
         [](TargetScript& s) {
           Writing writing = begins_write(s, {}, 1);
           writing.link.send(writing.command);
           const Pdu r2t = writing.link.expect(Opcode::ready_to_transfer);
           s.require_field(r2t, field::kLun, writing.command.get(field::kLun));
           s.require_field(r2t, field::kItt, writing.command[field::kItt]);
         }},
    {.id = "11.8.3/r2t-takes-no-stat-sn",
     .title = "An R2T carries the next StatSN and does not use it up",
     .proves = "R7143-11.8.3-01",
     .needs = {Need::disk, Need::writes},
     .about =
         "Begins a WRITE. The StatSN of its R2T is the one that is due, and the status of the command has the same.",
     .script =
         [](TargetScript& s) {
           Writing writing = begins_write(s, {}, 1);
           const std::uint32_t due = writing.link.exp_stat_sn();
           writing.link.send(writing.command);
           const Pdu r2t = writing.link.expect(Opcode::ready_to_transfer);
           s.require_field(r2t, field::kStatSn, due);
           writing.link.answer(writing.command, r2t, writing.data);
           s.require_field(writing.link.finish(writing.command, writing.data).status, field::kStatSn, due);
         }},

    {.id = "11.7.7/empty-data-out-in-a-sequence",
     .title = "A Data-Out without data in the midst of a sequence is taken",
     .proves = "R7143-11.7.7-01",
     .needs = {Need::disk, Need::writes},
     .about = "Answers an R2T with half of the data, an empty Data-Out, and the other half. The command ends GOOD and "
              "the data "
              "holds.",
     .script =
         [](TargetScript& s) {
           Writing writing = begins_write(s, {}, 1);
           writing.link.send(writing.command);
           const Pdu r2t = writing.link.expect(Opcode::ready_to_transfer);
           const std::uint32_t half = r2t[field::kDesiredLength] / 2;
           const std::uint32_t ttt = r2t[field::kTtt];
           const Bytes data(writing.data);
           writing.link.send(writing.link.data_out(writing.command, ttt, 0, 0, data.first(half), false));
           writing.link.send(writing.link.data_out(writing.command, ttt, 1, half, {}, false));
           writing.link.send(writing.link.data_out(writing.command, ttt, 2, half, data.subspan(half), true));
           s.require(writing.link.finish(writing.command, data).good(), "the WRITE ends GOOD", "another status");
           require_written(s, writing.link, data);
         }},
    {.id = "4.2.5.1/data-out-of-odd-lengths",
     .title = "Data-Out PDUs whose data has no round length are put together",
     .proves = "R7143-11.1-01 R7143-4.2.5.1-04",
     .needs = {Need::disk, Need::writes},
     .about =
         "Answers an R2T with Data-Out PDUs of 1, 3, 5 and 7 bytes and so on, each padded to a word. The data holds.",
     .script =
         [](TargetScript& s) {
           Writing writing = begins_write(s, {}, 1);
           writing.link.send(writing.command);
           const Pdu r2t = writing.link.expect(Opcode::ready_to_transfer);
           const std::uint32_t end = r2t[field::kDesiredLength];
           std::uint32_t offset = 0;
           for (std::uint32_t number = 0; offset < end; ++number) {
             const std::uint32_t size = std::min(end - offset, number * 2 + 1);
             writing.link.send(writing.link.data_out(writing.command, r2t[field::kTtt], number, offset,
                                                     Bytes(writing.data).subspan(offset, size), offset + size == end));
             offset += size;
           }
           s.require(writing.link.finish(writing.command, writing.data).good(), "the WRITE ends GOOD",
                     "another status");
           require_written(s, writing.link, writing.data);
         }},
    {.id = "11.1/padding-that-is-not-zero",
     .title = "Padding bytes that are not zero are ignored",
     .proves = "R7143-11.1-01",
     .about = "Sends a NOP-Out with 5 bytes of data and padding of 0xff. The answer has the 5 bytes.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.nop_out().with_data(bytes_of("12345")).lying({.padding = std::byte{0xff}});
           link.send(request);
           s.require_equal(link.expect_answer(request, Opcode::nop_in).data.size(), 5, "the size of the ping data");
         }},

    {.id = "4.2.5.3/data-with-another-transfer-tag",
     .title = "A Data-Out with a Target Transfer Tag that was not given is not taken",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrongData,
     .script =
         [](TargetScript& s) {
           refuses_data(s, [](Pdu& pdu, const Pdu& r2t) { pdu.set(field::kTtt, r2t[field::kTtt] ^ 0x01010101); });
         }},
    {.id = "4.2.5.3/data-with-another-lun",
     .title = "A Data-Out with another LUN than its command's is not taken",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrongData,
     .script =
         [](TargetScript& s) {
           refuses_data(s,
                        [](Pdu& pdu, const Pdu&) { pdu.set(field::kLun, pdu.get(field::kLun) ^ 0x00ff000000000000); });
         }},
    {.id = "4.2.5.3/data-for-an-unknown-task",
     .title = "A Data-Out for a task that there is not is not taken",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrongData,
     .script =
         [](TargetScript& s) { refuses_data(s, [](Pdu& pdu, const Pdu&) { pdu.set(field::kItt, 0x7fffff00); }); }},
    {.id = "7.9/data-with-a-number-left-out",
     .title = "A Data-Out whose DataSN leaves numbers out is not taken",
     .proves = "R7143-7.9-02",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrongData,
     .script = [](TargetScript& s) { refuses_data(s, [](Pdu& pdu, const Pdu&) { pdu.set(field::kDataSn, 5); }); }},
    {.id = "11.7.1/data-beyond-what-was-asked-for",
     .title = "A Data-Out with more data than its R2T asked for is not taken",
     .proves = "R7143-11.7.1-03",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrongData,
     .script =
         [](TargetScript& s) {
           refuses_data(s, [](Pdu& pdu, const Pdu&) { pdu.data.resize(pdu.data.size() + 512); });
         }},
    {.id = "4.2.5.3/data-at-another-offset",
     .title = "A Data-Out at an offset that its R2T did not ask for is not taken",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrongData,
     .script =
         [](TargetScript& s) {
           refuses_data(s, [](Pdu& pdu, const Pdu&) { pdu.set(field::kBufferOffset, 1U << 20); });
         }},
};

}  // namespace

std::span<const Test> section_11_8() { return kTests; }

}  // namespace lunway::conformance::target_tests
