// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What an initiator offers, and how it keeps what was agreed on when it writes.
//= rfc7143#13

#include <algorithm>

#include "conformance/initiator/initiator_script.h"
#include "conformance/initiator/key_rules.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

const std::string* offer_of(InitiatorScript& s, std::string_view key) {
  ServedLink& link = s.start();
  const std::string* offer = find_value(link.login().offers, key);
  if (offer == nullptr) s.inapplicable("it does not offer " + std::string(key));
  return offer;
}

void require_number(InitiatorScript& s, std::string_view key, std::uint64_t least, std::uint64_t most) {
  const std::string* offer = offer_of(s, key);
  const auto number = number_in(*offer);
  s.require(number && *number >= least && *number <= most,
            "a number from " + std::to_string(least) + " to " + std::to_string(most), *offer);
}

void require_boolean(InitiatorScript& s, std::string_view key) {
  const std::string* offer = offer_of(s, key);
  s.require(*offer == "Yes" || *offer == "No", "Yes or No", *offer);
}

void require_digests(InitiatorScript& s, std::string_view key) {
  const std::string* offer = offer_of(s, key);
  std::string_view rest = *offer;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    s.require(one == "None" || one == "CRC32C" || one.starts_with("Y-") || one.starts_with("Y#"),
              "None, CRC32C or an extension", *offer);
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
}

/// The first WRITE of a session with these keys, and the unsolicited Data-Out that follow it.
struct Burst {
  ServedLink& link;
  Pdu command;
  std::vector<Pdu> data;
  std::size_t bytes = 0;  // immediate data too
};

Burst first_burst(InitiatorScript& s, const Text& values) {
  ServedLink& link = s.start(Traffic::writes, {.values = values});
  for (const KeyValue& value : values) {
    if (link.login().value(value.key, {}) != value.value) s.inapplicable("it does not agree on " + value.key);
  }
  Burst burst{link, link.await_write(), {}};
  burst.bytes = burst.command.data.size();
  bool open = burst.command[field::kFinal] == 0;
  while (open) {
    Arrival arrival = link.receive();
    if (!arrival.is(Opcode::data_out)) s.fail("the unsolicited data that F=0 announces", describe(arrival), "11.3.1");
    burst.bytes += arrival.pdu.data.size();
    open = arrival.pdu[field::kFinal] == 0;
    burst.data.push_back(std::move(arrival.pdu));
  }
  return burst;
}

