// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI Commands.
//= rfc7143#11.3

#include "base/big_endian.h"
#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;

constexpr CheckerRule kFinalOrWrite{.id = "command/final-or-write",
                                    .title = "A SCSI Command has F or W set",
                                    .proves = "R7143-11.3.1-01",
                                    .judges = Side::initiator,
                                    .section = "11.3.1"};
constexpr CheckerRule kDirection{.id = "command/direction",
                                 .title = "A SCSI Command that expects data says in which direction",
                                 .proves = "R7143-11.3.1-03",
                                 .judges = Side::initiator,
                                 .section = "11.3.1"};
constexpr CheckerRule kBidirectional{.id = "command/bidirectional-read-length",
                                     .title = "A bidirectional command says how much it reads",
                                     .proves = "R7143-11.3.4-01",
                                     .judges = Side::initiator,
                                     .section = "11.3.4"};
constexpr CheckerRule kAllIsFinal{.id = "command/all-data-is-final",
                                  .title = "F is set when all data goes with the command",
                                  .proves = "R7143-11.3.4-02",
                                  .judges = Side::initiator,
                                  .section = "11.3.4"};
constexpr CheckerRule kNoMoreThanExpected{
    .id = "command/no-more-than-expected",
    .title = "Immediate data is not longer than the Expected Data Transfer Length",
    .judges = Side::initiator,
    .section = "11.3.4"};
constexpr CheckerRule kImmediateData{.id = "command/immediate-data-agreed",
                                     .title = "Data goes with the command only with ImmediateData=Yes",
                                     .proves = "R7143-13.11-01 R7143-13.11-03",
                                     .judges = Side::initiator,
                                     .section = "13.11"};
constexpr CheckerRule kUnsolicited{.id = "command/unsolicited-data-agreed",
                                   .title = "Data-Out PDUs without an R2T are announced only with InitialR2T=No",
                                   .proves = "R7143-13.11-01",
                                   .judges = Side::initiator,
                                   .section = "13.10"};
constexpr CheckerRule kFirstBurst{.id = "command/immediate-data-within-first-burst",
                                  .title = "Immediate data is not longer than FirstBurstLength",
                                  .proves = "R7143-13.12-01",
                                  .judges = Side::initiator,
                                  .section = "13.14"};
constexpr CheckerRule kPriority{.id = "command/priority-agreed",
                                .title = "A command has a priority only with iSCSIProtocolLevel 2",
                                .proves = "R7144-5.1.1-01",
                                .judges = Side::initiator,
                                .section = "rfc7144 5.1.1"};
constexpr CheckerRule kExtendedCdb{.id = "command/extended-cdb",
                                   .title = "An Extended CDB header stands only beside a CDB of 17 bytes and more",
                                   .proves = "R7143-11.2.2.3-01",
                                   .judges = Side::initiator,
                                   .section = "11.2.2.3"};

constexpr const CheckerRule* kRules[] = {&kFinalOrWrite,       &kDirection,     &kBidirectional, &kAllIsFinal,
                                         &kNoMoreThanExpected, &kImmediateData, &kUnsolicited,   &kFirstBurst,
                                         &kPriority,           &kExtendedCdb};

constexpr std::uint8_t kExtendedCdbType = 1;
constexpr std::uint8_t kBidirectionalType = 2;

struct Headers {
  bool bidirectional = false;
  bool short_cdb = false;
};

//= rfc7143#11.2.2
Headers headers_of(Bytes ahs) {
  Headers found;
  while (ahs.size() >= wire::kWordSize) {
    const std::size_t length = load_be16(ahs.data());
    const std::uint8_t type = std::to_integer<std::uint8_t>(ahs[2]) & 0x3f;
    if (type == kBidirectionalType) found.bidirectional = true;
    // The length is that of the CDB less 15.
    if (type == kExtendedCdbType && length < 2) found.short_cdb = true;
    const std::size_t whole = wire::padded(length + 3);
    ahs = ahs.subspan(std::min(whole, ahs.size()));
  }
  return found;
}

void judge_shape(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const bool reads = pdu[field::kRead] != 0;
  const bool writes = pdu[field::kWrite] != 0;
  const Headers headers = headers_of(pdu.ahs);
  if (!writes && pdu[field::kFinal] == 0) sight.violates(kFinalOrWrite, "F or W", "a SCSI Command with neither");
  if (!reads && !writes && pdu[field::kExpectedLength] != 0) {
    sight.violates(kDirection, "R or W", with(pdu, field::kExpectedLength));
  }
  if (reads && writes && !headers.bidirectional) {
    sight.violates(kBidirectional, "an additional header with the expected read length", "R and W without it");
  }
  if (headers.short_cdb) {
    sight.violates(kExtendedCdb, "an AHSLength of 2 and more", "one for a CDB of less than 17 bytes");
  }
}

void judge_immediate_data(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const std::uint32_t expected = pdu[field::kExpectedLength];
  const std::size_t length = pdu.data.size();
  const std::string got = "a SCSI Command with " + std::to_string(length) + " bytes";
  if (length > expected || (length != 0 && pdu[field::kWrite] == 0)) {
    sight.violates(kNoMoreThanExpected, "at most " + std::to_string(expected) + " bytes that it writes", got);
  }
  if (length != 0 && length == expected && pdu[field::kFinal] == 0) {
    sight.violates(kAllIsFinal, "F beside all data of the command", got + " and F=0");
  }
  if (!sight.peer_is_honest() || !sight.in_full_feature()) return;
  const Negotiation& agreed = sight.connection.agreed();
  if (length != 0 && agreed.is(KeyId::immediate_data, 0)) {
    sight.violates(kImmediateData, "no data, since ImmediateData=No", got);
  }
  if (pdu[field::kWrite] != 0 && pdu[field::kFinal] == 0 && agreed.is(KeyId::initial_r2t, 1)) {
    sight.violates(kUnsolicited, "F=1, since InitialR2T=Yes", "a SCSI Command with F=0");
  }
  const std::optional<std::uint32_t> burst = agreed.result(KeyId::first_burst_length);
  if (burst && length > *burst) {
    sight.violates(kFirstBurst, "at most " + std::to_string(*burst) + " bytes", got);
  }
}

void judge(const Sight& sight) {
  if (!sight.is(Opcode::scsi_command) || sight.sender != wire::Role::initiator) return;
  judge_shape(sight);
  judge_immediate_data(sight);
  const std::optional<std::uint32_t> level = sight.connection.agreed().result(KeyId::protocol_level);
  if (sight.pdu[field::kPriority] != 0 && level && *level < 2 && sight.in_full_feature() && sight.session().is_known) {
    sight.violates(kPriority, "priority 0 at iSCSIProtocolLevel " + std::to_string(*level),
                   with(sight.pdu, field::kPriority));
  }
}

}  // namespace

constexpr Family kCommandFamily{kRules, judge};

}  // namespace lunway::conformance
