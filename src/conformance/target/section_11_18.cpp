// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// NOP-Out, and the NOP-In that answers it.
//= rfc7143#11.18
//= rfc7143#11.19

#include <algorithm>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

std::string size_of(Bytes data) { return std::to_string(data.size()) + " bytes"; }

/// Pings with `size` bytes, and takes the answer, which has the first `expected` of them.
void ping_with_data(TargetScript& s, std::size_t size, std::size_t expected, const Text& offers = {}) {
  Link& link = s.log_in({.offers = offers});
  if (size > link.max_data_out()) s.inapplicable("the target takes no segments of that size");
  const std::vector<std::byte> data = s.pattern(size);
  const Pdu request = link.nop_out().with_data(data);
  link.send(request);
  const Pdu answer = link.expect_answer(request, Opcode::nop_in);
  s.require(answer.data.size() == expected, "NOP-In with " + std::to_string(expected) + " bytes of ping data",
            size_of(answer.data));
  s.require(std::ranges::equal(answer.data, Bytes(data).first(expected)), "the ping data comes back unchanged",
            "other bytes");
  link.ping();
}

constexpr std::string_view kAboutData =
    "Sends a NOP-Out with ping data of the size that the title names and compares the data of the NOP-In byte by byte.";

constexpr Test kTests[] = {
    {.id = "11.18.1/ping-is-answered",
     .title = "A NOP-Out with an Initiator Task Tag gets a NOP-In with that tag",
     .proves = "R7143-11.18.1-03 R7143-11.19-01",
     .about =
         "Sends a NOP-Out with a place in the command sequence and no data. The next PDU must be a NOP-In with the "
         "same Initiator Task Tag.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.nop_out();
           link.send(request);
           link.expect_answer(request, Opcode::nop_in);
         }},

    {.id = "11.18.1/immediate-ping-is-answered",
     .title = "An immediate NOP-Out gets a NOP-In and takes no place in the command sequence",
     .proves = "R7143-11.18.1-03 R7143-11.19-01 R7143-4.2.2.1-13",
     .about = "Sends two immediate NOP-Outs and one that is not. Each is answered; ExpCmdSN moves with the last only.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           for (int count = 0; count < 2; ++count) {
             const Pdu request = link.nop_out(Delivery::immediate);
             link.send(request);
             s.require_field(link.expect_answer(request, Opcode::nop_in), field::kExpCmdSn, link.cmd_sn());
           }
           const Pdu request = link.nop_out();
           link.send(request);
           s.require_field(link.expect_answer(request, Opcode::nop_in), field::kExpCmdSn, link.cmd_sn());
         }},

    {.id = "11.19/answer-has-no-transfer-tag",
     .title = "A NOP-In that answers a ping has Target Transfer Tag 0xffffffff",
     .proves = "R7143-11.19-03 R7143-11.19.1-01",
     .about =
         "Pings, and looks at the Target Transfer Tag of the answer: any other value would ask for a NOP-Out in turn.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.nop_out();
           link.send(request);
           s.require_field(link.expect_answer(request, Opcode::nop_in), field::kTtt, kNoTag);
         }},

    {.id = "4.2.2.2/ping-takes-a-stat-sn",
     .title = "A NOP-In that answers a ping takes a StatSN, and the next response the one after it",
     .proves = "R7143-4.2.2.2-04",
     .about = "Sends three pings one after the other. Their answers have StatSNs that grow by one each.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           for (int count = 0; count < 3; ++count) {
             const std::uint32_t expected = link.exp_stat_sn();
             const Pdu request = link.nop_out();
             link.send(request);
             s.require_field(link.expect_answer(request, Opcode::nop_in), field::kStatSn, expected);
           }
         }},

    {.id = "11.19/ping-of-no-data",
     .title = "A ping without data is answered without data",
     .proves = "R7143-11.19-02",
     .about = kAboutData,
     .script = [](TargetScript& s) { ping_with_data(s, 0, 0); }},
    {.id = "11.19/ping-of-1-byte",
     .title = "A ping with 1 byte of data is answered with that byte",
     .proves = "R7143-11.19-02",
     .about = kAboutData,
     .script = [](TargetScript& s) { ping_with_data(s, 1, 1); }},
    {.id = "11.19/ping-of-3-bytes",
     .title = "A ping with 3 bytes of data is answered with those bytes",
     .proves = "R7143-11.19-02",
     .about = kAboutData,
     .script = [](TargetScript& s) { ping_with_data(s, 3, 3); }},
    {.id = "11.19/ping-of-4096-bytes",
     .title = "A ping with 4096 bytes of data is answered with those bytes",
     .proves = "R7143-11.19-02",
     .about = kAboutData,
     .script = [](TargetScript& s) { ping_with_data(s, 4096, 4096); }},
    {.id = "11.19/ping-of-8192-bytes",
     .title = "A ping with as much data as a segment holds by default is answered with all of it",
     .proves = "R7143-11.19-02",
     .about = kAboutData,
     .script = [](TargetScript& s) { ping_with_data(s, 8192, 8192); }},
    {.id = "11.19/ping-beyond-the-initiators-segments",
     .title = "A ping with more data than the initiator takes is answered with as much as it takes",
     .proves = "R7143-11.19-02 R7143-11.7.1-02",
     .about = "Declares MaxRecvDataSegmentLength=512 and sends a NOP-Out with 2048 bytes. The NOP-In has the first 512 "
              "of them: no segment for this initiator may be longer, and no ping data may be left out before that.",
     .script = [](TargetScript& s) { ping_with_data(s, 2048, 512, {{"MaxRecvDataSegmentLength", "512"}}); }},

    {.id = "11.19/no-answer-when-none-is-asked-for",
     .title = "A NOP-Out without an Initiator Task Tag gets no answer",
     .proves = "R7143-11.19-04",
     .about =
         "Sends an immediate NOP-Out whose two tags are 0xffffffff: it only tells ExpStatSN. A ping right behind it "
         "must be the next thing that is answered.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           link.send(link.nop_out(Delivery::immediate).set(field::kItt, kNoTag));
           link.expect_nothing_but_ping("no answer to a NOP-Out that asks for none");
         }},

    {.id = "11.18/pings-in-a-row-are-answered-each",
     .title = "Pings that arrive together are answered each, with their own data",
     .proves = "R7143-11.18.1-03 R7143-11.19-01 R7143-11.19-02",
     .about = "Sends four NOP-Outs with different data in one piece. Each gets its NOP-In; order is free for immediate "
              "ones, so they are matched by tag.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           std::vector<Pdu> requests;
           for (std::size_t size = 4; size <= 16; size += 4)
             requests.push_back(link.nop_out().with_data(s.pattern(size)));
           link.connection().send_together({requests[0], requests[1], requests[2], requests[3]});
           for (std::size_t count = 0; count < requests.size(); ++count) {
             const Pdu answer = link.expect(Opcode::nop_in);
             const auto asked = std::ranges::find_if(
                 requests, [&](const Pdu& pdu) { return pdu[field::kItt] == answer[field::kItt]; });
             s.require(asked != requests.end(), "a NOP-In with the tag of a ping", summary_of(answer));
             s.require(asked->data == answer.data, "the ping data of that tag", size_of(answer.data));
             asked->set(field::kItt, kNoTag);
           }
         }},

    {.id = "11.18/ping-in-single-bytes",
     .title = "A PDU that arrives byte by byte is one PDU",
     .proves = "R7143-11.18.1-03 R7143-11.19-02",
     .about = "Sends a NOP-Out with 5 bytes of data in TCP segments of one byte. TCP knows no PDUs, so the target "
              "has to put it together.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.nop_out().with_data(bytes_of("cut up"));
           link.connection().send_in_pieces(request, 1);
           const Pdu answer = link.expect_answer(request, Opcode::nop_in);
           s.require(answer.data == request.data, "the ping data comes back", size_of(answer.data));
         }},

    {.id = "11.19/reserved-fields-of-a-ping-are-ignored",
     .title = "Reserved bits in a NOP-Out are ignored",
     .proves = "R7143-11-02",
     .about =
         "Sends a ping whose reserved bits in bytes 1 to 3 and reserved bytes 32 to 47 are ones. A receiver ignores "
         "them, so the answer is as always.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           Pdu request = link.nop_out();
           request.header[1] |= std::byte{0x7f};
           for (const std::size_t at : {2U, 3U, 32U, 36U, 40U, 47U}) request.header[at] = std::byte{0xff};
           link.send(request);
           link.expect_answer(request, Opcode::nop_in);
         }},
};

}  // namespace

std::span<const Test> section_11_18() { return kTests; }

}  // namespace lunway::conformance::target_tests
