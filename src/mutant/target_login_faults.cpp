// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a target can do wrong in the login phase.
//= rfc7143#6.3
//= rfc7143#11.13

#include "mutant/fault_lists.h"

namespace lunway::mutant {
namespace {

constexpr wire::Role kTarget = wire::Role::target;
constexpr wire::Role kInitiator = wire::Role::initiator;
constexpr std::uint32_t kNoTag = 0xffffffff;
constexpr std::uint32_t kFullFeature = 3;

bool is_response(const Passage& p) { return p.is(kTarget, Opcode::login_response); }
bool is_request(const Passage& p) { return p.is(kInitiator, Opcode::login_request); }
bool is_final_response(const Passage& p) {
  return is_response(p) && p.pdu[field::kTransit] != 0 && p.pdu[field::kNsg] == kFullFeature &&
         p.pdu[field::kStatusClass] == 0;
}
bool is_refusal(const Passage& p) { return is_response(p) && p.pdu[field::kStatusClass] != 0; }
bool is_stray(const Passage& p) { return p.in_login && p.from == kInitiator && !p.pdu.is(Opcode::login_request); }

constexpr Fault kFaults[] = {
    {"says-no-portal-group-tag", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.remove_key("TargetPortalGroupTag");
     }},
    {"gives-tsih-zero", kTarget,
     [](Passage& p) {
       if (is_final_response(p)) p.pdu.set(field::kTsih, 0);
     }},
    {"gives-every-session-the-same-tsih", kTarget,
     [](Passage& p) {
       if (is_final_response(p)) p.pdu.set(field::kTsih, 1);
     }},
    {"version-max-is-1", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kVersionMax, 1);
     }},
    {"version-active-is-1", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kVersionActive, 1);
     }},
    {"version-max-changes", kTarget,
     [](Passage& p) {
       if (is_response(p) && p.meet() > 1) p.pdu.set(field::kVersionMax, 1);
     }},
    {"isid-comes-back-changed", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kIsid, p.pdu.get(field::kIsid) ^ 1);
     }},
    {"login-tag-comes-back-changed", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kItt, p.pdu[field::kItt] + 1);
     }},
    {"login-stat-sn-jumps", kTarget,
     [](Passage& p) {
       if (is_response(p) && p.meet() > 1) p.pdu.set(field::kStatSn, p.pdu[field::kStatSn] + 5);
     }},
    {"login-stat-sn-stays", kTarget,
     [](Passage& p) {
       if (!is_response(p)) return;
       if (p.meet() == 1) p.memory.numbers[0] = p.pdu[field::kStatSn];
       p.pdu.set(field::kStatSn, p.memory.numbers[0]);
     }},
    {"login-exp-cmd-sn-is-not-the-initiators", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kExpCmdSn, p.pdu[field::kExpCmdSn] + 7);
     }},
    {"csg-is-not-that-of-the-request", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kCsg, p.pdu[field::kCsg] ^ 1);
     }},
    {"nsg-goes-past-the-request", kTarget,
     [](Passage& p) {
       if (is_response(p) && p.pdu[field::kTransit] != 0 && p.pdu[field::kNsg] == 1) p.pdu.set(field::kNsg, 3);
     }},
    {"transits-unasked", kTarget,
     [](Passage& p) {
       if (is_request(p)) p.memory.numbers[0] = p.pdu[field::kTransit];
       if (is_response(p) && p.memory.numbers[0] == 0 && p.pdu[field::kStatusClass] == 0) {
         p.pdu.set(field::kTransit, 1).set(field::kNsg, kFullFeature);
       }
     }},
    {"continues-and-transits-at-once", kTarget,
     [](Passage& p) {
       if (is_final_response(p)) p.pdu.set(field::kContinue, 1);
     }},
    {"nsg-is-set-without-transit", kTarget,
     [](Passage& p) {
       if (is_response(p) && p.pdu[field::kTransit] == 0) p.pdu.set(field::kNsg, 3);
     }},
    {"login-response-has-reserved-bits", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.header[40] = std::byte{1};
     }},
    {"login-response-has-i-bit", kTarget,
     [](Passage& p) {
       if (is_response(p)) p.pdu.set(field::kImmediate, 1);
     }},
    {"success-has-a-detail", kTarget,
     [](Passage& p) {
       if (is_response(p) && !is_refusal(p)) p.pdu.set(field::kStatusDetail, 1);
     }},
    {"refusals-have-no-detail", kTarget,
     [](Passage& p) {
       if (is_refusal(p)) p.pdu.set(field::kStatusDetail, 0);
     }},
    {"refusals-blame-the-target", kTarget,
     [](Passage& p) {
       if (is_refusal(p)) p.pdu.set(field::kStatusClass, 3);
     }},
    {"refuses-in-silence", kTarget,
     [](Passage& p) {
       if (is_refusal(p)) p.drop = true;
     }},
    {"stays-after-a-refusal", kTarget, nullptr, true},
    {"takes-any-version", kTarget,
     [](Passage& p) {
       if (is_request(p)) p.pdu.set(field::kVersionMin, 0).set(field::kVersionMax, 0);
     }},
    {"takes-the-reserved-stage", kTarget,
     [](Passage& p) {
       if (is_request(p) && p.pdu[field::kCsg] == 2) p.pdu.set(field::kCsg, 1);
     }},
    {"takes-a-next-stage-that-is-reserved", kTarget,
     [](Passage& p) {
       if (is_request(p) && p.pdu[field::kNsg] == 2) p.pdu.set(field::kNsg, 3);
     }},
    {"takes-transit-and-continue-at-once", kTarget,
     [](Passage& p) {
       if (is_request(p) && p.pdu[field::kTransit] != 0) p.pdu.set(field::kContinue, 0);
     }},
    {"takes-a-login-without-an-initiator-name", kTarget,
     [](Passage& p) {
       if (is_request(p) && p.meet() == 1 && p.value("InitiatorName").empty()) {
         p.remove_key("InitiatorName");
         p.add_value("InitiatorName", "iqn.2026-11.io.lunway:nobody");
       }
     }},
    {"takes-any-session-type", kTarget,
     [](Passage& p) {
       const std::string type = is_request(p) ? p.value("SessionType") : std::string();
       if (!type.empty() && type != "Discovery") p.set_value("SessionType", "Normal");
     }},
    {"takes-a-tsih-that-there-is-not", kTarget,
     [](Passage& p) {
       if (is_request(p)) p.pdu.set(field::kTsih, 0);
     }},
    {"takes-a-second-login-in-full-feature-phase", kTarget,
     [](Passage& p) {
       if (p.in_login || !is_request(p)) return;
       Pdu answer(Opcode::login_response);
       answer.set(field::kTransit, 1).set(field::kCsg, 1).set(field::kNsg, kFullFeature);
       answer.set(field::kIsid, p.pdu.get(field::kIsid)).set(field::kTsih, 1).set(field::kItt, p.pdu[field::kItt]);
       p.drop = true;
       p.back.push_back(answer);
     }},
    {"answers-pings-before-the-login", kTarget,
     [](Passage& p) {
       if (!is_stray(p)) return;
       p.drop = true;
       p.back.push_back(
           Pdu(Opcode::nop_in).set(field::kFinal, 1).set(field::kItt, p.pdu[field::kItt]).set(field::kTtt, kNoTag));
     }},
    {"drops-strays-of-the-login-in-silence", kTarget,
     [](Passage& p) {
       if (is_stray(p)) p.drop = true;
     }},
    {"rejects-strays-of-the-login", kTarget,
     [](Passage& p) {
       if (!is_stray(p)) return;
       p.drop = true;
       p.back.push_back(Pdu(Opcode::reject)
                            .set(field::kFinal, 1)
                            .set(field::kRejectReason, 4)
                            .set(field::kItt, kNoTag)
                            .with_data(p.pdu.header));
     }},
    {"ends-at-a-login-with-continued-text", kTarget,
     [](Passage& p) {
       if (is_request(p) && p.pdu[field::kContinue] != 0) p.close = p.drop = true;
     }},
    {"answers-continued-text-with-keys", kTarget,
     [](Passage& p) {
       if (is_request(p)) p.memory.numbers[0] = p.pdu[field::kContinue];
       if (is_response(p) && p.memory.numbers[0] != 0) p.add_value("TargetAlias", "early");
     }},
};

}  // namespace

std::span<const Fault> target_login_faults() { return kFaults; }

}  // namespace lunway::mutant
