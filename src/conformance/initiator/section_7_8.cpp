// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Digests: an initiator's own, and what it makes of wrong ones.
//= rfc7143#7.8

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

/// A session with this digest, or the test does not apply.
ServedLink& start_with(InitiatorScript& s, std::string_view key, Traffic traffic) {
  const std::string* offer = find_value(s.facts().offers, key);
  if (offer == nullptr || !is_offered(*offer, "CRC32C")) {
    s.inapplicable("it does not offer " + std::string(key) + "=CRC32C");
  }
  return s.start(traffic, {.values = {{std::string(key), "CRC32C"}}});
}

/// All requests of a session have the digests that were agreed on.
void serve_with(InitiatorScript& s, std::string_view key) {
  (void)start_with(s, key, Traffic::any);
  s.expect_success("a session with " + std::string(key) + "=CRC32C works");
  for (const Pdu& pdu : s.requests()) {
    s.require(pdu.header_digest_ok && pdu.data_digest_ok, "a right digest", summary_of(pdu), "13.1");
  }
}

constexpr std::string_view kRefused = "the PDU is discarded, or the connection closed";

constexpr Test kTests[] = {
    {.id = "13.1/header-digests",
     .title = "A session with header digests works",
     .proves = "R7143-13.1-02 R7143-13.1-04 R7143-AppA-01",
     .about = "Agrees on HeaderDigest=CRC32C and serves a whole session. The digest of each request is right.",
     .script = [](InitiatorScript& s) { serve_with(s, "HeaderDigest"); }},
    {.id = "13.1/data-digests",
     .title = "A session with data digests works",
     .proves = "R7143-13.1-02 R7143-13.1-04 R7143-11.2.3-01",
     .about = "Agrees on DataDigest=CRC32C and serves a whole session. The digest of each data segment is right, and "
              "empty ones have none.",
     .script = [](InitiatorScript& s) { serve_with(s, "DataDigest"); }},
    {.id = "7.8/wrong-header-digest",
     .title = "A SCSI Response with a wrong header digest is not taken",
     .proves = "R7143-7.8-01",
     .about = "Answers the first command with a SCSI Response whose header digest is wrong. The initiator closes the "
              "connection or discards the PDU.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = start_with(s, "HeaderDigest", Traffic::any);
           const Pdu command = link.expect(Opcode::scsi_command);
           link.send(link.scsi_response(command).lying({.wrong_header_digest = true}));
           s.expect_refusal(link, kRefused, "7.8");
         }},
    {.id = "7.8/wrong-header-digest-of-a-ping",
     .title = "A NOP-In with a wrong header digest is not answered",
     .proves = "R7143-7.8-01",
     .about = "Sends a ping whose header digest is wrong. No NOP-Out may come for it.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = start_with(s, "HeaderDigest", Traffic::any);
           (void)link.expect(Opcode::scsi_command);
           link.send(link.ping().lying({.wrong_header_digest = true}));
           const Arrival arrival = link.receive(s.patience().silence);
           s.require(!arrival.is(Opcode::nop_out), kRefused, describe(arrival));
         }},
    {.id = "7.8/wrong-data-digest-of-data-in",
     .title = "A Data-In with a wrong data digest is not taken",
     .proves = "R7143-7.8-05 R7143-7.8-06",
     .needs = {Need::reads_data},
     .about = "The first Data-In of a READ has a wrong data digest; the rest and the status are right. The initiator "
              "discards it and asks for it again, aborts the task, or closes.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = start_with(s, "DataDigest", Traffic::reads);
           const Pdu command = link.await_read();
           const std::vector<std::byte> data = link.data_for(command);
           if (data.size() < 512) s.inconclusive("the READ wants no data");
           const auto first = std::min<std::uint32_t>(512, link.login().max_data_in());
           link.send(link.data_in(command, 0, 0, Bytes(data).first(first), data.size() == first)
                         .lying({.wrong_data_digest = true}));
           link.finish_from(command, first, 1);
           s.expect_refusal(link, kRefused, "7.8", Duty::must, &command);
         }},
    {.id = "7.8/wrong-data-digest-of-a-response",
     .title = "A SCSI Response with a wrong data digest is not taken",
     .proves = "R7143-7.8-05 R7143-7.8-10 R7143-7.8-12",
     .about = "Answers the first command with CHECK CONDITION and sense data whose digest is wrong. The initiator "
              "discards the PDU, header and all: it asks for the status again, logs out, or closes.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = start_with(s, "DataDigest", Traffic::any);
           const Pdu command = link.expect(Opcode::scsi_command);
           link.send(link.scsi_response(command, 0x02, sense::fixed(0x062900)).lying({.wrong_data_digest = true}));
           s.expect_refusal(link, kRefused, "7.8");
         }},
    {.id = "7.8/wrong-data-digest-of-a-message",
     .title = "An Asynchronous Message with a wrong data digest is discarded whole, and its status is missed",
     .proves = "R7143-7.8-11 R7143-7.8-12 R7143-7.8-10",
     .about = "Sends a SCSI event whose data digest is wrong, and then the answer to the first command with the StatSN "
              "after it. The message counts as lost, so the session cannot go on as if nothing was missing.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = start_with(s, "DataDigest", Traffic::any);
           const Pdu command = link.expect(Opcode::scsi_command);
           std::vector<std::byte> data = sense::fixed(0x062a09);
           data.insert(data.begin(), {std::byte{0}, static_cast<std::byte>(data.size())});
           link.send(link.async_message(0).with_data(data).lying({.wrong_data_digest = true}));
           link.answer(command);
           s.expect_refusal(link, kRefused, "7.8");
         }},
};

}  // namespace

std::span<const Test> section_7_8() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
