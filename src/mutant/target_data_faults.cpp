// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target can do wrong when data moves.
//= rfc7143#11.7
//= rfc7143#11.8

#include "mutant/fault_lists.h"

namespace lunway::mutant {
namespace {

constexpr wire::Role kTarget = wire::Role::target;
constexpr wire::Role kInitiator = wire::Role::initiator;
constexpr std::uint32_t kNoTag = 0xffffffff;

bool is_data_in(const Passage& p) { return p.is(kTarget, Opcode::data_in); }
bool is_data_out(const Passage& p) { return p.is(kInitiator, Opcode::data_out); }
bool is_r2t(const Passage& p) { return p.is(kTarget, Opcode::ready_to_transfer); }
bool is_command(const Passage& p) { return p.is(kInitiator, Opcode::scsi_command); }

void add(Passage& p, const conformance::Field& field, std::uint32_t by) { p.pdu.set(field, p.pdu[field] + by); }

constexpr Fault kFaults[] = {
    {"data-sn-begins-at-1", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) add(p, field::kDataSn, 1);
     }},
    {"data-sn-stays-at-0", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.set(field::kDataSn, 0);
     }},
    {"data-sn-runs-through-commands", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.set(field::kDataSn, p.memory.numbers[0]++);
     }},
    {"data-in-offset-begins-at-4", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) add(p, field::kBufferOffset, 4);
     }},
    {"data-in-offset-stays-at-0", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.set(field::kBufferOffset, 0);
     }},
    {"data-in-has-another-tag", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.set(field::kItt, 0x5a5a5a5a);
     }},
    {"data-in-is-never-final", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"data-in-asks-for-an-acknowledgement", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.set(field::kAcknowledge, 1);
     }},
    {"data-in-has-a-transfer-tag", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.set(field::kTtt, 0x99);
     }},
    {"data-in-has-reserved-bits", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.header[1] |= std::byte{0x20};
     }},
    {"data-in-without-status-has-a-status-byte", kTarget,
     [](Passage& p) {
       if (is_data_in(p) && p.pdu[field::kHasStatus] == 0) p.pdu.set(field::kStatus, 0x02);
     }},
    {"data-in-comes-twice", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.before.push_back(p.pdu);
     }},
    {"data-in-is-cut-short", kTarget,
     [](Passage& p) {
       if (is_data_in(p) && p.pdu.data.size() > 4) p.pdu.data.resize(p.pdu.data.size() - 4);
     }},
    {"data-in-is-longer-than-allowed", kTarget,
     [](Passage& p) {
       if (is_data_in(p)) p.pdu.data.resize(p.pdu.data.size() + 8192);
     }},
    {"data-in-padding-is-not-zero", kTarget,
     [](Passage& p) {
       if (is_data_in(p) && p.pdu.data.size() % 4 != 0) p.pdu.lies.padding = std::byte{0xee};
     }},
    {"header-digests-are-wrong", kTarget,
     [](Passage& p) {
       if (p.from == kTarget && !p.in_login) p.pdu.lies.wrong_header_digest = true;
     }},
    {"data-digests-are-wrong", kTarget,
     [](Passage& p) {
       if (p.from == kTarget && !p.in_login) p.pdu.lies.wrong_data_digest = true;
     }},
    {"digests-of-the-initiator-are-not-checked", kTarget,
     [](Passage& p) {
       if (p.from == kInitiator) p.repaired = !p.pdu.header_digest_ok || !p.pdu.data_digest_ok;
     }},

    {"r2t-sn-begins-at-1", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) add(p, field::kR2tSn, 1);
     }},
    {"r2t-sn-stays-at-0", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.pdu.set(field::kR2tSn, 0);
     }},
    {"r2t-asks-for-nothing", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.pdu.set(field::kDesiredLength, 0);
     }},
    {"r2t-asks-beyond-the-command", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) add(p, field::kDesiredLength, 512);
     }},
    {"r2t-asks-at-another-offset", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) add(p, field::kBufferOffset, 512);
     }},
    {"r2t-asks-for-more-than-a-burst", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) add(p, field::kDesiredLength, 1 << 20);
     }},
    {"r2t-has-no-transfer-tag", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.pdu.set(field::kTtt, kNoTag);
     }},
    {"r2t-has-another-tag", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.pdu.set(field::kItt, 0x5a5a5a5a);
     }},
    {"r2t-has-another-lun", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.pdu.set(field::kLun, 0x0007000000000000);
     }},
    {"r2t-has-data", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.pdu.data.resize(4);
     }},
    {"r2t-has-no-f-bit", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"r2t-comes-twice", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.after.push_back(p.pdu);
     }},
    {"r2ts-are-not-sent", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.drop = true;
     }},

    {"takes-data-with-any-transfer-tag", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.memory.numbers[0] = p.pdu[field::kTtt];
       if (is_data_out(p) && p.pdu[field::kTtt] != kNoTag) p.pdu.set(field::kTtt, p.memory.numbers[0]);
     }},
    {"takes-data-with-any-number", kTarget,
     [](Passage& p) {
       if (is_command(p) || is_r2t(p)) p.memory.numbers[0] = 0;
       if (is_data_out(p)) p.pdu.set(field::kDataSn, p.memory.numbers[0]++);
     }},
    {"takes-data-at-any-offset", kTarget,
     [](Passage& p) {
       if (is_r2t(p)) p.memory.numbers[0] = p.pdu[field::kBufferOffset];
       if (!is_data_out(p) || p.pdu[field::kTtt] == kNoTag) return;
       p.pdu.set(field::kBufferOffset, p.memory.numbers[0]);
       p.memory.numbers[0] += static_cast<std::uint32_t>(p.pdu.data.size());
     }},
    {"takes-immediate-data-that-was-not-agreed-on", kTarget,
     [](Passage& p) {
       if (is_command(p) && !p.pdu.data.empty()) p.pdu.data.clear();
     }},
    {"forgets-unsolicited-data", kTarget,
     [](Passage& p) {
       if (is_data_out(p) && p.pdu[field::kTtt] == kNoTag) p.drop = true;
     }},
    {"writes-other-data", kTarget,
     [](Passage& p) {
       if (is_data_out(p) && !p.pdu.data.empty()) p.pdu.data[0] ^= std::byte{1};
     }},
    {"reads-other-data", kTarget,
     [](Passage& p) {
       if (is_data_in(p) && !p.pdu.data.empty()) p.pdu.data[0] ^= std::byte{1};
     }},
};

}  // namespace

std::span<const Fault> target_data_faults() { return kFaults; }

}  // namespace lunway::mutant
