// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The login phase: its stages, its fields, and what a target does with requests that break its rules.
//= rfc7143#6.3
//= rfc7143#11.12
//= rfc7143#11.13

#include <cstdio>
#include <string>

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

// CSG and NSG.
constexpr std::uint32_t kSecurity = 0;
constexpr std::uint32_t kOperational = 1;
constexpr std::uint32_t kReserved = 2;
constexpr std::uint32_t kFullFeature = 3;

// Status-Class and Status-Detail.
constexpr std::uint16_t kSessionDoesNotExist = 0x020a;
constexpr std::uint16_t kInvalidDuringLogin = 0x020b;
constexpr std::uint16_t kUnsupportedVersion = 0x0205;
constexpr std::uint16_t kMissingParameter = 0x0207;

std::uint16_t status_of(const Pdu& response) {
  return static_cast<std::uint16_t>(response[field::kStatusClass] << 8 | response[field::kStatusDetail]);
}

std::string hex(std::uint16_t status) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%04x", status);
  return text;
}

/// The target is as able to let somebody in as before.
void require_open(TargetScript& s) {
  LoginEnd end;
  s.require(s.try_log_in({}, end) != nullptr, "the target still lets somebody in", describe(end.last));
}

/// `c` gets a Login Response of class 2, initiator error, and ends.
Pdu expect_refusal(TargetScript& s, Connection& c) {
  const Pdu response = s.expect(c, Opcode::login_response, "the login is refused");
  s.require_equal(response[field::kStatusClass], 2, "Status-Class, initiator error,", "11.13.5");
  s.expect_close(c, "the connection ends after the refusal");
  return response;
}

/// A login whose first request `bend` has made wrong; it is refused with `status`, or with any of class 2 when that is
/// 0.
void refuses(TargetScript& s, void (*bend)(TargetScript&, Pdu&), std::uint16_t status = 0) {
  Connection& c = s.connect();
  Pdu request = s.login_request();
  bend(s, request);
  c.send(request);
  const Pdu response = expect_refusal(s, c);
  if (status != 0) {
    s.require(status_of(response) == status || status_of(response) == 0x0200, "status " + hex(status),
              hex(status_of(response)));
    s.should(status_of(response) == status, "status " + hex(status), hex(status_of(response)));
  }
  require_open(s);
}

/// A request that stays in the operational stage, with the names.
Pdu staying(TargetScript& s, std::uint32_t csg = kOperational) {
  return s.login_request({}, csg, 0, false).with_text(s.names());
}

/// Sends a first request that is right and stays in its stage, and takes its answer; then `bend` changes the second.
void refuses_second(TargetScript& s, void (*bend)(Pdu&), std::uint16_t status = 0) {
  Connection& c = s.connect();
  c.send(staying(s));
  const Pdu first = s.expect(c, Opcode::login_response);
  s.require_equal(first[field::kStatusClass], 0, "Status-Class");
  Pdu second = s.login_request({}, kOperational, kFullFeature, true);
  second.set(field::kExpStatSn, first[field::kStatSn] + 1);
  bend(second);
  c.send(second);
  const Pdu response = expect_refusal(s, c);
  if (status != 0) s.require_equal(status_of(response), status, "the status of the refusal");
  require_open(s);
}

/// A PDU that is no Login Request in the midst of a login.
void refuses_stray(TargetScript& s, Opcode opcode) {
  Connection& c = s.connect();
  c.send(staying(s));
  const Pdu first = s.expect(c, Opcode::login_response);
  Pdu stray(opcode, opcode != Opcode::data_out && opcode != Opcode::snack_request);
  stray.set(field::kFinal, 1).set(field::kItt, 1).set(field::kTtt, kNoTag).set(field::kCmdSn, 1);
  stray.set(field::kExpStatSn, first[field::kStatSn] + 1);
  c.send(stray);
  const Pdu response = s.expect(c, Opcode::login_response, "the login is refused");
  s.require_equal(status_of(response), kInvalidDuringLogin, "the status of the refusal", "4.2.4");
  s.expect_close(c, "the connection ends after the refusal");
  require_open(s);
}

/// The first PDU of a connection is no Login Request.
void hangs_up(TargetScript& s, Opcode opcode) {
  Connection& c = s.connect();
  c.send(Pdu(opcode, true).set(field::kFinal, 1).set(field::kItt, 1).set(field::kTtt, kNoTag));
  s.expect_close(c, "the connection ends at once");
  require_open(s);
}