constexpr Test kTests[] = {
    {.id = "13.1/header-digest-offer",
     .title = "HeaderDigest offers None, CRC32C, or an extension",
     .proves = "R7143-13.1-01 R7143-13.1-07",
     .about = "Looks at the list that the initiator offers.",
     .script = [](InitiatorScript& s) { require_digests(s, "HeaderDigest"); }},
    {.id = "13.1/data-digest-offer",
     .title = "DataDigest offers None, CRC32C, or an extension",
     .proves = "R7143-13.1-01 R7143-13.1-07",
     .about = "Looks at the list that the initiator offers.",
     .script = [](InitiatorScript& s) { require_digests(s, "DataDigest"); }},
    {.id = "13.2/max-connections-offer",
     .title = "MaxConnections is offered from 1 to 65535",
     .proves = "R7143-13.2-01",
     .about = "Looks at the number that the initiator offers in its leading login.",
     .script = [](InitiatorScript& s) { require_number(s, "MaxConnections", 1, 65535); }},
    {.id = "13.10/initial-r2t-offer",
     .title = "InitialR2T is offered as Yes or No",
     .proves = "R7143-13.10-01",
     .about = "Looks at the value that the initiator offers in its leading login.",
     .script = [](InitiatorScript& s) { require_boolean(s, "InitialR2T"); }},
    {.id = "13.12/segment-declaration",
     .title = "MaxRecvDataSegmentLength is declared from 512 to 2^24 - 1",
     .proves = "R7143-13.12-02",
     .about = "Looks at the number that the initiator declares.",
     .script = [](InitiatorScript& s) { require_number(s, "MaxRecvDataSegmentLength", 512, 0xffffff); }},
    {.id = "13.13/max-burst-offer",
     .title = "MaxBurstLength is offered from 512 to 2^24 - 1",
     .proves = "R7143-13.13-01",
     .about = "Looks at the number that the initiator offers.",
     .script = [](InitiatorScript& s) { require_number(s, "MaxBurstLength", 512, 0xffffff); }},
    {.id = "13.14/first-burst-offer",
     .title = "FirstBurstLength is offered from 512, and not above MaxBurstLength",
     .proves = "R7143-13.14-01",
     .about = "Looks at the two numbers that the initiator offers; MaxBurstLength is 262144 where it offers none.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           const std::string* first = find_value(link.login().offers, "FirstBurstLength");
           const std::string* burst = find_value(link.login().offers, "MaxBurstLength");
           if (first == nullptr) s.inapplicable("it does not offer FirstBurstLength");
           const std::uint64_t most = burst == nullptr ? 262144 : number_in(*burst).value_or(0);
           const auto number = number_in(*first);
           s.require(number && *number >= 512 && *number <= most, "at least 512, at most MaxBurstLength", *first);
         }},
    {.id = "13.15/time2wait-offer",
     .title = "DefaultTime2Wait is offered from 0 to 3600",
     .proves = "R7143-13.15-01",
     .about = "Looks at the number that the initiator offers.",
     .script = [](InitiatorScript& s) { require_number(s, "DefaultTime2Wait", 0, 3600); }},
    {.id = "13.16/time2retain-offer",
     .title = "DefaultTime2Retain is offered from 0 to 3600",
     .proves = "R7143-13.16-01",
     .about = "Looks at the number that the initiator offers.",
     .script = [](InitiatorScript& s) { require_number(s, "DefaultTime2Retain", 0, 3600); }},
    {.id = "13.17/max-outstanding-r2t-offer",
     .title = "MaxOutstandingR2T is offered from 1 to 65535",
     .proves = "R7143-13.17-01",
     .about = "Looks at the number that the initiator offers.",
     .script = [](InitiatorScript& s) { require_number(s, "MaxOutstandingR2T", 1, 65535); }},
    {.id = "13.18/data-pdu-in-order-offer",
     .title = "DataPDUInOrder is offered as Yes or No",
     .proves = "R7143-13.18-01",
     .about = "Looks at the value that the initiator offers.",
     .script = [](InitiatorScript& s) { require_boolean(s, "DataPDUInOrder"); }},
    {.id = "13.20/recovery-level-offer",
     .title = "ErrorRecoveryLevel is offered from 0 to 2",
     .proves = "R7143-13.20-01",
     .about = "Looks at the number that the initiator offers.",
     .script = [](InitiatorScript& s) { require_number(s, "ErrorRecoveryLevel", 0, 2); }},
    {.id = "13.23/task-reporting-offer",
     .title = "TaskReporting offers at least RFC3720 and ResponseFence",
     .proves = "R7143-13.23-02",
     .about = "Looks at the list that the initiator offers.",
     .script =
         [](InitiatorScript& s) {
           const std::string* offer = offer_of(s, "TaskReporting");
           s.require(is_offered(*offer, "RFC3720") && is_offered(*offer, "ResponseFence"), "RFC3720 and ResponseFence",
                     *offer);
         }},
    {.id = "13.25/markers-are-gone",
     .title = "Markers are no longer offered",
     .proves = "R7143-13.25-01",
     .about = "Looks for IFMarker, OFMarker, IFMarkInt and OFMarkInt, which RFC 7143 took away. Offering them is a "
              "warning: see the ruling marker-keys.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start();
           for (const char* key : {"IFMarker", "OFMarker", "IFMarkInt", "OFMarkInt"}) {
             s.should(find_value(link.login().offers, key) == nullptr, "no keys of markers", key, "ruling marker-keys");
           }
         }},
    {.id = "13.11/all-data-solicited",
     .title = "InitialR2T=Yes and ImmediateData=No: no unsolicited data",
     .proves = "R7143-13.11-01 R7143-4.2.5.2-01",
     .needs = {Need::writes_data},
     .about = "Agrees on the two and looks at the first WRITE: F=1 and no data.",
     .script =
         [](InitiatorScript& s) {
           const Burst burst = first_burst(s, {{"InitialR2T", "Yes"}, {"ImmediateData", "No"}});
           s.require(burst.bytes == 0 && burst.data.empty(), "no unsolicited data", summary_of(burst.command));
           burst.link.answer(burst.command);
           s.expect_success("the WRITE succeeds");
         }},
    {.id = "13.11/immediate-data-only",
     .title = "InitialR2T=Yes and ImmediateData=Yes: nothing unsolicited but immediate data",
     .proves = "R7143-4.2.5.2-01 R7143-13.11-03 R7143-11.3.4-02",
     .needs = {Need::writes_data},
     .about = "Agrees on the two and looks at the first WRITE: F=1, and at most FirstBurstLength and the target's "
              "MaxRecvDataSegmentLength of immediate data.",
     .script =
         [](InitiatorScript& s) {
           const Burst burst = first_burst(s, {{"InitialR2T", "Yes"}});
           s.require_field(burst.command, field::kFinal, 1);
           s.require(burst.bytes <= burst.link.login().number("FirstBurstLength", 65536), "within FirstBurstLength",
                     summary_of(burst.command), "13.14");
           burst.link.answer(burst.command);
           s.expect_success("the WRITE succeeds");
         }},
    {.id = "13.11/no-immediate-data",
     .title = "ImmediateData=No: no data with the command",
     .proves = "R7143-13.11-03",
     .needs = {Need::writes_data},
     .about =
         "Agrees on ImmediateData=No, with whatever InitialR2T the initiator offers, and looks at the first WRITE.",
     .script =
         [](InitiatorScript& s) {
           const Burst burst = first_burst(s, {{"ImmediateData", "No"}});
           s.require(burst.command.data.empty(), "no immediate data", summary_of(burst.command));
         }},
    {.id = "13.12/first-burst-is-kept",
     .title = "Unsolicited data keep within FirstBurstLength, immediate data among them",
     .proves = "R7143-13.12-01 R7143-11.7.1-03 R7143-11.3.4-03 R7143-4.2.5.2-05",
     .needs = {Need::writes_data},
     .about = "Agrees on FirstBurstLength=1024 and counts what comes before the first R2T. If Data-Out PDUs come, "
              "the sum is 1024, or all the data.",
     .script =
         [](InitiatorScript& s) {
           const Burst burst = first_burst(s, {{"FirstBurstLength", "1024"}});
           s.require(burst.bytes <= 1024, "at most FirstBurstLength", std::to_string(burst.bytes) + " bytes");
           const std::size_t whole = std::min<std::size_t>(1024, burst.command[field::kExpectedLength]);
           if (!burst.data.empty()) s.require_equal(burst.bytes, whole, "the sum of unsolicited data", "4.2.5.2");
         }},
    {.id = "13.12/immediate-data-fit-a-segment",
     .title = "Immediate data are no longer than the target's MaxRecvDataSegmentLength",
     .proves = "R7143-11.7.1-02 R7143-13.12-02",
     .needs = {Need::writes_data},
     .about = "Declares MaxRecvDataSegmentLength=512 and looks at the first WRITE and its unsolicited Data-Out.",
     .script =
         [](InitiatorScript& s) {
           ServedLink& link = s.start(Traffic::writes, {.values = {{"MaxRecvDataSegmentLength", "512"}}});
           const Pdu command = link.await_write();
           s.require(command.data.size() <= 512, "at most 512 bytes", summary_of(command));
           link.answer(command);
           s.expect_success("the WRITE succeeds");
           for (const Pdu& pdu : s.requests(Opcode::data_out)) {
             s.require(pdu.data.size() <= 512, "at most 512 bytes", summary_of(pdu));
           }
         }},
    {.id = "13.13/small-bursts",
     .title = "A session with MaxBurstLength=512 works",
     .proves = "R7143-13.13-01 R7143-13.12-01",
     .needs = {Need::writes_data},
     .about = "Agrees on MaxBurstLength and FirstBurstLength of 512, so that each R2T asks for one block, and serves "
              "the whole WRITE.",
     .script =
         [](InitiatorScript& s) {
           (void)s.start(Traffic::writes, {.values = {{"MaxBurstLength", "512"}, {"FirstBurstLength", "512"}}});
           s.expect_success("writing in bursts of 512 bytes works");
         }},
};

}  // namespace

std::span<const Test> section_13() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
