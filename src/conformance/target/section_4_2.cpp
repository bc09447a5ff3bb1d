// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sessions and connections, as a target keeps them.
//= rfc7143#4.2

#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

constexpr Test kTests[] = {
    {.id = "4.2.4/command-before-login-ends-the-connection",
     .title = "A PDU other than a Login Request before the login ends the connection without an answer",
     .proves = "R7143-4.2.4-07",
     .about =
         "Opens a TCP connection and sends a NOP-Out where the first Login Request should be. The target must close "
         "the connection, and nothing may come before that.",
     .script =
         [](TargetScript& s) {
           Connection& c = s.connect();
           c.send(Pdu(Opcode::nop_out, true).set(field::kFinal, 1).set(field::kTtt, kNoTag).set(field::kItt, 1));
           s.expect_close(c, "the connection ends");
         }},
};

}  // namespace

std::span<const Test> section_4_2() { return kTests; }

}  // namespace lunway::conformance::target_tests