/// Follows a login through all of its responses and looks at each.
void looks_at_responses(TargetScript& s, void (*look)(TargetScript&, const Pdu& request, const Pdu& response)) {
  Connection& c = s.connect();
  std::uint32_t exp_stat_sn = 0;
  for (const bool last : {false, false, true}) {
    Pdu request = s.login_request({}, kOperational, kFullFeature, last);
    if (exp_stat_sn == 0) request.with_text(s.names());
    request.set(field::kItt, 0x1234).set(field::kExpStatSn, exp_stat_sn);
    c.send(request);
    const Pdu response = s.expect(c, Opcode::login_response);
    s.require_equal(response[field::kStatusClass], 0, "Status-Class");
    look(s, request, response);
    exp_stat_sn = response[field::kStatSn] + 1;
  }
}

constexpr std::string_view kAboutFields =
    "Goes through a login of three requests, of which the first two stay in the operational stage, and looks at that "
    "field of "
    "each response.";
constexpr std::string_view kAboutRefusal =
    "Sends a first Login Request that is wrong as the title says. The target answers with a Login Response of class 2, "
    "initiator "
    "error, closes the connection, and lets the next login in.";
constexpr std::string_view kAboutSecond =
    "Sends a first Login Request that is right, takes the answer, and changes the field in the second request. The "
    "target answers "
    "with a Login Response of class 2, initiator error, and closes the connection.";
constexpr std::string_view kAboutStrays =
    "Begins a login, and sends that PDU where the next Login Request should be. The target answers with Login Response "
    "0x020b, "
    "invalid during login, and closes the connection.";
constexpr std::string_view kAboutFirst =
    "Opens a TCP connection and sends that PDU first. The target closes the connection without an answer.";

