// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Logout Request and Logout Response.
//= rfc7143#11.14
//= rfc7143#11.15

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

// Reason codes of a Logout Request.
constexpr std::uint8_t kCloseSession = 0;
constexpr std::uint8_t kCloseConnection = 1;
constexpr std::uint8_t kRecovery = 2;
// Responses.
constexpr std::uint32_t kClosed = 0;
constexpr std::uint32_t kCidNotFound = 1;
constexpr std::uint32_t kRecoveryNotSupported = 2;

Pdu log_out(Link& link, std::uint8_t reason, Delivery delivery = Delivery::numbered) {
  const Pdu request = link.logout_request(reason, std::nullopt, delivery);
  link.send(request);
  return link.expect_answer(request, Opcode::logout_response);
}

void close_and_see(TargetScript& s, std::uint8_t reason, Delivery delivery) {
  Link& link = s.log_in();
  const Pdu answer = log_out(link, reason, delivery);
  s.require_field(answer, field::kResponse, kClosed);
  s.expect_close(link.connection(), "the target closes the TCP connection after the Logout Response");
}

/// A logout that the target refuses or does: afterwards it answers, or it has closed the connection.
void expect_alive(Link& link) { link.ping("the connection goes on after a logout that was not done"); }

constexpr Test kTests[] = {
    {.id = "11.15/closes-the-session",
     .title = "A logout that closes the session is answered with response 0, and the connection ends",
     .proves = "R7143-11.15-01",
     .about = "Logs out with reason code 0. The Logout Response has response 0 and the target closes TCP.",
     .script = [](TargetScript& s) { close_and_see(s, kCloseSession, Delivery::numbered); }},
    {.id = "11.15/closes-the-connection",
     .title = "A logout that closes its own connection is answered with response 0, and the connection ends",
     .proves = "R7143-11.15-01",
     .about = "Logs out with reason code 1 and the CID of the only connection.",
     .script = [](TargetScript& s) { close_and_see(s, kCloseConnection, Delivery::numbered); }},
    {.id = "11.15/immediate-logout-closes-the-session",
     .title = "An immediate logout closes the session",
     .proves = "R7143-11.15-01",
     .about = "Logs out with reason code 0 and the I bit: delivery may be immediate.",
     .script = [](TargetScript& s) { close_and_see(s, kCloseSession, Delivery::immediate); }},

    {.id = "6.3.1/session-is-gone-after-a-logout",
     .title = "After a logout the TSIH no longer names a session",
     .proves = "R7143-6.3.1-02",
     .about = "Logs a session out, then asks with its TSIH to add a connection: the login ends with status 0x020a, the "
              "session does not exist.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const std::uint16_t tsih = link.tsih();
           log_out(link, kCloseSession);
           s.expect_close(link.connection(), "the connection ends");
           LoginEnd end;
           s.try_log_in({.cid = 1, .tsih = tsih}, end);
           s.require_equal(end.status(), 0x020a, "status of a login with the TSIH of a session that was logged out");
         }},

    {.id = "11.14.3/unknown-cid",
     .title = "A logout of a CID that there is not is answered with response 1",
     .proves = "R7143-11.15.1-01 R7143-11.14.3-01",
     .about = "Asks over connection 0 to close connection 77, which the session does not have.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.logout_request(kCloseConnection, 77);
           link.send(request);
           const Pdu answer = link.expect_answer(request, Opcode::logout_response);
           s.require_field(answer, field::kResponse, kCidNotFound);
           expect_alive(link);
         }},

    {.id = "11.14/cid-is-ignored-when-the-session-ends",
     .title = "The CID of a logout that closes the session is ignored",
     .proves = "R7143-11.14.3-01",
     .about = "Closes the session with a CID that it does not have: the field is reserved for reason code 0.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu request = link.logout_request(kCloseSession).set(field::kCid, 77);
           link.send(request);
           s.require_field(link.expect_answer(request, Opcode::logout_response), field::kResponse, kClosed);
         }},

    {.id = "11.15.1/recovery-below-level-2",
     .title = "A logout for recovery below ErrorRecoveryLevel 2 is answered with response 2",
     .proves = "R7143-11.15.1-01",
     .about = "In a session of ErrorRecoveryLevel 0 asks to remove the connection for recovery. Such a target does not "
              "recover connections: response 2, or 1 for what cannot be found, since the two are not told apart.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"ErrorRecoveryLevel", "0"}}});
           const Pdu request = link.logout_request(kRecovery, 77);
           link.send(request);
           const std::uint32_t response = link.expect_answer(request, Opcode::logout_response)[field::kResponse];
           s.require(response == kRecoveryNotSupported || response == kCidNotFound,
                     "response 2, or 1 because the CID is unknown", "response " + std::to_string(response));
         }},
    {.id = "11.15.1/recovery-of-its-own-connection-below-level-2",
     .title = "A logout for recovery of the connection that carries it is answered with response 2 at level 0",
     .proves = "R7143-11.15.1-01",
     .about = "In a session of ErrorRecoveryLevel 0 asks to remove connection 0 for recovery, over connection 0.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"ErrorRecoveryLevel", "0"}}});
           const Pdu answer = log_out(link, kRecovery);
           s.require_field(answer, field::kResponse, kRecoveryNotSupported);
         }},

    {.id = "11/reserved-logout-reason",
     .title = "A logout with a reserved reason code does nothing but get an answer",
     .proves = "R7143-11-03",
     .about =
         "Sends a Logout Request with reason code 0x3f. The RFC names no answer, so a Reject, a Logout Response other "
         "than success and the end of the connection are all taken; silence is not.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           link.send(link.logout_request(0x3f));
           const Arrival arrival =
               s.expect_one_of(link.connection(), {allow::reject(), allow::pdu(Opcode::logout_response), allow::kClose},
                               "a reserved reason code gets an answer", "11.14.1");
           if (arrival.is(Opcode::logout_response)) {
             s.require(arrival.pdu[field::kResponse] != kClosed, "no success for a reserved reason code", "response 0");
           }
         }},

    {.id = "11.15/nothing-follows-the-response",
     .title = "Nothing but the end of the connection follows the Logout Response",
     .proves = "R7143-11.15-01 R7143-11.14-04",
     .about = "Sends a NOP-Out, a Logout Request that closes the session and another NOP-Out in one piece. The first "
              "ping is "
              "answered before the Logout Response or not at all; after the response only the close may come.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Pdu first = link.nop_out();
           const Pdu logout = link.logout_request(kCloseSession);
           link.connection().send_together({first, logout, link.nop_out()});
           for (;;) {
             const Arrival arrival = link.receive();
             s.require(arrival.kind == Arrival::Kind::pdu, "a Logout Response", describe(arrival));
             if (arrival.is(Opcode::logout_response)) break;
           }
           s.expect_close(link.connection(), "nothing after the Logout Response but the end of the connection");
         }},

    {.id = "11.14/close-ends-pending-commands",
     .title = "A logout that closes the session ends its commands, whose status never comes",
     .proves = "R7143-11.14-04 R7143-7.6-01",
     .needs = {Need::disk, Need::writes},
     .about =
         "Begins a WRITE and leaves its R2T unanswered, then closes the session. The Logout Response comes, no SCSI "
         "Response does.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"InitialR2T", "Yes"}, {"ImmediateData", "No"}}});
           const std::uint32_t size = s.block_size();
           link.send(link.command(cdb::write(s.window().first, 1), {.write = size}));
           link.expect(Opcode::ready_to_transfer);
           const Pdu answer = log_out(link, kCloseSession);
           s.require_field(answer, field::kResponse, kClosed);
           s.expect_close(link.connection(), "no status of a command that the logout ended");
         }},

    {.id = "11.14/one-of-two-connections",
     .title = "A logout of one connection over another leaves the session and the other",
     .proves = "R7143-11.15-01 R7143-11.14.3-01 R7143-4.2.1-02",
     .needs = {Need::several_connections},
     .about = "Opens a session of two connections and closes the second over the first: response 0, TCP of the second "
              "ends, and the first goes on.",
     .script =
         [](TargetScript& s) {
           Link& one = s.log_in({.offers = {{"MaxConnections", "2"}}});
           Link& two = s.join(one, 1);
           const Pdu request = one.logout_request(kCloseConnection, 1);
           one.send(request);
           s.require_field(one.expect_answer(request, Opcode::logout_response), field::kResponse, kClosed);
           s.expect_close(two.connection(), "the connection that was logged out ends");
           one.ping();
         }},

    {.id = "11.15/session-of-two-connections",
     .title = "A logout that closes the session ends all of its connections",
     .proves = "R7143-11.15-01 R7143-8.1.2-03",
     .needs = {Need::several_connections},
     .about = "Opens a session of two connections and closes the session over the first: both TCP connections end.",
     .script =
         [](TargetScript& s) {
           Link& one = s.log_in({.offers = {{"MaxConnections", "2"}}});
           Link& two = s.join(one, 1);
           s.require_field(log_out(one, kCloseSession), field::kResponse, kClosed);
           s.expect_close(one.connection(), "the connection that carried the logout ends");
           s.expect_close(two.connection(), "the other connection of the session ends");
         }},
};

}  // namespace

std::span<const Test> section_11_14() { return kTests; }

}  // namespace lunway::conformance::target_tests
