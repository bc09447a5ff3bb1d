// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Lengths of data segments, padding and digests.
//= rfc7143#11.2.1.6
//= rfc7143#11.2.3

#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

using wire::Opcode;

constexpr CheckerRule kNoSegment{
    .id = "segment/none-where-none-belongs",
    .title = "A PDU that has no data segment has DataSegmentLength 0",
    .proves = "R7143-11.2.1.6-01 R7143-11.5.2-01 R7143-11.6.2-01 R7143-11.8.1-01 R7143-11.14.2-01 R7143-11.15.2-01",
    .section = "11.2.1.6"};
constexpr CheckerRule kTooLong{.id = "segment/within-what-the-receiver-takes",
                               .title = "No data segment is longer than the receiver's MaxRecvDataSegmentLength",
                               .proves = "R7143-11.7.1-02 R7143-11.10.5-01 R7143-11.11.6-01 R7143-13.12-02",
                               .section = "13.12"};
constexpr CheckerRule kPadding{.id = "segment/padding",
                               .title = "Padding bytes are 0",
                               .proves = "R7143-13.1-03",
                               .section = "11.1",
                               .weight = Finding::Weight::warning};
constexpr CheckerRule kHeaderDigest{.id = "segment/header-digest",
                                    .title = "The header digest belongs to the header",
                                    .proves = "R7143-13.1-02 R7143-13.1-04 R7143-11.2.3-01",
                                    .section = "11.2.3"};
constexpr CheckerRule kDataDigest{.id = "segment/data-digest",
                                  .title = "The data digest belongs to the data segment with its padding",
                                  .proves = "R7143-13.1-02 R7143-13.1-04 R7143-11.2.3-01",
                                  .section = "11.2.3"};

constexpr const CheckerRule* kRules[] = {&kNoSegment, &kTooLong, &kPadding, &kHeaderDigest, &kDataDigest};

bool has_no_segment(const Pdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::task_management_request:
    case Opcode::task_management_response:
    case Opcode::logout_request:
    case Opcode::logout_response:
    case Opcode::ready_to_transfer:
    case Opcode::snack_request:
      return true;
    default:
      return false;
  }
}

void judge(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  if (!pdu.header_digest_ok) {
    sight.violates(kHeaderDigest, "the CRC32C of the header", "another digest behind a " + name_of(pdu));
  }
  if (!pdu.data_digest_ok) {
    sight.violates(kDataDigest, "the CRC32C of the data segment", "another digest behind a " + name_of(pdu));
  }
  if (!pdu.padding_is_zero) sight.violates(kPadding, "padding of null bytes", "other bytes behind a " + name_of(pdu));

  const std::uint32_t length = pdu[field::kDataSegmentLength];
  if (length != 0 && has_no_segment(pdu)) {
    sight.violates(kNoSegment, "DataSegmentLength 0", with(pdu, field::kDataSegmentLength));
  }
  const std::optional<std::uint32_t> most = sight.connection.max_recv[other_side(sight.sender)];
  if (most && length > *most && sight.peer_is_honest()) {
    sight.violates(kTooLong, "at most " + std::to_string(*most) + " bytes, as the receiver declared",
                   "a " + name_of(pdu) + " with " + std::to_string(length) + " bytes");
  }
}

}  // namespace

constexpr Family kSegmentFamily{kRules, judge};

}  // namespace lunway::conformance
