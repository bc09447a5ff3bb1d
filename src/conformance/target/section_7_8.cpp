// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Digests: PDUs that arrive damaged, and data that was not agreed on.
//= rfc7143#7.8
//= rfc7143#13.1

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

constexpr int kDataDigestError = 0x02;

/// Pings of odd lengths and, where there is a disk, a read: every PDU with those digests.
void works_with(TargetScript& s, const std::string& header, const std::string& data) {
  Link& link = s.log_in({.offers = {{"HeaderDigest", header}, {"DataDigest", data}}});
  for (const std::size_t size : {0U, 1U, 5U, 4096U}) {
    const Pdu request = link.nop_out().with_data(s.pattern(size));
    link.send(request);
    const Pdu answer = link.expect_answer(request, Opcode::nop_in);
    s.require(answer.header_digest_ok && answer.data_digest_ok, "right digests", "wrong ones", "13.1");
    s.require(answer.data == request.data, "the ping data comes back", "other data");
  }
}

constexpr std::string_view kAbout =
    "Agrees on those digests and sends pings with 0, 1, 5 and 4096 bytes. Each answer has right digests and the data "
    "of its ping.";

constexpr Test kTests[] = {
    {.id = "13.1/no-digests-at-work",
     .title = "Pings come back in a session without digests",
     .proves = "R7143-13.1-01",
     .about = kAbout,
     .script = [](TargetScript& s) { works_with(s, "None", "None"); }},
    {.id = "13.1/header-digests-at-work",
     .title = "Pings come back in a session with header digests",
     .proves = "R7143-13.1-01 R7143-13.1-02 R7143-13.1-04 R7143-AppA-01",
     .needs = {Need::header_digest},
     .about = kAbout,
     .script = [](TargetScript& s) { works_with(s, "CRC32C", "None"); }},
    {.id = "13.1/data-digests-at-work",
     .title = "Pings come back in a session with data digests",
     .proves = "R7143-13.1-01 R7143-13.1-02 R7143-11.2.3-01",
     .needs = {Need::data_digest},
     .about = kAbout,
     .script = [](TargetScript& s) { works_with(s, "None", "CRC32C"); }},
    {.id = "13.1/both-digests-at-work",
     .title = "Pings come back in a session with both digests",
     .proves = "R7143-13.1-01 R7143-13.1-02 R7143-11.2.3-01",
     .needs = {Need::header_digest, Need::data_digest},
     .about = kAbout,
     .script = [](TargetScript& s) { works_with(s, "CRC32C", "CRC32C"); }},
    {.id = "7.8/wrong-header-digest",
     .title = "A PDU with a wrong header digest is not taken",
     .proves = "R7143-7.8-01",
     .needs = {Need::header_digest},
     .about = "Agrees on header digests and sends a ping whose header digest is wrong. The target closes the "
              "connection or discards the "
              "PDU; it does not answer the ping.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"HeaderDigest", "CRC32C"}}});
           link.send(link.nop_out(Delivery::immediate).lying({.wrong_header_digest = true}));
           s.expect_one_of(link.connection(), {allow::kClose, allow::kSilence}, "a damaged PDU is not answered", "7.8");
           LoginEnd end;
           s.require(s.try_log_in({}, end) != nullptr, "the target still lets somebody in", describe(end.last));
         }},
    {.id = "7.8/wrong-data-digest",
     .title = "A PDU with a wrong data digest is rejected: data digest error",
     .proves = "R7143-7.8-02",
     .needs = {Need::data_digest},
     .about = "Agrees on data digests and sends a ping whose data digest is wrong: a Reject with reason 0x02, or the "
              "end of the "
              "connection, and no answer to the ping.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"DataDigest", "CRC32C"}}});
           const Pdu request = link.nop_out(Delivery::immediate).with_data(bytes_of("damaged"));
           link.send(Pdu(request).lying({.wrong_data_digest = true}));
           const Arrival arrival = s.expect_one_of(link.connection(), {allow::reject(kDataDigestError), allow::kClose},
                                                   "a damaged data segment is told", "7.8");
           s.should(!arrival.ended(), "a Reject", describe(arrival));
         }},
    {.id = "13.11/immediate-data-that-was-not-agreed-on",
     .title = "Immediate data in a session of ImmediateData=No is not taken",
     .proves = "R7143-13.11-02 R7143-4.2.5.2-14",
     .needs = {Need::disk, Need::writes},
     .about = "Agrees on ImmediateData=No and sends a WRITE with its data in the command. A Reject, a status that is "
              "not GOOD, or the end "
              "of the connection; no R2T and no GOOD as if nothing were wrong.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"ImmediateData", "No"}, {"InitialR2T", "Yes"}}});
           if (s.block_size() > link.max_data_out()) s.inapplicable("a block does not fit in one segment");
           Pdu command = link.command(cdb::write(s.window().first, 1), {.write = s.block_size()});
           link.send(command.with_data(s.pattern(s.block_size())));
           const Arrival arrival =
               s.expect_one_of(link.connection(), {allow::reject(), allow::kClose, allow::pdu(Opcode::scsi_response)},
                               "data that was not agreed on is refused", "13.11");
           if (!arrival.is(Opcode::scsi_response)) return;
           const bool good = arrival.pdu[field::kResponse] == 0 && arrival.pdu[field::kStatus] == 0;
           s.require(!good, "no GOOD", summary_of(arrival.pdu));
         }},
};

}  // namespace

std::span<const Test> section_7_8() { return kTests; }

}  // namespace lunway::conformance::target_tests
