// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator makes of R2Ts, and the Data-Out that it sends for them.
//= rfc7143#11.8

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

/// A WRITE that is open, without any unsolicited data.
struct OpenWrite {
  ServedLink& link;
  Pdu command;
  std::uint32_t size() const { return command[field::kExpectedLength]; }
};

/// All data of the writes wait for R2Ts.
LoginAnswers solicited(Text more = {}) {
  Text values{{"InitialR2T", "Yes"}, {"ImmediateData", "No"}};
  values.insert(values.end(), more.begin(), more.end());
  return {.values = std::move(values)};
}

OpenWrite open_write(InitiatorScript& s, const LoginAnswers& answers = solicited()) {
  ServedLink& link = s.start(Traffic::writes, answers);
  Pdu command = link.await_write();
  s.require(command.data.empty() && command[field::kFinal] != 0, "no unsolicited data", summary_of(command), "13.11");
  if (command[field::kExpectedLength] < 1024) s.inconclusive("the WRITE is too short");
  return {link, std::move(command)};
}

/// The Data-Out PDUs that answer `r2t`, each checked.
std::vector<Pdu> take_burst(InitiatorScript& s, const OpenWrite& write, const Pdu& r2t) {
  const std::uint32_t limit = write.link.login().number("MaxRecvDataSegmentLength", 8192);
  const std::uint32_t end = r2t[field::kBufferOffset] + r2t[field::kDesiredLength];
  std::uint32_t at = r2t[field::kBufferOffset];
  std::vector<Pdu> burst;
  while (at < end) {
    const Pdu pdu = write.link.expect(
        [&](const Pdu& got) { return got.is(Opcode::data_out) && got[field::kItt] == write.command[field::kItt]; },
        "Data-Out for the R2T");
    s.require_field(pdu, field::kTtt, r2t[field::kTtt], "11.8.5");
    s.require_field(pdu, field::kLun, r2t.get(field::kLun), "11.7.4");
    s.require_field(pdu, field::kDataSn, burst.size(), "11.7.5");
    s.require_field(pdu, field::kBufferOffset, at, "11.8.4");
    s.require(pdu.data.size() <= limit, "at most the target's MaxRecvDataSegmentLength", summary_of(pdu), "13.12");
    at += static_cast<std::uint32_t>(pdu.data.size());
    s.require(at <= end && !pdu.data.empty(), "data within the R2T", summary_of(pdu), "11.8");
    s.require_field(pdu, field::kFinal, at == end ? 1 : 0, "11.7.1");
    burst.push_back(pdu);
  }
  return burst;
}

/// Asks for what is left from `at`, in bursts of `step`, and ends the command.
void take_rest(InitiatorScript& s, const OpenWrite& write, std::uint32_t at, std::uint32_t r2t_sn, std::uint32_t step) {
  while (at < write.size()) {
    const Pdu r2t = write.link.r2t(write.command, r2t_sn++, at, std::min(step, write.size() - at));
    write.link.send(r2t);
    (void)take_burst(s, write, r2t);
    at += r2t[field::kDesiredLength];
  }
  write.link.send(write.link.scsi_response(write.command).set(field::kExpDataSn, r2t_sn));
}

using Bend = void (*)(const OpenWrite& write, Pdu& r2t);

/// One R2T that is wrong. The initiator must not send what it asks for; it may close, abort, or fail.
void bend_r2t(InitiatorScript& s, Bend bend, std::string_view expected, std::string_view section) {
  const OpenWrite write = open_write(s);
  Pdu r2t = write.link.r2t(write.command, 0, 0, 512);
  bend(write, r2t);
  write.link.send(r2t);
  const Arrival arrival = write.link.serve_until(
      [&](const Pdu& pdu) { return pdu.is(Opcode::data_out) || pdu.is(Opcode::task_management_request); });
  const bool refused =
      arrival.ended() || arrival.is(Opcode::task_management_request) || arrival.is(Opcode::logout_request);
  s.require(refused, expected, describe(arrival), section);
}

constexpr std::string_view kRefused = "the task or the connection ends";

