// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator makes of Data-In.
//= rfc7143#11.7

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

/// A READ that is open, and the data that belong to it.
struct OpenRead {
  ServedLink& link;
  Pdu command;
  std::vector<std::byte> data;

  Bytes part(std::size_t at, std::size_t count) const {
    return Bytes(data).subspan(at, std::min(count, data.size() - at));
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(data.size()); }
  /// What one PDU of this session takes.
  std::uint32_t segment() const { return std::min<std::uint32_t>(link.login().max_data_in(), size()); }
};

OpenRead open_read(InitiatorScript& s) {
  ServedLink& link = s.start(Traffic::reads);
  Pdu command = link.await_read();
  std::vector<std::byte> data = link.data_for(command);
  if (data.size() < 512) s.inconclusive("the READ wants no data");
  return {link, std::move(command), std::move(data)};
}

/// All data in PDUs of `size` bytes, then the status.
void read_in_pieces(InitiatorScript& s, std::uint32_t size) {
  const OpenRead read = open_read(s);
  const std::uint32_t burst = read.link.login().number("MaxBurstLength", 262144);
  std::uint32_t data_sn = 0;
  std::uint32_t in_burst = 0;
  for (std::uint32_t at = 0; at < read.size();) {
    const Bytes part = read.part(at, std::min(size, burst - in_burst));
    in_burst += static_cast<std::uint32_t>(part.size());
    const bool final = at + part.size() == read.size() || in_burst == burst;
    read.link.send(read.link.data_in(read.command, data_sn++, at, part, final));
    if (final) in_burst = 0;
    at += static_cast<std::uint32_t>(part.size());
  }
  read.link.send(read.link.scsi_response(read.command).set(field::kExpDataSn, data_sn));
  s.expect_success("data in small pieces are put together");
}

using Bend = void (*)(const OpenRead& read, Pdu& pdu);

/// The first Data-In of a READ is bent; what follows is right.
void bend_first(InitiatorScript& s, Bend bend, std::string_view expected, std::string_view section, Duty duty) {
  const OpenRead read = open_read(s);
  const std::uint32_t first = std::max<std::uint32_t>(read.segment() / 2, 4);
  Pdu pdu = read.link.data_in(read.command, 0, 0, read.part(0, first), false);
  bend(read, pdu);
  read.link.send(pdu);
  read.link.finish_from(read.command, first, 1);
  s.expect_refusal(read.link, expected, section, duty, &read.command);
}

constexpr std::string_view kRefused = "the task or the connection ends, and the data are not taken";

