// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target can do wrong with pings, task management, logouts, rejects and SNACKs.
//= rfc7143#11.5
//= rfc7143#11.14
//= rfc7143#11.17
//= rfc7143#11.18

#include "mutant/fault_lists.h"

namespace lunway::mutant {
namespace {

constexpr wire::Role kTarget = wire::Role::target;
constexpr wire::Role kInitiator = wire::Role::initiator;
constexpr std::uint32_t kNoTag = 0xffffffff;

bool is_nop_in(const Passage& p) { return p.is(kTarget, Opcode::nop_in); }
bool is_answer_to_ping(const Passage& p) { return is_nop_in(p) && p.pdu[field::kItt] != kNoTag; }
bool is_nop_out(const Passage& p) { return p.is(kInitiator, Opcode::nop_out) && !p.in_login; }
bool is_function(const Passage& p) { return p.is(kInitiator, Opcode::task_management_request); }
bool is_function_answer(const Passage& p) { return p.is(kTarget, Opcode::task_management_response); }
bool is_logout(const Passage& p) { return p.is(kInitiator, Opcode::logout_request); }
bool is_logout_answer(const Passage& p) { return p.is(kTarget, Opcode::logout_response); }
bool is_reject(const Passage& p) { return p.is(kTarget, Opcode::reject); }
bool is_unknown(const Passage& p) {
  return p.from == kInitiator && !p.in_login && wire::sender_of(p.pdu.opcode()) != std::optional(wire::Role::initiator);
}

void other_tag(Passage& p) { p.pdu.set(field::kItt, 0x5a5a5a5a); }

constexpr Fault kFaults[] = {
    {"pings-get-no-answer", kTarget,
     [](Passage& p) {
       if (is_nop_out(p)) p.drop = true;
     }},
    {"pings-are-answered-without-their-data", kTarget,
     [](Passage& p) {
       if (is_answer_to_ping(p)) p.pdu.data.clear();
     }},
    {"pings-are-answered-with-other-data", kTarget,
     [](Passage& p) {
       if (is_answer_to_ping(p) && !p.pdu.data.empty()) p.pdu.data.back() ^= std::byte{1};
     }},
    {"pings-are-answered-with-another-tag", kTarget,
     [](Passage& p) {
       if (is_answer_to_ping(p)) other_tag(p);
     }},
    {"answers-to-pings-have-a-transfer-tag", kTarget,
     [](Passage& p) {
       if (is_answer_to_ping(p)) p.pdu.set(field::kTtt, 0x31);
     }},
    {"pings-are-answered-twice", kTarget,
     [](Passage& p) {
       if (is_answer_to_ping(p)) p.after.push_back(p.pdu);
     }},
    {"nop-in-has-reserved-bits", kTarget,
     [](Passage& p) {
       if (is_nop_in(p)) p.pdu.header[40] = std::byte{1};
     }},
    {"nop-in-has-no-f-bit", kTarget,
     [](Passage& p) {
       if (is_nop_in(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"nop-in-has-i-bit", kTarget,
     [](Passage& p) {
       if (is_nop_in(p)) p.pdu.set(field::kImmediate, 1);
     }},
    {"answers-nop-outs-that-want-no-answer", kTarget,
     [](Passage& p) {
       if (!is_nop_out(p) || p.pdu[field::kItt] != kNoTag) return;
       p.back.push_back(Pdu(Opcode::nop_in).set(field::kFinal, 1).set(field::kItt, kNoTag).set(field::kTtt, kNoTag));
     }},

    {"functions-get-no-answer", kTarget,
     [](Passage& p) {
       if (is_function(p)) p.drop = true;
     }},
    {"functions-are-answered-with-another-tag", kTarget,
     [](Passage& p) {
       if (is_function_answer(p)) other_tag(p);
     }},
    {"functions-are-always-complete", kTarget,
     [](Passage& p) {
       if (is_function_answer(p)) p.pdu.set(field::kResponse, 0);
     }},
    {"functions-are-always-rejected", kTarget,
     [](Passage& p) {
       if (is_function_answer(p)) p.pdu.set(field::kResponse, 255);
     }},
    {"functions-are-never-supported", kTarget,
     [](Passage& p) {
       if (is_function_answer(p)) p.pdu.set(field::kResponse, 5);
     }},
    {"function-answer-code-is-reserved", kTarget,
     [](Passage& p) {
       if (is_function_answer(p)) p.pdu.set(field::kResponse, 0x42);
     }},
    {"function-answer-has-no-f-bit", kTarget,
     [](Passage& p) {
       if (is_function_answer(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"function-answer-has-reserved-bits", kTarget,
     [](Passage& p) {
       if (is_function_answer(p)) p.pdu.header[44] = std::byte{1};
     }},
    {"functions-are-rejected-as-pdus", kTarget,
     [](Passage& p) {
       if (!is_function_answer(p)) return;
       Pdu reject = Pdu(Opcode::reject).set(field::kFinal, 1).set(field::kRejectReason, 5).set(field::kItt, kNoTag);
       reject.set(field::kStatSn, p.pdu[field::kStatSn]).set(field::kExpCmdSn, p.pdu[field::kExpCmdSn]);
       reject.set(field::kMaxCmdSn, p.pdu[field::kMaxCmdSn]).data.resize(48);
       p.pdu = reject;
     }},
    {"aborts-nothing", kTarget,
     [](Passage& p) {
       // A function that acts on nothing, with an answer as if it had.
       if (is_function(p) && p.pdu[field::kFunction] == 1) p.pdu.set(field::kReferencedTag, 0x7e7e7e7e);
       if (is_function_answer(p)) p.pdu.set(field::kResponse, 0);
     }},

    {"logouts-get-no-answer", kTarget,
     [](Passage& p) {
       if (is_logout(p)) p.close = p.drop = true;
     }},
    {"logouts-are-answered-with-another-tag", kTarget,
     [](Passage& p) {
       if (is_logout_answer(p)) other_tag(p);
     }},
    {"logouts-always-succeed", kTarget,
     [](Passage& p) {
       if (is_logout_answer(p)) p.pdu.set(field::kResponse, 0);
     }},
    {"logouts-never-succeed", kTarget,
     [](Passage& p) {
       if (is_logout_answer(p)) p.pdu.set(field::kResponse, 3);
     }},
    {"logout-answer-code-is-reserved", kTarget,
     [](Passage& p) {
       if (is_logout_answer(p)) p.pdu.set(field::kResponse, 9);
     }},
    {"logout-answer-has-no-f-bit", kTarget,
     [](Passage& p) {
       if (is_logout_answer(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"logout-answer-has-reserved-bits", kTarget,
     [](Passage& p) {
       if (is_logout_answer(p)) p.pdu.header[8] = std::byte{1};
     }},
    {"speaks-after-the-logout", kTarget,
     [](Passage& p) {
       if (!is_logout_answer(p)) return;
       Pdu ping = Pdu(Opcode::nop_in).set(field::kFinal, 1).set(field::kItt, kNoTag).set(field::kTtt, 5);
       ping.set(field::kStatSn, p.pdu[field::kStatSn] + 1).set(field::kExpCmdSn, p.pdu[field::kExpCmdSn]);
       p.after.push_back(ping.set(field::kMaxCmdSn, p.pdu[field::kMaxCmdSn]));
     }},
    {"answers-commands-after-the-logout", kTarget, nullptr, true},

    {"never-rejects", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.drop = true;
     }},
    {"rejects-for-another-reason", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.pdu.set(field::kRejectReason, 0x0c);
     }},
    {"reject-reason-is-reserved", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.pdu.set(field::kRejectReason, 0x01);
     }},
    {"reject-has-no-header", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.pdu.data.clear();
     }},
    {"reject-has-half-a-header", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.pdu.data.resize(24);
     }},
    {"reject-has-another-header", kTarget,
     [](Passage& p) {
       if (is_reject(p) && p.pdu.data.size() > 20) p.pdu.data[19] ^= std::byte{0xff};
     }},
    {"reject-has-a-tag", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.pdu.set(field::kItt, 7);
     }},
    {"reject-has-no-f-bit", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.pdu.set(field::kFinal, 0);
     }},
    {"reject-has-reserved-bits", kTarget,
     [](Passage& p) {
       if (is_reject(p)) p.pdu.header[9] = std::byte{1};
     }},
    {"unknown-opcodes-are-forgotten", kTarget,
     [](Passage& p) {
       if (is_unknown(p)) p.drop = true;
     }},

    {"snacks-are-forgotten", kTarget,
     [](Passage& p) {
       if (p.is(kInitiator, Opcode::snack_request)) p.drop = true;
     }},
    {"asks-for-a-logout-at-once", kTarget,
     [](Passage& p) {
       if (p.from != kTarget || p.in_login || p.meet() != 1) return;
       Pdu message = Pdu(Opcode::asynchronous_message).set(field::kFinal, 1).set(field::kItt, kNoTag);
       message.set(field::kAsyncEvent, 77).set(field::kStatSn, p.pdu[field::kStatSn]);
       message.set(field::kExpCmdSn, p.pdu[field::kExpCmdSn]).set(field::kMaxCmdSn, p.pdu[field::kMaxCmdSn]);
       p.before.push_back(message);
     }},
    {"goes-away-after-the-login", kTarget,
     [](Passage& p) {
       if (p.from == kInitiator && !p.in_login) p.close = p.drop = true;
     }},
    {"falls-silent-after-the-login", kTarget,
     [](Passage& p) {
       if (p.from == kTarget && !p.in_login) p.drop = true;
     }},
    {"falls-silent-at-once", kTarget, [](Passage& p) { p.drop = true; }},
    {"hangs-up-at-once", kTarget, [](Passage& p) { p.close = p.drop = true; }},
    {"echoes-everything", kTarget,
     [](Passage& p) {
       p.drop = true;
       if (p.from == kInitiator) p.back.push_back(p.pdu);
     }},
};

}  // namespace

std::span<const Fault> target_service_faults() { return kFaults; }

}  // namespace lunway::mutant