constexpr Test kTests[] = {
    {.id = "11.8/one-r2t",
     .title = "An R2T is answered by exactly the data that it asks for",
     .proves = "R7143-4.2.5.2-06 R7143-11.8-02 R7143-11.8-03 R7143-11.8-04 R7143-11.8-06 R7143-11.8-08 R7143-11.8-09",
     .needs = {Need::writes_data},
     .about = "Asks for the data of a WRITE burst by burst. Each Data-Out copies the Target Transfer Tag and the LUN, "
              "DataSN counts from 0, the offsets rise without gaps, F comes with the last and with no other.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s);
           take_rest(s, write, 0, 0, write.link.login().number("MaxBurstLength", 262144));
           s.expect_success("a WRITE whose data are all solicited works");
         }},
    {.id = "11.8/small-r2ts",
     .title = "Many small R2Ts are answered each by itself",
     .proves = "R7143-11.8-03 R7143-11.8-04 R7143-4.2.2.4-01",
     .needs = {Need::writes_data},
     .about = "Asks for the data of a WRITE in pieces of 4096 bytes. DataSN begins at 0 for each R2T.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s);
           take_rest(s, write, 0, 0, 4096);
           s.expect_success("a WRITE in small bursts works");
         }},
    {.id = "11.7.1/small-segments",
     .title = "Data-Out PDUs are no longer than the target takes",
     .proves = "R7143-11.7.1-02 R7143-13.12-02 R7143-11.7.1-04",
     .needs = {Need::writes_data},
     .about = "Declares MaxRecvDataSegmentLength=512 and asks for bursts of 8192 bytes: 16 PDUs each, F with the last.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s, solicited({{"MaxRecvDataSegmentLength", "512"}}));
           take_rest(s, write, 0, 0, 8192);
           s.expect_success("a WRITE in small PDUs works");
         }},
    {.id = "11.8/r2ts-in-order",
     .title = "Outstanding R2Ts of a task are fulfilled in the order in which they came",
     .proves = "R7143-11.8-10",
     .needs = {Need::writes_data},
     .about = "Sends two R2Ts at once in a session with MaxOutstandingR2T of at least 2. The data for the first come "
              "whole before those for the second.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s, solicited({{"MaxOutstandingR2T", "2"}}));
           const std::string* offered = find_value(write.link.login().offers, "MaxOutstandingR2T");
           if (offered == nullptr || *offered == "1") s.inapplicable("it does not offer MaxOutstandingR2T above 1");
           const Pdu first = write.link.r2t(write.command, 0, 0, 512);
           const Pdu second = write.link.r2t(write.command, 1, 512, 512);
           write.link.connection().send_together({first, second});
           (void)take_burst(s, write, first);
           (void)take_burst(s, write, second);
           take_rest(s, write, 1024, 2, 65536);
           s.expect_success("two R2Ts at once work");
         }},
    {.id = "7.9/r2t-twice",
     .title = "An R2T that comes twice is answered once",
     .proves = "R7143-7.9-05",
     .needs = {Need::writes_data},
     .about = "Sends the same R2T, with the same R2TSN, again after its data have come. A duplicate is discarded; an "
              "initiator may also end the session.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s);
           const Pdu r2t = write.link.r2t(write.command, 0, 0, 512);
           write.link.send(r2t);
           (void)take_burst(s, write, r2t);
           write.link.send(r2t);
           const Arrival arrival = write.link.receive(s.patience().silence);
           s.require(!arrival.is(Opcode::data_out), "no data for a duplicate R2T", describe(arrival), "7.9");
         }},
    {.id = "7.9/r2t-missing",
     .title = "An R2TSN that is too high tells of a missing R2T",
     .proves = "R7143-7.9-01",
     .needs = {Need::writes_data},
     .about = "The first R2T of a WRITE has R2TSN 1, as if one had been lost. The initiator asks for the lost one, "
              "aborts the task, or closes.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s);
           write.link.send(write.link.r2t(write.command, 1, 0, 512));
           const Arrival arrival = write.link.receive();
           const bool refused = arrival.ended() || arrival.is(Opcode::task_management_request) ||
                                arrival.is(Opcode::snack_request) || arrival.is(Opcode::logout_request);
           s.require(refused, kRefused, describe(arrival), "7.9");
         }},
    {.id = "7.7/r2t-beyond-the-end",
     .title = "An R2T beyond the data of the command is not fulfilled",
     .proves = "R7143-7.7-02",
     .needs = {Need::writes_data},
     .about = "The first R2T of a WRITE begins in the midst of the last block and asks for two blocks, so that it goes "
              "beyond the expected length. There are no such data.",
     .script =
         [](InitiatorScript& s) {
           bend_r2t(
               s,
               [](const OpenWrite& write, Pdu& r2t) {
                 r2t.set(field::kBufferOffset, write.size() - 256).set(field::kDesiredLength, 1024);
               },
               kRefused, "11.8.4");
         }},
    {.id = "7.7/r2t-far-away",
     .title = "An R2T whose offset and length wrap is not fulfilled",
     .proves = "R7143-7.7-02",
     .needs = {Need::writes_data},
     .about = "The first R2T of a WRITE has Buffer Offset 0xfffffe00 and length 1024: the sum wraps to 512.",
     .script =
         [](InitiatorScript& s) {
           bend_r2t(
               s,
               [](const OpenWrite&, Pdu& r2t) {
                 r2t.set(field::kBufferOffset, 0xfffffe00).set(field::kDesiredLength, 1024);
               },
               kRefused, "11.8.4");
         }},
    {.id = "4.2.5.3/r2t-with-another-lun",
     .title = "An R2T with another LUN than the command is an error",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::writes_data},
     .about = "The first R2T of a WRITE to LUN 0 names LUN 1. 4.2.5.3 has this very example: the LUN must be the same, "
              "and initiators must verify it.",
     .script =
         [](InitiatorScript& s) {
           bend_r2t(
               s, [](const OpenWrite&, Pdu& r2t) { r2t.set(field::kLun, 0x0001000000000000); }, kRefused, "4.2.5.3");
         }},
    {.id = "4.2.5.3/r2t-for-an-unknown-task",
     .title = "An R2T for a task that does not exist brings no data",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::writes_data},
     .about = "Sends an R2T with an Initiator Task Tag that was never used. No Data-Out may come for it.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s);
           const Pdu r2t = write.link.r2t(write.command, 0, 0, 512);
           write.link.send(Pdu(r2t).set(field::kItt, r2t[field::kItt] + 0x5555));
           const Arrival arrival = write.link.receive(s.patience().silence);
           s.require(!arrival.is(Opcode::data_out), "no data for an unknown task", describe(arrival));
         }},
    {.id = "4.2.5.3/r2t-for-a-command-that-reads",
     .title = "An R2T for a READ brings no data",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::reads_data},
     .about = "Answers a READ by an R2T. The command has no data to give; the initiator ends the task or the "
              "connection, or drops the PDU, but it sends no Data-Out.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::reads);
           const Pdu command = link.await_read();
           link.send(link.r2t(command, 0, 0, 512));
           const Arrival arrival = link.receive(s.patience().silence);
           s.require(!arrival.is(Opcode::data_out), "no data for a READ", describe(arrival));
         }},
    {.id = "11.7.1/r2t-above-the-burst",
     .title = "An R2T above MaxBurstLength brings no longer burst",
     .proves = "R7143-11.7.1-03 R7143-13.12-01",
     .needs = {Need::writes_data},
     .about = "Agrees on MaxBurstLength=512 and asks for 4096 bytes at once. The sender must not send a sequence above "
              "MaxBurstLength; it closes, aborts, or stops there.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s, solicited({{"MaxBurstLength", "512"}, {"FirstBurstLength", "512"}}));
           write.link.send(write.link.r2t(write.command, 0, 0, 4096));
           std::size_t sent = 0;
           for (;;) {
             const Arrival arrival = write.link.receive(s.patience().silence);
             if (!arrival.is(Opcode::data_out)) break;
             sent += arrival.pdu.data.size();
             s.require(sent <= 512, "a sequence of at most MaxBurstLength", summary_of(arrival.pdu));
             if (arrival.pdu[field::kFinal] != 0) break;
           }
         }},
    {.id = "7.7/r2t-of-nothing",
     .title = "An R2T that asks for nothing is an error",
     .proves = "R7143-7.7-02",
     .needs = {Need::writes_data},
     .about = "The first R2T of a WRITE has the length 0, which 11.8.4 forbids. Data for it are wrong; an initiator "
              "that ignores it or answers by an empty Data-Out gets a warning.",
     .script =
         [](InitiatorScript& s) {
           const OpenWrite write = open_write(s);
           write.link.send(write.link.r2t(write.command, 0, 0, 0));
           const Arrival arrival = write.link.receive(s.patience().silence);
           const bool data = arrival.is(Opcode::data_out) && !arrival.pdu.data.empty();
           s.require(!data, "no data for an R2T of nothing", describe(arrival), "11.8.4");
           s.should(arrival.kind != Arrival::Kind::silence && !arrival.is(Opcode::data_out), kRefused,
                    describe(arrival), "11.8.4");
         }},
};

}  // namespace

std::span<const Test> section_11_8() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
