// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Data on its way to the target.
//= rfc7143#11.7
//= rfc7143#11.8

#include <algorithm>

#include "conformance/check/families.h"
#include "conformance/target/link.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;

constexpr CheckerRule kUnsolicited{.id = "data-out/unsolicited-announced",
                                   .title = "Data-Out without an R2T follows only a command with F=0 and InitialR2T=No",
                                   .proves = "R7143-4.2.5.2-01",
                                   .judges = Side::initiator,
                                   .section = "4.2.5.2"};
constexpr CheckerRule kFirstBurst{.id = "data-out/within-first-burst",
                                  .title = "Unsolicited data is at most FirstBurstLength",
                                  .proves = "R7143-13.12-01 R7143-11.7.1-03",
                                  .judges = Side::initiator,
                                  .section = "11.7.1"};
constexpr CheckerRule kWholeBurst{.id = "data-out/whole-first-burst",
                                  .title = "Unsolicited Data-Out brings FirstBurstLength or all data",
                                  .proves = "R7143-4.2.5.2-05",
                                  .judges = Side::initiator,
                                  .section = "4.2.5.2"};
constexpr CheckerRule kKnownTag{.id = "data-out/tag-of-an-r2t",
                                .title = "Solicited Data-Out has the tag of an R2T",
                                .judges = Side::initiator,
                                .section = "11.7.4"};
constexpr CheckerRule kDataSn{.id = "data-out/numbered",
                              .title = "Data-Out of a sequence is numbered from 0 without a gap",
                              .proves = "R7143-4.2.2.4-01",
                              .judges = Side::initiator,
                              .section = "4.2.2.4"};
constexpr CheckerRule kInOrder{
    .id = "data-out/in-order",
    .title = "With DataPDUInOrder=Yes, Buffer Offsets of a sequence go on without gap or overlap",
    .proves = "R7143-11.8-08 R7143-11.8-09 R7143-11.8-03 R7143-13.19-01",
    .judges = Side::initiator,
    .section = "11.8"};
constexpr CheckerRule kRange{.id = "data-out/within-the-r2t",
                             .title = "Data-Out stays within what the R2T asked for",
                             .proves = "R7143-11.8-05",
                             .judges = Side::initiator,
                             .section = "11.8"};
constexpr CheckerRule kFinal{.id = "data-out/last-is-final",
                             .title = "The Data-Out that fulfils an R2T has F",
                             .proves = "R7143-11.8-06 R7143-11.7.1-04",
                             .judges = Side::initiator,
                             .section = "11.8"};
constexpr CheckerRule kAll{.id = "data-out/all-that-was-asked-for",
                           .title = "F comes when all that the R2T asked for was sent",
                           .proves = "R7143-11.8-04",
                           .judges = Side::initiator,
                           .section = "11.8"};
constexpr CheckerRule kOldestFirst{.id = "data-out/oldest-r2t-first",
                                   .title = "R2Ts of a task are fulfilled in the order in which they came",
                                   .proves = "R7143-11.8-10",
                                   .judges = Side::initiator,
                                   .section = "11.8"};
constexpr CheckerRule kLun{.id = "data-out/lun-of-the-r2t",
                           .title = "Solicited Data-Out copies the LUN of the R2T",
                           .judges = Side::initiator,
                           .section = "11.7.4"};

constexpr const CheckerRule* kRules[] = {&kUnsolicited, &kFirstBurst, &kWholeBurst, &kKnownTag,    &kDataSn, &kInOrder,
                                         &kRange,       &kFinal,      &kAll,        &kOldestFirst, &kLun};

void judge_number(const Sight& sight, std::uint32_t data_sn, std::uint64_t offset) {
  const Pdu& pdu = sight.pdu;
  if (pdu[field::kDataSn] != data_sn) {
    sight.violates(kDataSn, "DataSN " + hex(data_sn), with(pdu, field::kDataSn));
  }
  if (!sight.connection.agreed().is(KeyId::data_pdu_in_order, 1)) return;
  if (pdu[field::kBufferOffset] != offset && !pdu.data.empty()) {
    sight.violates(kInOrder, "Buffer Offset " + std::to_string(offset), with(pdu, field::kBufferOffset));
  }
}

