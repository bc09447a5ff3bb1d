// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target can do wrong with the numbers of commands and responses.
//= rfc7143#4.2.2
//= rfc7143#11.4

#include "mutant/fault_lists.h"

namespace lunway::mutant {
namespace {

constexpr wire::Role kTarget = wire::Role::target;
constexpr wire::Role kInitiator = wire::Role::initiator;

/// A response in the Full Feature Phase.
bool is_response(const Passage& p) { return p.from == kTarget && !p.in_login; }
bool is_status(const Passage& p) { return p.is(kTarget, Opcode::scsi_response); }
bool has_command_number(const Passage& p) {
  return p.from == kInitiator && !p.in_login && !p.pdu.is(Opcode::data_out) && !p.pdu.is(Opcode::snack_request);
}

/// Adds to StatSN of what follows a PDU of that kind.
void shifts_after(Passage& p, Opcode opcode, std::uint32_t by) {
  if (!is_response(p)) return;
  p.pdu.set(field::kStatSn, p.pdu[field::kStatSn] + p.memory.numbers[0]);
  if (p.pdu.is(opcode)) p.memory.numbers[0] += by;
}

constexpr std::uint32_t kMinus1 = 0xffffffff;

constexpr Fault kFaults[] = {
    {"stat-sn-stays-after-a-reject", kTarget, [](Passage& p) { shifts_after(p, Opcode::reject, kMinus1); }},
    {"stat-sn-stays-after-a-nop-in", kTarget, [](Passage& p) { shifts_after(p, Opcode::nop_in, kMinus1); }},
    {"stat-sn-stays-after-a-scsi-response", kTarget,
     [](Passage& p) { shifts_after(p, Opcode::scsi_response, kMinus1); }},
    {"stat-sn-stays-after-a-text-response", kTarget,
     [](Passage& p) { shifts_after(p, Opcode::text_response, kMinus1); }},
    {"stat-sn-stays-after-a-task-management-response", kTarget,
     [](Passage& p) { shifts_after(p, Opcode::task_management_response, kMinus1); }},
    {"stat-sn-grows-with-an-r2t", kTarget, [](Passage& p) { shifts_after(p, Opcode::ready_to_transfer, 1); }},
    {"stat-sn-grows-with-data", kTarget, [](Passage& p) { shifts_after(p, Opcode::data_in, 1); }},
    {"stat-sn-begins-anew-after-the-login", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kStatSn, p.pdu[field::kStatSn] + 100);
     }},
    {"exp-cmd-sn-runs-ahead", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kExpCmdSn, p.pdu[field::kExpCmdSn] + 3);
     }},
    {"exp-cmd-sn-goes-back", kTarget,
     [](Passage& p) {
       if (is_response(p) && p.meet() % 2 == 0) p.pdu.set(field::kExpCmdSn, p.pdu[field::kExpCmdSn] - 2);
     }},
    {"max-cmd-sn-below-the-window", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kMaxCmdSn, p.pdu[field::kExpCmdSn] - 5);
     }},
    {"max-cmd-sn-shrinks", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kMaxCmdSn, p.pdu[field::kMaxCmdSn] - p.meet() * 2);
     }},
    {"window-is-always-shut", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kMaxCmdSn, p.pdu[field::kExpCmdSn] - 1);
     }},
    {"takes-a-command-beyond-the-window", kTarget,
     [](Passage& p) {
       if (p.from == kTarget) p.memory.numbers[0] = p.pdu[field::kExpCmdSn];
       if (has_command_number(p) && p.pdu[field::kImmediate] == 0) {
         const auto ahead = static_cast<std::int32_t>(p.pdu[field::kCmdSn] - p.memory.numbers[0]);
         if (ahead < 0 || ahead > 64) p.pdu.set(field::kCmdSn, p.memory.numbers[0]);
       }
     }},
    {"takes-commands-out-of-order", kTarget,
     [](Passage& p) {
       if (p.from == kTarget && p.memory.numbers[0] == 0) p.memory.numbers[0] = p.pdu[field::kExpCmdSn];
       if (has_command_number(p) && p.pdu[field::kImmediate] == 0) p.pdu.set(field::kCmdSn, p.memory.numbers[0]++);
     }},
    {"executes-a-repeated-command-number", kTarget,
     [](Passage& p) {
       if (!has_command_number(p)) return;
       if (p.pdu[field::kImmediate] == 0 && p.memory.has_kept && p.memory.kept[field::kCmdSn] == p.pdu[field::kCmdSn]) {
         p.pdu.set(field::kImmediate, 1);
       } else if (p.pdu[field::kImmediate] == 0) {
         p.memory.kept = p.pdu;
         p.memory.has_kept = true;
       }
     }},
    {"counts-immediate-commands", kTarget,
     [](Passage& p) {
       if (has_command_number(p) && p.pdu[field::kImmediate] != 0) ++p.memory.numbers[0];
       if (is_response(p)) p.pdu.set(field::kExpCmdSn, p.pdu[field::kExpCmdSn] + p.memory.numbers[0]);
     }},
    {"drops-immediate-commands", kTarget,
     [](Passage& p) {
       if (has_command_number(p) && p.pdu[field::kImmediate] != 0) p.drop = true;
     }},

    {"status-has-another-tag", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.set(field::kItt, 0x5a5a5a5a);
     }},
    {"status-comes-twice", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.after.push_back(p.pdu);
     }},
    {"status-has-no-f-bit", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"status-has-reserved-bits", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.header[14] = std::byte{1};
     }},
    {"status-has-overflow-and-underflow", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.set(field::kOverflow, 1).set(field::kUnderflow, 1);
     }},
    {"status-has-bidirectional-flags", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.set(field::kBidiOverflow, 1);
     }},
    {"residual-without-its-flag", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.set(field::kResidual, 77);
     }},
    {"underflow-is-not-told", kTarget,
     [](Passage& p) {
       if (is_status(p) || p.is(kTarget, Opcode::data_in)) p.pdu.set(field::kUnderflow, 0).set(field::kResidual, 0);
     }},
    {"overflow-is-not-told", kTarget,
     [](Passage& p) {
       if (is_status(p) || p.is(kTarget, Opcode::data_in)) p.pdu.set(field::kOverflow, 0).set(field::kResidual, 0);
     }},
    {"residual-is-one-too-much", kTarget,
     [](Passage& p) {
       const bool has = (is_status(p) || p.is(kTarget, Opcode::data_in)) && p.pdu[field::kResidual] != 0;
       if (has) p.pdu.set(field::kResidual, p.pdu[field::kResidual] + 1);
     }},
    {"exp-data-sn-is-wrong", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.set(field::kExpDataSn, p.pdu[field::kExpDataSn] + 1);
     }},
    {"sense-data-has-no-length", kTarget,
     [](Passage& p) {
       if (is_status(p) && p.pdu.data.size() > 2) p.pdu.data.erase(p.pdu.data.begin(), p.pdu.data.begin() + 2);
     }},
    {"check-condition-without-sense", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.data.clear();
     }},
    {"response-code-is-reserved", kTarget,
     [](Passage& p) {
       if (is_status(p)) p.pdu.set(field::kResponse, 0x55);
     }},
    {"target-failure-instead-of-check-condition", kTarget,
     [](Passage& p) {
       if (is_status(p) && p.pdu[field::kStatus] == 2) p.pdu.set(field::kResponse, 1).set(field::kStatus, 0);
     }},
    {"commands-get-no-answer", kTarget,
     [](Passage& p) {
       if (p.is(kInitiator, Opcode::scsi_command)) p.drop = true;
     }},
    {"extra-status-before-the-data", kTarget,
     [](Passage& p) {
       if (p.is(kTarget, Opcode::data_in) && p.pdu[field::kHasStatus] != 0) {
         p.pdu.set(field::kHasStatus, 0).set(field::kStatSn, 0);
       }
     }},
};

}  // namespace

std::span<const Fault> target_command_faults() { return kFaults; }

}  // namespace lunway::mutant
