// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// How an initiator logs out.
//= rfc7143#11.14

#include "conformance/initiator/initiator_script.h"
#include "conformance/sections.h"

namespace lunway::conformance::initiator_tests {
namespace {

using wire::Opcode;

struct LoggingOut {
  ServedLink& link;
  Pdu request;
};

LoggingOut await_logout(InitiatorScript& s) {
  ServedLink& link = s.start();
  Arrival arrival = link.serve_until(Opcode::logout_request);
  if (!arrival.is(Opcode::logout_request)) s.inapplicable("it ends without a Logout Request");
  return {link, std::move(arrival.pdu)};
}

/// Answers with this response code.
template <std::uint8_t kResponse>
void answer_with(InitiatorScript& s) {
  const LoggingOut out = await_logout(s);
  out.link.send(out.link.logout_response(out.request, kResponse));
  s.expect_hangup(out.link.connection(), "the connection is closed after a Logout Response", "8.1.2");
}

constexpr std::string_view kFailedLogout =
    "Answers the Logout Request with this response code. A logout that failed drives the cleanup of the connection all "
    "the same: the initiator closes it.";

constexpr Test kTests[] = {
    {.id = "11.14/connection-is-closed",
     .title = "The initiator closes the connection after the Logout Response",
     .proves = "R7143-11.14-06 R7143-11.15-01",
     .about = "Answers the Logout Request with success, keeps the connection open, and looks for its end.",
     .script = answer_with<0>},
    {.id = "8.1.2/cid-not-found",
     .title = "The connection is closed after a Logout Response that says that the CID was not found",
     .proves = "R7143-8.1.2-04",
     .about = kFailedLogout,
     .script = answer_with<1>},
    {.id = "8.1.2/recovery-not-supported",
     .title = "The connection is closed after a Logout Response that says that recovery is not supported",
     .proves = "R7143-8.1.2-04",
     .about = kFailedLogout,
     .script = answer_with<2>},
    {.id = "8.1.2/cleanup-failed",
     .title = "The connection is closed after a Logout Response that says that cleanup failed",
     .proves = "R7143-8.1.2-04",
     .about = kFailedLogout,
     .script = answer_with<3>},
    {.id = "11.14/silence-after-logout-request",
     .title = "Nothing new is sent after a Logout Request",
     .proves = "R7143-11.14-02 R7143-11.14-03",
     .about =
         "Leaves the Logout Request unanswered for a while, with one ping meanwhile. No new request may come on the "
         "connection.",
     .script =
         [](InitiatorScript& s) {
           const LoggingOut out = await_logout(s);
           const Arrival arrival = out.link.receive(s.patience().silence);
           s.require(arrival.kind != Arrival::Kind::pdu, "no request after the Logout Request", describe(arrival));
         }},
    {.id = "11.14.2/logout-has-no-data",
     .title = "A Logout Request has neither AHS nor data",
     .proves = "R7143-11.14.2-01",
     .about = "Looks at both length fields of the Logout Request.",
     .script =
         [](InitiatorScript& s) {
           const LoggingOut out = await_logout(s);
           s.require_field(out.request, field::kTotalAhsLength, 0);
           s.require_field(out.request, field::kDataSegmentLength, 0);
         }},
    {.id = "11/logout-has-a-known-reason",
     .title = "A Logout Request has a reason that is not reserved, and F=1",
     .proves = "R7143-11-03",
     .about = "Looks at the reason code, which is 0, 1 or 2, and at the F bit of the Logout Request.",
     .script =
         [](InitiatorScript& s) {
           const LoggingOut out = await_logout(s);
           s.require(out.request[field::kLogoutReason] <= 2, "reason 0, 1 or 2", summary_of(out.request));
           s.require_field(out.request, field::kFinal, 1);
         }},
    {.id = "8.1.2/close-instead-of-an-answer",
     .title = "A connection that ends in place of a Logout Response ends the driver",
     .proves = "R7143-8.1.2-04",
     .about = "Closes the connection when the Logout Request comes. The initiator is logged out all the same; the "
              "driver comes to its end.",
     .script =
         [](InitiatorScript& s) {
           const LoggingOut out = await_logout(s);
           out.link.connection().close();
           s.expect_survival("the driver comes to its end");
         }},
};

}  // namespace

std::span<const Test> section_11_14() { return kTests; }

}  // namespace lunway::conformance::initiator_tests
