// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator makes of SCSI Responses.
//= rfc7143#11.4
//= rfc7144#5.2

#include "base/big_endian.h"
#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

constexpr std::uint32_t kMediumError = 0x031100;
constexpr std::uint8_t kCheckCondition = 0x02;
constexpr std::string_view kNoSuccess = "the command is no success: it is sent again, or the failure is reported";

/// All READs end with this SCSI status and no data.
template <std::uint8_t kStatus>
void end_reads_with(InitiatorScript& s) {
  ServedLink& link = s.start(Traffic::reads);
  const Pdu command = link.await_read();
  link.send(link.scsi_response(command, kStatus));
  s.expect_refusal(link, kNoSuccess, "11.4.2", Duty::must, &command);
}

/// The READ is answered by no data, and this code in the Response field beside GOOD.
template <std::uint8_t kResponse>
void end_reads_with_response(InitiatorScript& s) {
  ServedLink& link = s.start(Traffic::reads);
  const Pdu command = link.await_read();
  link.send(link.scsi_response(command).set(field::kResponse, kResponse));
  s.expect_refusal(link, kNoSuccess, "11.4.3", Duty::must, &command);
}

/// The responses of a whole session are bent in a way that must not matter.
void bend_all(InitiatorScript& s, void (*bend)(Pdu&), std::string_view expected) {
  ServedLink& link = s.start();
  link.bend_answers([bend](Pdu& pdu) {
    if (pdu.is(Opcode::scsi_response)) bend(pdu);
  });
  s.expect_success(expected);
}

constexpr Test kTests[] = {
    {.id = "11.4.3/target-failure",
     .title = "Response 0x01 (Target Failure) fails the command, whatever the status says",
     .proves = "R7143-11.4.3-01",
     .needs = {Need::reads_data},
     .about = "Answers a READ by Response 0x01 and Status GOOD. The status is to be ignored beside such a response.",
     .script = end_reads_with_response<0x01>},
    {.id = "11.4.3/vendor-response",
     .title = "A vendor specific Response fails the command",
     .proves = "R7143-11.4.3-01",
     .needs = {Need::reads_data},
     .about = "Answers a READ by Response 0x80 and Status GOOD: nothing but 0 means that the command was completed.",
     .script = end_reads_with_response<0x80>},
    {.id = "11.4.3/reserved-response",
     .title = "A reserved Response fails the command",
     .proves = "R7143-11.4.3-01 R7143-11-03",
     .needs = {Need::reads_data},
     .about = "Answers a READ by Response 0x02, which is reserved, and Status GOOD.",
     .script = end_reads_with_response<0x02>},
    {.id = "10.2/sense-is-read",
     .title = "CHECK CONDITION with sense data fails the command",
     .proves = "R7143-10.2-01",
     .needs = {Need::reads_data},
     .about = "Ends each READ with CHECK CONDITION and the sense of a medium error.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::reads);
           const Pdu command = link.await_read();
           link.send(link.scsi_response(command, kCheckCondition, sense::fixed(kMediumError)));
           s.expect_refusal(link, kNoSuccess, "10.2", Duty::must, &command);
         }},
    {.id = "10.2/unit-attention-passes",
     .title = "A unit attention on the first command does not end the driver",
     .proves = "R7143-10.2-01",
     .about = "Ends the first command of a session with CHECK CONDITION and the sense of a reset, then serves as "
              "usual. The driver ends by itself, with success or a report.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const Pdu command = link.expect(Opcode::scsi_command);
           link.send(link.scsi_response(command, kCheckCondition, sense::fixed(0x062900)));
           s.expect_survival("a unit attention is got over");
         }},
    {.id = "7.7/check-condition-without-sense",
     .title = "CHECK CONDITION without sense data is a format error",
     .proves = "R7143-7.7-02",
     .needs = {Need::reads_data},
     .about = "Ends a READ with CHECK CONDITION and an empty data segment, which 7.7 names as an example of a format "
              "error. The command is in any case no success.",
     .script = end_reads_with<kCheckCondition>},
    {.id = "7.7/sense-length-too-long",
     .title = "A SenseLength beyond the data segment is not followed",
     .proves = "R7143-7.7-02",
     .needs = {Need::reads_data},
     .about = "Ends a READ with CHECK CONDITION whose SenseLength says 0xffff while the data segment has 20 bytes.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::reads);
           const Pdu command = link.await_read();
           Pdu pdu = link.scsi_response(command, kCheckCondition, sense::fixed(kMediumError));
           store_be16(pdu.data.data(), 0xffff);
           link.send(pdu);
           s.expect_refusal(link, kNoSuccess, "11.4.7.1", Duty::must, &command);
         }},
    {.id = "7.7/sense-of-one-byte",
     .title = "A data segment of one byte beside CHECK CONDITION does no harm",
     .proves = "R7143-7.7-02",
     .needs = {Need::reads_data},
     .about = "Ends a READ with CHECK CONDITION and one byte of data: too short even for the SenseLength.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::reads);
           const Pdu command = link.await_read();
           Pdu pdu = link.scsi_response(command, kCheckCondition, sense::fixed(kMediumError));
           pdu.data.resize(1);
           link.send(pdu);
           s.expect_refusal(link, kNoSuccess, "11.4.7.1", Duty::must, &command);
         }},
    {.id = "7.7/busy",
     .title = "BUSY is no success",
     .proves = "R7143-7.7-01",
     .needs = {Need::reads_data},
     .about = "Ends a READ with BUSY and no data. The initiator sends it again or reports it.",
     .script = end_reads_with<0x08>},
    {.id = "11.4.5.1/residual-without-flag",
     .title = "Residual Count is ignored when neither O nor U is set",
     .proves = "R7143-11.4.5.1-02",
     .about = "Writes a number into Residual Count of every SCSI Response that has no residual. The session goes on "
              "to its good end.",
     .script =
         [](InitiatorScript& s) {
           bend_all(
               s,
               [](Pdu& pdu) {
                 if (pdu[field::kUnderflow] == 0 && pdu[field::kOverflow] == 0) pdu.set(field::kResidual, 0x77777777);
               },
               "a Residual Count without a flag is ignored");
         }},
    {.id = "11/bidirectional-residual-is-ignored",
     .title = "The bidirectional residual is ignored where nothing is bidirectional",
     .proves = "R7143-11-02",
     .about = "Writes a number into Bidirectional Read Residual Count of every SCSI Response, without o and u.",
     .script =
         [](InitiatorScript& s) {
           bend_all(
               s, [](Pdu& pdu) { pdu.set(field::kBidiResidual, 0x12345678); }, "a field without a flag is ignored");
         }},
    {.id = "5.2.1/status-qualifier-is-ignored",
     .title = "The Status Qualifier is ignored below iSCSIProtocolLevel 2",
     .proves = "R7144-5.2.1-02",
     .about = "Writes a number into the Status Qualifier of every SCSI Response in a session at level 1. The field is "
              "reserved there.",
     .script =
         [](InitiatorScript& s) {
           bend_all(s, [](Pdu& pdu) { pdu.set(field::kStatusQualifier, 0x4001); }, "the Status Qualifier is ignored");
         }},
};

}  // namespace

std::span<const Test> section_11_4() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