constexpr Test kTests[] = {
    {.id = "11.7/status-with-data",
     .title = "Status in the last Data-In ends a command",
     .proves = "R7143-11.7-02",
     .needs = {Need::reads_data},
     .about = "Answers a READ by Data-In PDUs, the last of which has S=1 and GOOD; no SCSI Response follows.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           std::uint32_t data_sn = 0;
           std::uint32_t at = 0;
           while (at + read.segment() < read.size()) {
             read.link.send(read.link.data_in(read.command, data_sn++, at, read.part(at, read.segment()), false));
             at += read.segment();
           }
           read.link.send(read.link.data_in_with_status(read.command, data_sn, at, read.part(at, read.segment())));
           s.expect_success("status in a Data-In is taken");
         }},
    {.id = "11.7.7/pieces-of-512-bytes",
     .title = "Data in many small PDUs are put together",
     .proves = "R7143-11.7.7-01",
     .needs = {Need::reads_data},
     .about = "Answers a READ by Data-In PDUs of 512 bytes each.",
     .script = [](InitiatorScript& s) { read_in_pieces(s, 512); }},
    {.id = "11.7.7/pieces-of-odd-size",
     .title = "Data in PDUs whose length is no multiple of four are put together",
     .proves = "R7143-11.7.7-01",
     .needs = {Need::reads_data},
     .about = "Answers a READ by Data-In PDUs of 509 bytes each, with padding. Multiples of four are only recommended.",
     .script = [](InitiatorScript& s) { read_in_pieces(s, 509); }},
    {.id = "11.7.7/empty-data-in",
     .title = "An empty Data-In is taken",
     .proves = "R7143-11.7.7-01",
     .needs = {Need::reads_data},
     .about = "Puts a Data-In without data, with its own DataSN, in front of the data of a READ.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           read.link.send(read.link.data_in(read.command, 0, 0, {}, false));
           read.link.finish_from(read.command, 0, 1);
           s.expect_success("an empty Data-In does no harm");
         }},
    {.id = "11.7.2/acknowledge-bit-is-ignored",
     .title = "The A bit is ignored at ErrorRecoveryLevel 0",
     .proves = "R7143-11.7.2-04",
     .needs = {Need::reads_data},
     .about = "Sets A in the first Data-In of a READ in a session with ErrorRecoveryLevel 0. No SNACK comes, and the "
              "command ends well.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           if (read.link.login().number("ErrorRecoveryLevel", 0) != 0) s.inapplicable("ErrorRecoveryLevel is not 0");
           const std::uint32_t first = std::max<std::uint32_t>(read.segment() / 2, 4);
           read.link.send(
               read.link.data_in(read.command, 0, 0, read.part(0, first), false).set(field::kAcknowledge, 1));
           read.link.finish_from(read.command, first, 1);
           s.expect_success("A does no harm at ErrorRecoveryLevel 0");
           s.require(s.requests(wire::Opcode::snack_request).empty(), "no SNACK at ErrorRecoveryLevel 0");
         }},
    {.id = "7.9/first-data-missing",
     .title = "A Data-In whose DataSN is too high is not taken for the next",
     .proves = "R7143-7.9-01",
     .needs = {Need::reads_data},
     .about = "The first Data-In of a READ has DataSN 1, as if one had been lost; the rest is right. The initiator "
              "must ask for what is missing, abort the task, or close.",
     .script =
         [](InitiatorScript& s) {
           bend_first(s, [](const OpenRead&, Pdu& pdu) { pdu.set(field::kDataSn, 1); }, kRefused, "7.9", Duty::must);
         }},
    {.id = "7.9/data-missing-by-number-and-offset",
     .title = "A hole in the data is not taken for a good end",
     .proves = "R7143-7.9-01",
     .needs = {Need::reads_data},
     .about = "Leaves the first Data-In of a READ out and sends the rest, with the DataSN and offsets that follow it, "
              "and GOOD. Data are missing: success would be wrong.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           const std::uint32_t first = std::max<std::uint32_t>(read.segment() / 2, 4);
           read.link.finish_from(read.command, first, 1);
           s.expect_refusal(read.link, kRefused, "7.9", Duty::must, &read.command);
         }},
    {.id = "7.9/response-tells-of-missing-data",
     .title = "An ExpDataSN that is higher than what came tells of missing data",
     .proves = "R7143-7.9-01",
     .needs = {Need::reads_data},
     .about = "Sends all data of a READ, but the SCSI Response counts one Data-In more than came.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           std::uint32_t data_sn = 0;
           for (std::uint32_t at = 0; at < read.size(); at += read.segment()) {
             const bool last = at + read.segment() >= read.size();
             read.link.send(read.link.data_in(read.command, data_sn++, at, read.part(at, read.segment()), last));
           }
           read.link.send(read.link.scsi_response(read.command).set(field::kExpDataSn, data_sn + 1));
           s.expect_refusal(read.link, kRefused, "7.9", Duty::must, &read.command);
         }},
    {.id = "7.9/no-data-but-good",
     .title = "GOOD without any data of a READ is no success",
     .proves = "R7143-7.9-01",
     .needs = {Need::reads_data},
     .about = "Answers a READ by GOOD at once, without residual, and with an ExpDataSN of 1, so that all data are "
              "missing.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           read.link.send(read.link.scsi_response(read.command).set(field::kExpDataSn, 1));
           s.expect_refusal(read.link, kRefused, "7.9", Duty::must, &read.command);
         }},
    {.id = "7.9/data-twice",
     .title = "A Data-In that comes twice is taken once",
     .proves = "R7143-7.9-05",
     .needs = {Need::reads_data},
     .about = "Sends the first Data-In of a READ twice, byte for byte. A duplicate is discarded, or the initiator ends "
              "the session; either is right, but the driver comes to its end.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           const std::uint32_t first = std::max<std::uint32_t>(read.segment() / 2, 4);
           const Pdu pdu = read.link.data_in(read.command, 0, 0, read.part(0, first), false);
           read.link.send(pdu);
           read.link.send(pdu);
           read.link.finish_from(read.command, first, 1);
           s.expect_survival("a duplicate does no harm");
         }},
    {.id = "7.7/data-beyond-the-end",
     .title = "Data beyond the expected length are not taken",
     .proves = "R7143-7.7-02",
     .needs = {Need::reads_data},
     .about = "The first Data-In of a READ has a Buffer Offset at the end of the transfer, so that its data lie "
              "outside. There is no room for them; to go on as if they had come is wrong.",
     .script =
         [](InitiatorScript& s) {
           bend_first(
               s, [](const OpenRead& read, Pdu& pdu) { pdu.set(field::kBufferOffset, read.size()); }, kRefused, "7.7",
               Duty::must);
         }},
    {.id = "7.7/offset-near-the-limit",
     .title = "A Buffer Offset near 2^32 does not wrap",
     .proves = "R7143-7.7-02",
     .needs = {Need::reads_data},
     .about = "The first Data-In of a READ has Buffer Offset 0xfffffffc: with the length of its data the sum wraps.",
     .script =
         [](InitiatorScript& s) {
           bend_first(
               s, [](const OpenRead&, Pdu& pdu) { pdu.set(field::kBufferOffset, 0xfffffffc); }, kRefused, "7.7",
               Duty::must);
         }},
    {.id = "7.7/status-without-final",
     .title = "Status in a Data-In that is not final is an error",
     .proves = "R7143-7.7-02",
     .needs = {Need::reads_data},
     .about = "The first Data-In of a READ has S=1 with F=0, and more data follow. S needs F: the fields contradict "
              "each other. Going on is a warning.",
     .script =
         [](InitiatorScript& s) {
           bend_first(
               s, [](const OpenRead&, Pdu& pdu) { pdu.set(field::kHasStatus, 1); }, kRefused, "11.7.3", Duty::should);
         }},
    {.id = "4.2.5.3/data-for-an-unknown-task",
     .title = "Data-In for a task that does not exist harm nobody",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::reads_data},
     .about = "Sends a Data-In with an Initiator Task Tag that was never used, then the right answer. The initiator "
              "closes, or drops it and goes on.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           read.link.send(read.link.data_in(read.command, 0, 0, read.part(0, 64), true)
                              .set(field::kItt, read.command[field::kItt] + 0x5555));
           read.link.finish(read.command);
           s.expect_survival("data for nobody do no harm");
         }},
    {.id = "7.7/data-after-the-status",
     .title = "Data-In after the status harm nobody",
     .proves = "R7143-7.7-02",
     .needs = {Need::reads_data},
     .about = "Answers a READ in the plain way and sends one more Data-In for it after its SCSI Response.",
     .script =
         [](InitiatorScript& s) {
           const OpenRead read = open_read(s);
           read.link.finish(read.command);
           read.link.send(read.link.data_in(read.command, 0, 0, read.part(0, 64), true));
           s.expect_survival("late data do no harm");
         }},
    {.id = "4.2.5.3/data-for-a-command-that-writes",
     .title = "Data-In for a WRITE are an error",
     .proves = "R7143-4.2.5.3-01",
     .needs = {Need::writes_data},
     .about = "Answers a WRITE by Data-In and GOOD. The command asked for no data; the initiator must not call it a "
              "success.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::writes);
           const Pdu command = link.await_write();
           const std::vector<std::byte> data(512);
           link.send(link.data_in(command, 0, 0, data, true));
           link.send(link.scsi_response(command).set(field::kExpDataSn, 1));
           s.expect_refusal(link, kRefused, "4.2.5.3", Duty::should, &command);
         }},
};

}  // namespace

std::span<const Test> section_11_7() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
