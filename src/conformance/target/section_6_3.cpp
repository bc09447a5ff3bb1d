// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The login phase, as a target sees it.
//= rfc7143#6.3

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

constexpr Test kTests[] = {
    {.id = "6.3.1/portal-group-tag-in-first-response",
     .title = "The first Login Response carries the target portal group tag",
     .proves = "R7143-6.3.1-01",
     .about = "Sends the first Login Request of a normal session with InitiatorName, SessionType and TargetName, and "
              "looks for TargetPortalGroupTag in the first response, whatever else that response says.",
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           c.send(s.login_request());
           const Pdu response = s.expect(c, Opcode::login_response);
           s.require_equal(response[field::kStatusClass], 0, "Status-Class", "11.13.5");
           s.require(find_value(response.text(), "TargetPortalGroupTag") != nullptr,
                     "TargetPortalGroupTag in the first Login Response", summary_of(response));
         }},
};

}  // namespace

std::span<const Test> section_6_3() { return kTests; }

}  // namespace lunway::conformance::target_tests
