// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Login Phase: its order, its stages, and what stays the same in it. Its keys are judged elsewhere.
//= rfc7143#6.3
//= rfc7143#11.12
//= rfc7143#11.13

#include "conformance/check/families.h"

namespace lunway::conformance {
namespace {

using text::KeyId;
using wire::Opcode;
using wire::Role;

constexpr std::uint32_t kFullFeaturePhase = 3;
constexpr std::uint32_t kNoStage = 2;

constexpr CheckerRule kOnlyLogin{.id = "login/nothing-else",
                                 .title = "A connection begins with a login, and carries nothing else until it is over",
                                 .proves = "R7143-4.2.4-04 R7143-4.2.4-05 R7143-11.12-01",
                                 .section = "4.2.4"};
constexpr CheckerRule kNoSecond{.id = "login/no-second",
                                .title = "No second login on a connection",
                                .proves = "R7143-4.2.4-06",
                                .section = "4.2.4"};
constexpr CheckerRule kTurns{.id = "login/in-turns",
                             .title = "Login Requests and Responses take turns",
                             .proves = "R7143-6.3-01",
                             .section = "6.3"};
constexpr CheckerRule kVersion{.id = "login/version-zero",
                               .title = "Version-min and Version-max are 0",
                               .proves = "R7143-11.12.4-01",
                               .judges = Side::initiator,
                               .section = "11.12.4"};
constexpr CheckerRule kConstant{
    .id = "login/request-constants",
    .title = "Versions, ISID, TSIH, CID and Initiator Task Tag stay the same in all Login Requests",
    .proves = "R7143-11.12.4.1-01 R7143-11.12.4.2-01 R7143-11.12.6-03 R7143-11.12.7-01",
    .judges = Side::initiator,
    .section = "11.12"};
constexpr CheckerRule kAnswers{
    .id = "login/response-constants",
    .title = "Versions stay the same in all Login Responses, and ISID and tag are the request's",
    .proves = "R7143-11.13.1-01 R7143-11.13.2-01",
    .judges = Side::target,
    .section = "11.13"};
constexpr CheckerRule kStages{.id = "login/stages",
                              .title = "Stages are defined ones and go only forward",
                              .proves = "R7143-6.3-19 R7143-6.3-08",
                              .section = "6.3"};
constexpr CheckerRule kTransit{.id = "login/transit-as-asked",
                               .title = "The target sets T only in answer to T, and goes no further than asked",
                               .proves = "R7143-6.3-12 R7143-6.3-13 R7143-11.13.6-02",
                               .judges = Side::target,
                               .section = "6.3"};
constexpr CheckerRule kTsih{.id = "login/tsih-with-the-last-response",
                            .title = "A new session gets its TSIH with the final response and not before",
                            .proves = "R7143-11.13.3-01 R7143-6.3.2-04",
                            .judges = Side::target,
                            .section = "11.13.3"};
constexpr CheckerRule kNames{.id = "login/names-at-once",
                             .title = "The first Login Request names the initiator, and the target unless it discovers",
                             .proves = "R7143-6.3-02 R7143-6.3-04 R7143-13.4-01 R7143-13.5-01 R7143-4.2.7.1-04",
                             .judges = Side::initiator,
                             .section = "6.3"};
constexpr CheckerRule kGroupTag{.id = "login/portal-group-tag-at-once",
                                .title = "The first Login Response of a named target has TargetPortalGroupTag",
                                .proves = "R7143-6.3.1-01",
                                .judges = Side::target,
                                .section = "6.3.1"};

constexpr const CheckerRule* kRules[] = {&kOnlyLogin, &kNoSecond, &kTurns, &kVersion, &kConstant, &kAnswers,
                                         &kStages,    &kTransit,  &kTsih,  &kNames,   &kGroupTag};

void judge_constants(const Sight& sight, const CheckerRule& rule, const Pdu& first,
                     std::initializer_list<Field> fields) {
  for (const Field& field : fields) {
    if (first.get(field) == sight.pdu.get(field)) continue;
    sight.violates(rule, "the " + std::string(field.name) + " of the " + name_of(first), with(sight.pdu, field));
    return;
  }
}

void judge_stages(const Sight& sight, const std::optional<Pdu>& before) {
  const Pdu& pdu = sight.pdu;
  const std::uint32_t csg = pdu[field::kCsg];
  const std::uint32_t nsg = pdu[field::kNsg];
  if (csg == kNoStage || csg == kFullFeaturePhase || (before && csg < (*before)[field::kCsg])) {
    sight.violates(kStages, "a stage of the login, not before the last one", with(pdu, field::kCsg));
  } else if (pdu[field::kTransit] != 0 && (nsg == kNoStage || nsg <= csg)) {
    sight.violates(kStages, "a stage after " + std::to_string(csg), with(pdu, field::kNsg));
  }
}

void judge_names(const Sight& sight) {
  if (sight.pdu[field::kContinue] != 0) return;
  const Text text = sight.pdu.text();
  const std::string* type = find_value(text, "SessionType");
  const bool discovery = type != nullptr && *type == "Discovery";
  if (find_value(text, "InitiatorName") == nullptr) {
    sight.violates(kNames, "InitiatorName in the first Login Request", "none");
  } else if (!discovery && find_value(text, "TargetName") == nullptr) {
    sight.violates(kNames, "TargetName in the first Login Request", "none");
  }
}

void judge_request(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const LoginModel& login = sight.connection.login;
  if (pdu[field::kVersionMin] != 0 || pdu[field::kVersionMax] != 0) {
    sight.violates(kVersion, "version 0", with(pdu, field::kVersionMax));
  }
  judge_stages(sight, login.last_request);
  if (!login.first_request) return judge_names(sight);
  judge_constants(sight, kConstant, *login.first_request,
                  {field::kVersionMax, field::kVersionMin, field::kIsid, field::kTsih, field::kCid, field::kItt});
  if (login.outstanding > 0) sight.violates(kTurns, "the Login Response first", "another Login Request");
}

void judge_first_answer(const Sight& sight) {
  const Pdu& request = *sight.connection.login.last_request;
  if (request[field::kContinue] != 0 || sight.pdu[field::kContinue] != 0) return;
  if (sight.connection.negotiation.value(KeyId::target_name, Role::initiator) == nullptr) return;
  if (find_value(sight.pdu.text(), "TargetPortalGroupTag") == nullptr) {
    sight.violates(kGroupTag, "TargetPortalGroupTag in the first Login Response", "none");
  }
}

void judge_tsih(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  if ((*sight.connection.login.first_request)[field::kTsih] != 0) return;
  const bool last = pdu[field::kTransit] != 0 && pdu[field::kNsg] == kFullFeaturePhase;
  if (last == (pdu[field::kTsih] != 0)) return;
  sight.violates(kTsih, last ? "a TSIH in the final response" : "TSIH 0 before the final response",
                 with(pdu, field::kTsih));
}

void judge_response(const Sight& sight) {
  const Pdu& pdu = sight.pdu;
  const LoginModel& login = sight.connection.login;
  if (login.outstanding == 0 || !login.last_request) {
    // A refusal may answer what is no Login Request.
    //= rfc7143#4.2.4
    const bool is_refusal = pdu[field::kStatusClass] != 0 && !sight.peer_is_honest();
    if (!is_refusal) sight.violates(kTurns, "a Login Response after a Login Request", "one without");
    return;
  }
  // What a refusal says beside its status is worth little.
  if (pdu[field::kStatusClass] != 0 || !sight.peer_is_honest()) return;
  const Pdu& request = *login.last_request;
  judge_constants(sight, kAnswers, *login.first_request, {field::kIsid, field::kItt});
  if (login.first_response) {
    judge_constants(sight, kAnswers, *login.first_response, {field::kVersionMax, field::kVersionActive});
  } else {
    judge_first_answer(sight);
  }
  judge_stages(sight, login.last_response);
  const bool transit = pdu[field::kTransit] != 0;
  if (transit && request[field::kTransit] == 0) {
    sight.violates(kTransit, "T=0 in answer to T=0", with(pdu, field::kNsg));
  } else if (transit && pdu[field::kNsg] > request[field::kNsg]) {
    sight.violates(kTransit, "NSG " + std::to_string(request[field::kNsg]) + " at most", with(pdu, field::kNsg));
  }
  judge_tsih(sight);
}

void judge(const Sight& sight) {
  if (wire::sender_of(sight.pdu.opcode()) != sight.sender) return;
  const bool login = sight.is(Opcode::login_request) || sight.is(Opcode::login_response);
  const Phase phase = sight.connection.phase;
  if (phase == Phase::full_feature && login && sight.peer_is_honest()) {
    sight.violates(kNoSecond, "no login on a connection that has had one", "a " + name_of(sight.pdu));
  }
  if (phase != Phase::login) return;
  if (!login) {
    if (sight.peer_is_honest()) sight.violates(kOnlyLogin, "a PDU of the login", "a " + name_of(sight.pdu));
  } else if (sight.sender == Role::initiator) {
    judge_request(sight);
  } else {
    judge_response(sight);
  }
}

}  // namespace

constexpr Family kLoginFamily{kRules, judge};

}  // namespace lunway::conformance