constexpr Test kTests[] = {
    {.id = "6.3/session-type-and-names-are-enough",
     .title = "A login of one request with nothing but names succeeds",
     .proves = "R7143-6.3-15 R7143-6.3.2-04 R7143-11.13.3-01",
     .needs = {Need::no_authentication},
     .about = "Sends one Login Request from the operational stage to the Full Feature Phase. The response has T, the "
              "same NSG, "
              "status 0 and a TSIH that is not 0.",
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           c.send(s.login_request());
           const Pdu response = s.expect(c, Opcode::login_response);
           s.require_equal(status_of(response), 0, "the status");
           s.require_field(response, field::kTransit, 1);
           s.require_field(response, field::kNsg, kFullFeature);
           s.require(response[field::kTsih] != 0, "a TSIH", "0", "11.13.3");
         }},
    {.id = "4.4.3/tsih-differs-between-sessions",
     .title = "Two sessions of different initiators have different TSIHs or different ISIDs",
     .proves = "R7143-4.4.3-01",
     .about = "Opens two sessions with different ISIDs and uses both: each answers a ping under its own TSIH.",
     .script =
         [](TargetScript& s) {
           Link& one = s.log_in();
           Link& two = s.log_in({.isid = s.identity().isid ^ 0x100});
           one.ping();
           two.ping();
           s.require(one.tsih() != 0 && two.tsih() != 0, "a TSIH for each", "0");
         }},
    {.id = "6.3/target-does-not-transit-by-itself",
     .title = "A response has no T when its request had none",
     .proves = "R7143-6.3-13 R7143-11.13.6-02",
     .needs = {Need::no_authentication},
     .about = kAboutFields,
     .script =
         [](TargetScript& s) {
           looks_at_responses(s, [](TargetScript& script, const Pdu& request, const Pdu& response) {
             if (request[field::kTransit] == 0) script.require_field(response, field::kTransit, 0);
           });
         }},
    {.id = "6.3/responses-have-the-stage-of-their-request",
     .title = "CSG of a response is that of its request",
     .proves = "R7143-6.3-19",
     .needs = {Need::no_authentication},
     .about = kAboutFields,
     .script =
         [](TargetScript& s) {
           looks_at_responses(s, [](TargetScript& script, const Pdu& request, const Pdu& response) {
             script.require_field(response, field::kCsg, request[field::kCsg]);
           });
         }},
    {.id = "11.13/responses-have-the-tag-of-their-request",
     .title = "Initiator Task Tag and ISID of a response are those of its request",
     .proves = "R7143-11.13.4-01",
     .needs = {Need::no_authentication},
     .about = kAboutFields,
     .script =
         [](TargetScript& s) {
           looks_at_responses(s, [](TargetScript& script, const Pdu& request, const Pdu& response) {
             script.require_field(response, field::kItt, request[field::kItt]);
             script.require_field(response, field::kIsid, request.get(field::kIsid));
           });
         }},
    {.id = "11.13.4/stat-sn-counts-responses",
     .title = "StatSN grows by one with each Login Response",
     .proves = "R7143-11.13.4-01",
     .needs = {Need::no_authentication},
     .about = kAboutFields,
     .script =
         [](TargetScript& s) {
           looks_at_responses(s, [](TargetScript& script, const Pdu& request, const Pdu& response) {
             const bool first = request[field::kDataSegmentLength] != 0 || !request.data.empty();
             if (!first) script.require_field(response, field::kStatSn, request[field::kExpStatSn]);
           });
         }},
    {.id = "11.13.1/version-is-0",
     .title = "Version-max and Version-active of each response are 0",
     .proves = "R7143-11.13.1-01 R7143-11.13.2-01",
     .needs = {Need::no_authentication},
     .about = kAboutFields,
     .script =
         [](TargetScript& s) {
           looks_at_responses(s, [](TargetScript& script, const Pdu&, const Pdu& response) {
             script.require_field(response, field::kVersionMax, 0);
             script.require_field(response, field::kVersionActive, 0);
           });
         }},
    {.id = "11.12.8/exp-cmd-sn-is-that-of-the-request",
     .title = "ExpCmdSN of Login Responses is the CmdSN of the first request",
     .proves = "R7143-11.12.8-01",
     .needs = {Need::no_authentication},
     .about = kAboutFields,
     .script =
         [](TargetScript& s) {
           looks_at_responses(s, [](TargetScript& script, const Pdu& request, const Pdu& response) {
             script.require_field(response, field::kExpCmdSn, request[field::kCmdSn]);
           });
         }},
    {.id = "11.13.3/tsih-comes-with-the-final-response",
     .title = "The TSIH of a new session is in the final response, and not 0 there",
     .proves = "R7143-11.13.3-01 R7143-6.3.2-04",
     .needs = {Need::no_authentication},
     .about = kAboutFields,
     .script =
         [](TargetScript& s) {
           looks_at_responses(s, [](TargetScript& script, const Pdu&, const Pdu& response) {
             const bool last = response[field::kTransit] != 0 && response[field::kNsg] == kFullFeature;
             if (last) script.require(response[field::kTsih] != 0, "a TSIH in the final response", "0");
             if (!last) script.should(response[field::kTsih] == 0, "TSIH 0 before the final response", "another");
           });
         }},
    {.id = "6.3/next-stage-does-not-pass-the-request",
     .title = "NSG of a response does not go past that of its request",
     .proves = "R7143-6.3-12",
     .needs = {Need::no_authentication},
     .about = "Asks to transit from the security stage, with AuthMethod=None, to the operational stage. If the "
              "response has T, its NSG is the "
              "operational stage and not the Full Feature Phase.",
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           Text text = s.names();
           text.push_back({"AuthMethod", "None"});
           c.send(s.login_request({}, kSecurity, kOperational, true).with_text(text));
           const Pdu response = s.expect(c, Opcode::login_response);
           s.require_equal(status_of(response), 0, "the status");
           if (response[field::kTransit] != 0) s.require_field(response, field::kNsg, kOperational);
         }},
    {.id = "6.2/six-exchanges",
     .title = "A login may take six exchanges",
     .proves = "R7143-6.2-23",
     .needs = {Need::no_authentication},
     .about =
         "Sends five empty requests that stay in the operational stage and a sixth that ends it. All are answered with "
         "status 0.",
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           std::uint32_t exp_stat_sn = 0;
           for (int round = 1; round <= 6; ++round) {
             Pdu request = s.login_request({}, kOperational, kFullFeature, round == 6);
             if (round == 1) request.with_text(s.names());
             c.send(request.set(field::kExpStatSn, exp_stat_sn));
             const Pdu response = s.expect(c, Opcode::login_response);
             s.require_equal(status_of(response), 0, "the status of each response");
             exp_stat_sn = response[field::kStatSn] + 1;
           }
         }},

    {.id = "11.13.5/no-initiator-name",
     .title = "A login without an InitiatorName is refused: missing parameter",
     .proves = "R7143-11.13.5-07 R7143-11.13.5-06",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) {
           refuses(
               s,
               [](TargetScript& script, Pdu& pdu) {
                 pdu.with_text({{"SessionType", "Normal"}, {"TargetName", script.target().name}});
               },
               kMissingParameter);
         }},
    {.id = "11.13.5/no-target-name",
     .title = "A normal login without a TargetName is refused: missing parameter",
     .proves = "R7143-11.13.5-07 R7143-11.13.5-06",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) {
           refuses(
               s,
               [](TargetScript& script, Pdu& pdu) {
                 pdu.with_text({{"InitiatorName", script.identity().initiator_name}, {"SessionType", "Normal"}});
               },
               kMissingParameter);
         }},
    {.id = "11.13.5/unknown-target",
     .title = "A login to a target that there is not is refused: not found",
     .proves = "R7143-11.13.5-07 R7143-11.13.5-06",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) {
           refuses(s, [](TargetScript& script, Pdu& pdu) {
             pdu.with_text(script.names({.target_name = "iqn.2026-11.io.lunway:there-is-no-such-target"}));
           });
         }},
    {.id = "11.13.5/unknown-session-type",
     .title = "A login with a SessionType that there is not is refused",
     .proves = "R7143-11.13.5-07 R7143-11.13.5-06",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) {
           refuses(s, [](TargetScript& script, Pdu& pdu) {
             Text text = script.names();
             for (KeyValue& pair : text) {
               if (pair.key == "SessionType") pair.value = "Other";
             }
             pdu.with_text(text);
           });
         }},
    {.id = "11.13.5/version-too-high",
     .title = "A login whose lowest version is above 0 is refused: unsupported version",
     .proves = "R7143-11.13.5-07 R7143-11.13.5-06",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) {
           refuses(
               s, [](TargetScript&, Pdu& pdu) { pdu.set(field::kVersionMin, 1).set(field::kVersionMax, 2); },
               kUnsupportedVersion);
         }},
    {.id = "6.3.1/tsih-that-there-is-not",
     .title = "A login with a TSIH that names no session is refused: session does not exist",
     .proves = "R7143-6.3.1-02 R7143-11.12.6-04 R7143-11.13.5-07",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           c.send(s.login_request().set(field::kTsih, 0x7e57));
           s.require_equal(status_of(expect_refusal(s, c)), kSessionDoesNotExist, "the status of the refusal");
         }},
    {.id = "6.3.1/tsih-of-another-session",
     .title = "A login with the ISID of a session and another TSIH is refused: session does not exist",
     .proves = "R7143-6.3.1-06 R7143-11.12.6-04",
     .about = "Opens a session and logs in with its ISID and a TSIH that is not its own. The login is refused with "
              "0x020a and the "
              "session goes on.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           Connection& c = s.connect();
           c.send(s.login_request().set(field::kTsih, link.tsih() ^ 0x5555U).set(field::kCid, 1));
           s.require_equal(status_of(expect_refusal(s, c)), kSessionDoesNotExist, "the status of the refusal");
           link.ping("the session is left alone");
         }},
    {.id = "6.3.1/session-reinstatement",
     .title = "A login with the ISID of a session and TSIH 0 reinstates the session",
     .proves = "R7143-6.3.1-03 R7143-4.4.3-02 R7143-7.15-02",
     .about = "Opens a session and logs in again with the same name, ISID and TSIH 0: the new login succeeds, and the "
              "connection of "
              "the old session ends.",
     .script =
         [](TargetScript& s) {
           Link& old = s.log_in();
           Link& link = s.log_in();
           s.expect_close(old.connection(), "the connection of the old session ends");
           link.ping();
         }},
    {.id = "6.3.1/second-connection",
     .title = "A login with ISID and TSIH of a session and a new CID adds a connection",
     .proves = "R7143-6.3.1-04 R7143-4.4.3-01 R7143-4.2.1-02",
     .needs = {Need::several_connections},
     .about =
         "Opens a session with MaxConnections=2 and adds a connection. Its login has the TSIH of the session, and both "
         "connections answer pings.",
     .script =
         [](TargetScript& s) {
           Link& one = s.log_in({.offers = {{"MaxConnections", "2"}}});
           Link& two = s.join(one, 1);
           one.ping();
           two.ping();
         }},
    {.id = "6.3.1/too-many-connections",
     .title = "A connection beyond MaxConnections is refused",
     .proves = "R7143-6.3.1-04 R7143-11.13.5-07",
     .about =
         "Opens a session with MaxConnections=1 and asks to add a connection with a new CID: status 0x0206, too many "
         "connections, and the session goes on.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"MaxConnections", "1"}}});
           LoginEnd end;
           s.try_log_in({.cid = 1, .tsih = link.tsih()}, end);
           s.require(!end.full_feature, "no second connection", "the login succeeded");
           s.should(end.status() == 0x0206, "status 0x0206", hex(end.status()));
           link.ping("the session is left alone");
         }},
    {.id = "6.3.1/connection-reinstatement",
     .title = "A login with ISID, TSIH and CID of a connection reinstates that connection",
     .proves = "R7143-6.3.1-05 R7143-6.3.4-03",
     .about = "Opens a session and logs in with its TSIH and the CID of its connection. The new connection takes the "
              "place of "
              "the old, whose TCP ends.",
     .script =
         [](TargetScript& s) {
           Link& old = s.log_in({.offers = {{"MaxConnections", "1"}}});
           Link& link = s.join(old, old.cid());
           s.expect_close(old.connection(), "the old connection ends");
           link.ping();
         }},

    {.id = "6.3/begins-in-the-full-feature-phase",
     .title = "A login that begins in the Full Feature Phase is refused",
     .proves = "R7143-6.3-06 R7143-6.3-19",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) { refuses(s, [](TargetScript&, Pdu& pdu) { pdu.set(field::kCsg, kFullFeature); }); }},
    {.id = "11/current-stage-that-is-reserved",
     .title = "A login in the reserved stage is refused",
     .proves = "R7143-11-03",
     .about = kAboutRefusal,
     .script = [](TargetScript& s) { refuses(s, [](TargetScript&, Pdu& pdu) { pdu.set(field::kCsg, kReserved); }); }},
    {.id = "11/next-stage-that-is-reserved",
     .title = "A login that wants to transit to the reserved stage is refused",
     .proves = "R7143-11-03",
     .about = kAboutRefusal,
     .script = [](TargetScript& s) { refuses(s, [](TargetScript&, Pdu& pdu) { pdu.set(field::kNsg, kReserved); }); }},
    {.id = "6.3/next-stage-is-the-current-one",
     .title = "A login that wants to transit to the stage that it is in is refused",
     .proves = "R7143-6.3-19",
     .about = kAboutRefusal,
     .script =
         [](TargetScript& s) { refuses(s, [](TargetScript&, Pdu& pdu) { pdu.set(field::kNsg, kOperational); }); }},
    {.id = "6.3/next-stage-goes-back",
     .title = "A login that wants to transit back to the security stage is refused",
     .proves = "R7143-6.3-08 R7143-6.3-19",
     .about = kAboutRefusal,
     .script = [](TargetScript& s) { refuses(s, [](TargetScript&, Pdu& pdu) { pdu.set(field::kNsg, kSecurity); }); }},
    {.id = "6.2/transit-and-continue-at-once",
     .title = "A Login Request with T and C is refused",
     .proves = "R7143-6.2-01",
     .about = kAboutRefusal,
     .script = [](TargetScript& s) { refuses(s, [](TargetScript&, Pdu& pdu) { pdu.set(field::kContinue, 1); }); }},

    {.id = "6.3/second-request-goes-back",
     .title = "A request of the security stage after one of the operational stage is refused",
     .proves = "R7143-6.3-08 R7143-6.3-19",
     .needs = {Need::no_authentication},
     .about = kAboutSecond,
     .script =
         [](TargetScript& s) {
           refuses_second(s, [](Pdu& pdu) { pdu.set(field::kCsg, kSecurity).set(field::kNsg, kOperational); });
         }},

    {.id = "4.2.4/nop-out-in-the-login",
     .title = "A NOP-Out in a login ends it: invalid during login",
     .proves = "R7143-4.2.4-08 R7143-4.2.4-04",
     .needs = {Need::no_authentication},
     .about = kAboutStrays,
     .script = [](TargetScript& s) { refuses_stray(s, Opcode::nop_out); }},
    {.id = "4.2.4/scsi-command-in-the-login",
     .title = "A SCSI Command in a login ends it: invalid during login",
     .proves = "R7143-4.2.4-08 R7143-4.2.4-04",
     .needs = {Need::no_authentication},
     .about = kAboutStrays,
     .script = [](TargetScript& s) { refuses_stray(s, Opcode::scsi_command); }},
    {.id = "4.2.4/function-in-the-login",
     .title = "A task management function in a login ends it: invalid during login",
     .proves = "R7143-4.2.4-08 R7143-4.2.4-04",
     .needs = {Need::no_authentication},
     .about = kAboutStrays,
     .script = [](TargetScript& s) { refuses_stray(s, Opcode::task_management_request); }},
    {.id = "4.2.4/text-in-the-login",
     .title = "A Text Request in a login ends it: invalid during login",
     .proves = "R7143-4.2.4-08 R7143-4.2.4-04",
     .needs = {Need::no_authentication},
     .about = kAboutStrays,
     .script = [](TargetScript& s) { refuses_stray(s, Opcode::text_request); }},
    {.id = "4.2.4/data-out-in-the-login",
     .title = "A Data-Out in a login ends it: invalid during login",
     .proves = "R7143-4.2.4-08 R7143-4.2.4-04",
     .needs = {Need::no_authentication},
     .about = kAboutStrays,
     .script = [](TargetScript& s) { refuses_stray(s, Opcode::data_out); }},
    {.id = "4.2.4/logout-in-the-login",
     .title = "A Logout Request in a login ends it: invalid during login",
     .proves = "R7143-4.2.4-08 R7143-4.2.4-04",
     .needs = {Need::no_authentication},
     .about = kAboutStrays,
     .script = [](TargetScript& s) { refuses_stray(s, Opcode::logout_request); }},
    {.id = "7.1.4/snack-in-the-login",
     .title = "A SNACK in a login ends it: invalid during login",
     .proves = "R7143-4.2.4-08 R7143-7.1.4-03",
     .needs = {Need::no_authentication},
     .about = kAboutStrays,
     .script = [](TargetScript& s) { refuses_stray(s, Opcode::snack_request); }},

    {.id = "4.2.4/scsi-command-before-the-login",
     .title = "A SCSI Command before the login ends the connection",
     .proves = "R7143-4.2.4-07 R7143-4.2.4-05",
     .about = kAboutFirst,
     .script = [](TargetScript& s) { hangs_up(s, Opcode::scsi_command); }},
    {.id = "4.2.4/text-before-the-login",
     .title = "A Text Request before the login ends the connection",
     .proves = "R7143-4.2.4-07 R7143-4.2.4-05",
     .about = kAboutFirst,
     .script = [](TargetScript& s) { hangs_up(s, Opcode::text_request); }},
    {.id = "4.2.4/function-before-the-login",
     .title = "A task management function before the login ends the connection",
     .proves = "R7143-4.2.4-07 R7143-4.2.4-05",
     .about = kAboutFirst,
     .script = [](TargetScript& s) { hangs_up(s, Opcode::task_management_request); }},
    {.id = "4.2.4/logout-before-the-login",
     .title = "A Logout Request before the login ends the connection",
     .proves = "R7143-4.2.4-07 R7143-4.2.4-05",
     .about = kAboutFirst,
     .script = [](TargetScript& s) { hangs_up(s, Opcode::logout_request); }},
    {.id = "4.2.4/data-out-before-the-login",
     .title = "A Data-Out before the login ends the connection",
     .proves = "R7143-4.2.4-07 R7143-4.2.4-05",
     .about = kAboutFirst,
     .script = [](TargetScript& s) { hangs_up(s, Opcode::data_out); }},
    {.id = "4.2.4/login-response-before-the-login",
     .title = "A Login Response from an initiator ends the connection",
     .proves = "R7143-4.2.4-07 R7143-4.2.4-05",
     .about = kAboutFirst,
     .script = [](TargetScript& s) { hangs_up(s, Opcode::login_response); }},
    {.id = "4.2.4/second-login",
     .title = "A Login Request in the Full Feature Phase is no second login",
     .proves = "R7143-4.2.4-06",
     .about = "Logs in and sends another Login Request on the same connection. The target rejects it or ends the "
              "connection; no "
              "Login Response with status 0 may come.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           link.send(s.login_request());
           const Arrival arrival =
               s.expect_one_of(link.connection(), {allow::reject(), allow::kClose, allow::pdu(Opcode::login_response)},
                               "a second login is refused", "4.2.4");
           if (arrival.is(Opcode::login_response)) {
             s.require(arrival.pdu[field::kStatusClass] != 0, "no success", summary_of(arrival.pdu));
           }
         }},
};

}  // namespace

std::span<const Test> section_6_3_stages() { return kTests; }

}  // namespace lunway::conformance::target_tests