void judge_unsolicited(const Sight& sight, const Task& task) {
  const Negotiation& agreed = sight.connection.agreed();
  if (task.write.unsolicited_ended || agreed.is(KeyId::initial_r2t, 1)) {
    sight.violates(kUnsolicited, "an R2T first", "a SCSI Data-Out with TTT 0xffffffff");
    return;
  }
  judge_number(sight, task.write.next_data_sn, task.write.unsolicited);
  const std::uint64_t total = task.write.unsolicited + sight.pdu.data.size();
  const std::optional<std::uint32_t> burst = agreed.result(KeyId::first_burst_length);
  if (!burst) return;
  if (total > *burst) {
    sight.violates(kFirstBurst, "at most " + std::to_string(*burst) + " bytes", std::to_string(total) + " bytes");
  }
  const std::uint64_t due = std::min<std::uint64_t>(*burst, task.request[field::kExpectedLength]);
  if (sight.pdu[field::kFinal] != 0 && total < due) {
    sight.violates(kWholeBurst, std::to_string(due) + " bytes of unsolicited data", std::to_string(total) + " bytes");
  }
}

void judge_solicited(const Sight& sight, const Task& task) {
  const Pdu& pdu = sight.pdu;
  const auto r2t = std::ranges::find(task.write.open, pdu[field::kTtt], &OpenR2t::ttt);
  if (r2t == task.write.open.end()) {
    if (!sight.session().issued_ttts.contains(pdu[field::kTtt])) {
      sight.violates(kKnownTag, "a tag that the target gave", with(pdu, field::kTtt));
    }
    return;
  }
  if (r2t != task.write.open.begin()) {
    sight.violates(kOldestFirst, "tag " + hex(task.write.open.front().ttt), with(pdu, field::kTtt));
  }
  if (pdu.get(field::kLun) != r2t->lun) {
    sight.violates(kLun, "the LUN of the Ready To Transfer", "another one in the SCSI Data-Out");
  }
  judge_number(sight, r2t->next_data_sn, r2t->next_offset);
  const std::uint64_t offset = pdu[field::kBufferOffset];
  const std::uint64_t end = std::uint64_t{r2t->offset} + r2t->length;
  if (offset < r2t->offset || offset + pdu.data.size() > end) {
    sight.violates(kRange, "data from " + std::to_string(r2t->offset) + " to " + std::to_string(end),
                   std::to_string(pdu.data.size()) + " bytes at " + std::to_string(offset));
    return;
  }
  const std::uint64_t sent = std::uint64_t{r2t->sent} + pdu.data.size();
  const bool last = pdu[field::kFinal] != 0;
  const std::string progress = std::to_string(sent) + " of " + std::to_string(r2t->length) + " bytes";
  if (sent == r2t->length && !last) sight.violates(kFinal, "F in the last SCSI Data-Out", "F=0 at " + progress);
  if (sent < r2t->length && last) sight.violates(kAll, "all that the R2T asked for before F", "F=1 at " + progress);
}

void judge(const Sight& sight) {
  if (!sight.is(Opcode::data_out) || sight.sender != wire::Role::initiator) return;
  if (!sight.in_full_feature() || !sight.peer_is_honest()) return;
  const auto found = sight.session().tasks.find(sight.pdu[field::kItt]);
  if (found == sight.session().tasks.end() || found->second.in_doubt) return;
  if (sight.pdu[field::kTtt] == kNoTag) {
    judge_unsolicited(sight, found->second);
  } else {
    judge_solicited(sight, found->second);
  }
}

}  // namespace

constexpr Family kDataOutFamily{kRules, judge};

}  // namespace lunway::conformance
